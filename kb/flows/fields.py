"""Checks of what an escalate node asks for on top of the four captured things."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.flows.schema import CaptureField, EscalateNode

TEXT_LIMIT = 1_000
DATETIME_LIMIT = 100
COUNT_RANGE = (1, 999)

_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why a value was refused.

    Codes: ``required``; ``not_text``; ``too_long`` (``max``); ``not_a_number``;
    ``out_of_range`` (``min``, ``max``); ``unknown_option`` (``allowed``); ``unknown_field``.
    """

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.error = FieldError(code, params)


def validate_fields(
    node: EscalateNode, raw: Mapping[str, object]
) -> tuple[dict[str, str | int], dict[str, list[FieldError]]]:
    """Check ``raw`` (field key to what was typed) against the fields of ``node``.

    Returns ``(clean, errors)``. ``clean`` is JSON-ready and holds every accepted, non-blank
    value in the order of the fields: ``count`` as ``int`` 1 to 999 (full-width digits are
    understood), the others as ``str``; ``datetime`` is kept as typed ("about three, after
    lunch"), it is for a person to read. ``errors`` maps a field's key to its errors and names
    unknown keys too. Use ``clean`` only when ``errors`` is empty.
    """
    clean: dict[str, str | int] = {}
    errors: dict[str, list[FieldError]] = {}
    for asked in node.fields:
        try:
            value = _clean(asked, raw.get(asked.key))
        except _Refused as exc:
            errors[asked.key] = [exc.error]
        else:
            if value is not None:
                clean[asked.key] = value
    known = {asked.key for asked in node.fields}
    for key in raw:
        if key not in known:
            errors[str(key)] = [FieldError("unknown_field")]
    return clean, errors


def _clean(asked: CaptureField, value: object) -> str | int | None:
    if isinstance(value, int) and not isinstance(value, bool) and asked.kind == "count":
        return _in_range(value)
    if value is not None and not isinstance(value, str):
        raise _Refused("not_text")
    text = _visible(value or "")
    if not text:
        if asked.required:
            raise _Refused("required")
        return None
    if asked.kind == "count":
        return _count(text)
    if asked.kind == "choice":
        return _option(asked, text)
    limit = DATETIME_LIMIT if asked.kind == "datetime" else TEXT_LIMIT
    if len(text) > limit:
        raise _Refused("too_long", max=limit)
    return text


def _visible(text: str) -> str:
    """Without what PostgreSQL and JSON cannot hold (U+0000, lone surrogates), stripped."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    ).strip()


def _count(text: str) -> int:
    digits = unicodedata.normalize("NFKC", text).strip()
    if not _DIGITS.fullmatch(digits):
        raise _Refused("not_a_number")
    # Cut before int(): Python refuses to read thousands of digits.
    return _in_range(int(digits.lstrip("0")[:4] or "0"))


def _in_range(number: int) -> int:
    low, high = COUNT_RANGE
    if not low <= number <= high:
        raise _Refused("out_of_range", min=low, max=high)
    return number


def _option(asked: CaptureField, text: str) -> str:
    allowed = [option.value for option in asked.options or ()]
    if text not in allowed:
        raise _Refused("unknown_option", allowed=allowed)
    return text
