"""The documented rules of the compatible video interface, as one table: model by field.

The engine in ``fields`` knows kinds of rules, no model and no field; a change of the documents
is a change of rows here. What no row mentions is "not in our rules", never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kb.flows.checkers.words import Severity

SORA, O1, V21, V25 = "sora-2", "kling-video-o1", "kling-v2-1", "kling-v2-5-turbo"
MODELS = (SORA, O1, V21, V25)
KLING = (O1, V21, V25)
REMIX = "remix"
"""Stands in the place of a model: what a remix request may say."""

ANY = "*"
MOST_PICTURE_BYTES = 10 * 1024 * 1024
LEAST_PICTURE_SIDE = 300
WIDEST_RATIO = 2.5
RESULT_DAYS = 7
DONE = "completed"


class Shape(StrEnum):
    """What kind of value a field takes."""

    TEXT = "text"
    CHOICE = "choice"
    LIST = "list"
    PICTURE_URL = "picture-url"
    PICTURE = "picture"  # a URL, or Base64
    VIDEO_URL = "video-url"


@dataclass(frozen=True, slots=True)
class Together:
    """With ``value`` here, ``other`` must (``needs``) or must not (``clashes``) hold ``values``."""

    value: str
    other: str
    values: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field may hold for some models.

    ``default`` is what the documents say is taken when the field is left out, ``left_out``
    how bad it is when that one is not allowed; a ``setting`` carries no content and can be
    dropped without loss where a model does not know it.
    """

    models: tuple[str, ...]
    path: str
    shape: Shape
    question: str
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    left_out: Severity = Severity.WARNING
    most: int | None = None
    too_many: str = ""
    setting: bool = False
    uniform: bool = False
    same_size: bool = False
    needs: tuple[Together, ...] = ()
    clashes: tuple[Together, ...] = ()


_PARAMS, _IMAGES, _VIDEOS = "api-params", "api-image-rules", "api-video-rules"
_FRAMES, _REMIX = "api-first-last-frame", "api-remix"
_FRAME_TYPES = ("first_frame", "end_frame")
_SORA_SIZES = ("1280x720", "720x1280")
_KLING_SIZES = ("1920x1080", "1080x1920", *_SORA_SIZES, "1080x1080", "720x720")
_AT_BASE = Together("base", "image_list[].type", _FRAME_TYPES, "frames-with-base-video")
_AT_END = Together("end_frame", "image_list[].type", ("first_frame",), "end-frame-alone")
_AT_TAIL = Together(ANY, "input_reference", (ANY,), "tail-without-first")

RULES: tuple[Rule, ...] = (
    Rule(MODELS, "prompt", Shape.TEXT, _PARAMS, required=True, most=2500),
    Rule((SORA,), "seconds", Shape.CHOICE, _PARAMS, choices=("4", "8", "12"), default="4"),
    # The documents name 4 seconds as the default, which Kling does not take, yet leave the
    # field out in their own examples and answer with 5: worth knowing, no violation.
    Rule(
        KLING,
        "seconds",
        Shape.CHOICE,
        _PARAMS,
        choices=("5", "10"),
        default="4",
        left_out=Severity.INFO,
    ),
    Rule((SORA,), "size", Shape.CHOICE, _PARAMS, choices=_SORA_SIZES, default="720x1280"),
    Rule(KLING, "size", Shape.CHOICE, _PARAMS, choices=_KLING_SIZES, default="720x1280"),
    Rule((O1,), "mode", Shape.CHOICE, _PARAMS, choices=("pro",), default="std", setting=True),
    Rule((V21, V25), "mode", Shape.CHOICE, _PARAMS, choices=("std", "pro"), setting=True),
    Rule((SORA, V21, V25), "input_reference", Shape.PICTURE_URL, _IMAGES, same_size=True),
    Rule(
        (V21, V25),
        "image_tail",
        Shape.PICTURE_URL,
        _FRAMES,
        same_size=True,
        needs=(_AT_TAIL,),
    ),
    Rule((O1,), "image_list", Shape.LIST, _IMAGES, most=4, too_many="too-many-pictures"),
    Rule((O1,), "image_list[].image", Shape.PICTURE, _IMAGES, required=True, uniform=True),
    Rule((O1,), "image_list[].type", Shape.CHOICE, _FRAMES, choices=_FRAME_TYPES, needs=(_AT_END,)),
    Rule((O1,), "video_list", Shape.LIST, _VIDEOS, most=1, too_many="too-many-videos"),
    Rule((O1,), "video_list[].video_url", Shape.VIDEO_URL, _VIDEOS, required=True),
    Rule(
        (O1,),
        "video_list[].refer_type",
        Shape.CHOICE,
        _VIDEOS,
        choices=("feature", "base"),
        default="base",
        clashes=(_AT_BASE,),
    ),
    Rule((O1,), "video_list[].keep_original_sound", Shape.CHOICE, _VIDEOS, choices=("yes", "no")),
    Rule((REMIX,), "prompt", Shape.TEXT, _REMIX, required=True, most=2500),
)

FIELDS = frozenset({"model", *(rule.path for rule in RULES)})
TOP_FIELDS = frozenset(path for path in FIELDS if "[" not in path)


def rules_for(model: str) -> dict[str, Rule]:
    """The rows of a model by path; for a model without rows those that hold for all."""
    of_model = {rule.path: rule for rule in RULES if model in rule.models}
    return of_model or {rule.path: rule for rule in RULES if rule.models == MODELS}


def models_with(path: str) -> tuple[str, ...]:
    """Which models know a field."""
    known = {model for rule in RULES if rule.path == path for model in rule.models}
    return tuple(model for model in MODELS if model in known)


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    path: re.Pattern[str]
    shown: str
    remix: bool = False
    body: bool = False


HOST = "api.qnaigc.com"
_TASK_ID = r"(?:qvideo-[^/]+|[$<{:*%][^/]*)"
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("POST", re.compile(r"/videos/?"), "POST /videos", body=True),
    Endpoint("GET", re.compile(rf"/videos/{_TASK_ID}/?"), "GET /videos/:id"),
    Endpoint(
        "POST",
        re.compile(rf"/videos/{_TASK_ID}/remix/?"),
        "POST /videos/:id/remix",
        remix=True,
        body=True,
    ),
)

STATUSES: dict[str, str] = {
    "initializing": "task-running",
    "queued": "task-running",
    "in_progress": "task-running",
    "downloading": "task-running",
    "uploading": "task-running",
    DONE: "task-completed",
    "failed": "task-failed",
    "cancelled": "task-cancelled",
}
"""Which finding speaks for a status."""

STATUS_WORDS: dict[str, str] = {
    "initializing": "任务已建好，正在初始化",
    "queued": "正在排队",
    "in_progress": "正在生成视频",
    "downloading": "正在取回结果",
    "uploading": "正在上传存储",
}

ERROR_CODES: dict[str, str] = {"moderation_blocked": "task-moderation-blocked"}
"""Which finding speaks for the error code of a failed task; others are not in our rules."""
