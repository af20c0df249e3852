"""Checks of what an escalate node asks for on top of the four captured things."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kb.flows import values
from kb.flows.refusals import Refusal
from kb.flows.schema import CaptureField, EscalateNode
from kb.flows.variables import LEAST_COUNT, MOST_COUNT

DATETIME_LIMIT = 100
_PARSERS: Mapping[str, Callable[[str], str]] = {
    "account_id": values.account_id,
    "mobile": values.mobile,
    "date": values.date,
    "amount": values.amount,
}


def validate_fields(
    node: EscalateNode, raw: Mapping[str, object]
) -> tuple[dict[str, str | int], dict[str, list[Refusal]]]:
    """Check ``raw`` (field key to what was typed) against the fields of ``node``.

    Returns ``(clean, errors)``. ``clean`` is JSON-ready and holds every accepted, non-blank
    value in the order of the fields: ``count`` as ``int`` 1 to 999 (full-width digits are
    understood), the others as ``str``; ``datetime`` is kept as typed ("about three, after
    lunch"), it is for a person to read. ``errors`` maps a field's key to its errors and names
    unknown keys too. Use ``clean`` only when ``errors`` is empty.
    """
    clean: dict[str, str | int] = {}
    errors: dict[str, list[Refusal]] = {}
    for asked in node.fields:
        try:
            value = _clean(asked, raw.get(asked.key))
        except values.ValueRefused as refused:
            errors[asked.key] = [values.refusal_of(refused)]
        else:
            if value is not None:
                clean[asked.key] = value
    known = {asked.key for asked in node.fields}
    for key in raw:
        if key not in known:
            errors[str(key)] = [values.refusal_of(values.ValueRefused("unknown_field"))]
    return clean, errors


def _clean(asked: CaptureField, value: object) -> str | int | None:
    if isinstance(value, int) and not isinstance(value, bool) and asked.kind == "count":
        return values.in_range(value, LEAST_COUNT, MOST_COUNT)
    if value is not None and not isinstance(value, str):
        raise values.ValueRefused("not_text")
    text = values.visible(value or "")
    if not text:
        if asked.required:
            raise values.ValueRefused("required")
        return None
    if asked.kind == "count":
        return values.count(text, LEAST_COUNT, MOST_COUNT)
    if asked.kind == "choice":
        return _option(asked, text)
    if asked.kind in _PARSERS:
        return _PARSERS[asked.kind](text)
    limit = DATETIME_LIMIT if asked.kind == "datetime" else asked.max_length
    if len(text) > limit:
        raise values.ValueRefused("too_long", max=limit)
    return text


def _option(asked: CaptureField, text: str) -> str:
    allowed = [option.value for option in asked.options or ()]
    if text not in allowed:
        raise values.ValueRefused("unknown_option", allowed=allowed)
    return text
