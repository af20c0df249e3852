"""Hold one picture or video field against its rule: an address, or Base64."""

from __future__ import annotations

import re

from kb.flows.checkers import media
from kb.flows.checkers.folding import Folded
from kb.flows.checkers.results import Sheet
from kb.flows.checkers.rules import (
    LEAST_PICTURE_SIDE,
    MOST_PICTURE_BYTES,
    WIDEST_RATIO,
    Rule,
    Shape,
)

_DATA = re.compile(r"data:[\w/+.;=-]{0,80};base64,\s*", re.I)
_PICTURES = "、".join(media.PICTURE_FORMATS)
_VIDEOS = "、".join(media.VIDEO_FORMATS)


def is_url(value: str) -> bool:
    return media.address(value) is not None


def is_encoded(value: str) -> bool:
    """Whether the value is Base64, with or without the prefix that does not belong there."""
    return _DATA.match(value) is not None or media.looks_like_base64(value)


def check(sheet: Sheet, folded: Folded, *, at: str, rule: Rule, value: str) -> str | None:
    """Note what is amiss with the value; gives a better one where no decision is needed."""
    parts = media.address(value)
    if parts is not None:
        _address(sheet, at, rule, value)
        return None
    if media.is_placeholder(value):
        sheet.add("value-unseen", at=at, found=value)
        return None
    if rule.shape is not Shape.PICTURE:
        sheet.add(
            "url-wanted", at=at, found=value, what=media.not_a_url(value), question=rule.question
        )
        return None
    prefix = _DATA.match(value)
    encoded = value[prefix.end() :] if prefix else value
    if prefix:
        sheet.add("data-prefix", at=at, found=value, corrected=True, question=rule.question)
    elif not is_encoded(value):
        sheet.add("picture-unreadable", at=at, found=value, question=rule.question)
        return None
    _encoded(sheet, at, rule, folded.original(encoded))
    return encoded if prefix else None


def _address(sheet: Sheet, at: str, rule: Rule, value: str) -> None:
    parts = media.address(value)
    if parts is None:
        return
    reason = media.why_not_public(parts)
    if reason:
        sheet.add("url-not-public", at=at, found=f"{reason}：{value}", question=rule.question)
    of_video = rule.shape is Shape.VIDEO_URL
    formats = media.VIDEO_FORMATS if of_video else media.PICTURE_FORMATS
    last = media.ending(parts)
    if last and last not in formats:
        sheet.add(
            "video-format" if of_video else "picture-format",
            at=at,
            found=last,
            allowed=_VIDEOS if of_video else _PICTURES,
            question=rule.question,
        )


def _encoded(sheet: Sheet, at: str, rule: Rule, encoded: str) -> None:
    picture = media.picture_of(encoded)
    if picture is None:
        sheet.add("base64-broken", at=at, question=rule.question)
        return
    if picture.bytes > MOST_PICTURE_BYTES:
        sheet.add(
            "picture-too-big",
            at=at,
            found=f"{picture.bytes / 1024 / 1024:.1f} MB",
            allowed=f"{MOST_PICTURE_BYTES // 1024 // 1024} MB",
            question=rule.question,
        )
    if picture.format not in media.PICTURE_FORMATS:
        found = picture.format or "认不出的格式"
        sheet.add("picture-format", at=at, found=found, allowed=_PICTURES, question=rule.question)
    if picture.size is not None:
        _pixels(sheet, at, rule, picture.size)


def _pixels(sheet: Sheet, at: str, rule: Rule, size: tuple[int, int]) -> None:
    width, height = size
    found = f"{width}x{height}"
    if min(size) < LEAST_PICTURE_SIDE:
        sheet.add(
            "picture-too-small",
            at=at,
            found=found,
            allowed=f"{LEAST_PICTURE_SIDE} 像素",
            question=rule.question,
        )
    if max(size) > WIDEST_RATIO * min(size):
        sheet.add(
            "picture-ratio",
            at=at,
            found=found,
            allowed=f"1:{WIDEST_RATIO} 到 {WIDEST_RATIO}:1",
            question=rule.question,
        )
