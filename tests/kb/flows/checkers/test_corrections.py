"""What is corrected without asking, and what is left for the developer to decide."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kb.flows.checkers.samples import (
    PICTURE_URL,
    VIDEO_URL,
    check,
    curl,
    encoded,
    kling,
    o1,
    sora,
    violations,
)


@pytest.mark.parametrize(
    ("pasted", "path", "value"),
    [
        (kling(seconds=10), "seconds", "10"),
        (kling(seconds=5.0), "seconds", "5"),
        (kling(size="1920*1080"), "size", "1920x1080"),
        (kling(size="1920 × 1080"), "size", "1920x1080"),
        (kling(mode="PRO"), "mode", "pro"),
        (o1(mode="std"), "mode", "pro"),
        (sora(mode="pro"), "mode", None),
        (sora(size=None), "size", None),
        (o1(image_list=[PICTURE_URL]), "image_list", [{"image": PICTURE_URL}]),
        ("{model: sora-2, prompt: 猫,}", "prompt", "猫"),
        ('{"model": "sora-2", "prompt": "两\n行"}', "prompt", "两\n行"),
    ],
)
def test_what_needs_no_decision_is_corrected(pasted: str, path: str, value: Any) -> None:
    result = check(pasted)
    assert result.corrected is not None
    assert json.loads(result.corrected).get(path) == value
    assert any(f.corrected and "已经改好" in f.say for f in result.findings)
    assert violations(check(result.corrected)) == []


@pytest.mark.parametrize(
    "pasted",
    [
        kling(seconds="7"),
        kling(size="16:9"),
        kling(mode="ultra"),
        kling("kling-v2-5"),
        sora(prompt=""),
        sora(prompt="猫" * 3000),
        sora(input_reference="cat.jpg"),
        kling(image_list=[{"image": PICTURE_URL}]),
        o1(input_reference=PICTURE_URL),
        o1(image_list=[{"image": PICTURE_URL}] * 5),
        o1(video_list=[{"video_url": VIDEO_URL}] * 2),
        o1(image_list={"image": PICTURE_URL}),
        sora(prompt=["猫"]),
        sora(seconds=["4"]),
        kling(seconds=True),
    ],
)
def test_what_needs_a_decision_is_left_alone(pasted: str) -> None:
    result = check(pasted)
    assert result.violations
    assert not any(f.corrected for f in result.findings)
    assert result.corrected is None


def test_both_kinds_in_one_request() -> None:
    result = check(kling(seconds=10, size="4:3"))
    assert [(f.field, f.corrected) for f in result.violations] == [
        ("seconds", True),
        ("size", False),
    ]
    assert json.loads(result.corrected or "") == json.loads(kling(seconds="10", size="4:3"))


def test_a_truth_value_for_the_original_sound_becomes_yes_or_no() -> None:
    videos = [{"video_url": VIDEO_URL, "keep_original_sound": False}]
    result = check(o1(video_list=videos))
    assert violations(result) == ["type-wrong"]
    assert json.loads(result.corrected or "")["video_list"][0]["keep_original_sound"] == "no"


def test_the_prefix_before_base64_is_cut_and_the_picture_still_looked_at() -> None:
    picture = "data:image/png;base64," + encoded(100, 400)
    result = check(o1(image_list=[{"image": picture}]))
    assert violations(result) == ["data-prefix", "picture-too-small", "picture-ratio"]
    corrected = json.loads(result.corrected or "")["image_list"][0]["image"]
    assert corrected.startswith("[Base64 #1，")
    assert encoded(100, 400) not in repr(result)


def test_a_remix_keeps_nothing_but_its_prompt() -> None:
    body = '{"model": "sora-2", "prompt": "夜晚", "size": "1280x720", "video_list": [{"a": 1}]}'
    result = check(curl(body, url="$BASE/videos/$VIDEO_ID/remix"))
    assert result.kind == "remix"
    assert json.loads(result.corrected or "") == {"prompt": "夜晚"}


def test_quotes_that_the_shell_ate_are_put_back() -> None:
    body = '{"model":"kling-v2-1","prompt":"cat","seconds":"5","mode":"pro"}'
    lost = curl("x").replace("'x'", f'"{body}"')
    result = check(lost)
    assert violations(result) == ["json-bare-key", "json-bare-word", "type-wrong"]
    assert json.loads(result.corrected or "") == json.loads(body)


def test_what_is_only_named_stands_in_pointed_brackets() -> None:
    code = 'payload = {"model": "sora-2", "prompt": text, "seconds": 8}'
    result = check(code)
    assert json.loads(result.corrected or "") == {
        "model": "sora-2",
        "prompt": "<text>",
        "seconds": "8",
    }
