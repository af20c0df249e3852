"""What somebody filled in for a step, put into the step as it is written: nothing else changes.

A text that only differs in white space around it, and a default that is spelt out or left out,
stay as they are. Keys that a form does not know stay, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kb.flows.editing.same import name_of, same

ORDER = (
    *("kind", "outcome", "promise", "question", "channel", "queue", "prompt", "script", "answer"),
    *("hint", "sets", "variables", "choices", "requires", "prefill", "fields", "tags", "next"),
)
"""Of the keys of a step, for those that are new in it."""

ITEM_ORDER = (
    *("value", "key", "label", "kind", "required", "options", "ordered", "min", "max"),
    *("max_length", "when", "from", "help", "error", "personal", "next"),
)
"""Of the keys of a choice, a field, a variable."""

LONG = ("script", "hint")
"""Texts that get lines of their own even when they are one line."""

Defaults = Mapping[str, Any]


def merged_step(
    old: Mapping[str, Any], given: Mapping[str, Any], defaults: Defaults
) -> dict[str, Any]:
    """``old`` with all that is ``given``. A text that is given empty is not there then, nor is an
    empty list unless its default is another."""
    return _merged(old, given, defaults, ORDER)


def merged_item(old: object, given: Mapping[str, Any], defaults: Defaults) -> dict[str, Any]:
    """One choice, field or variable with all that is ``given``; ``old`` is the list it is from,
    and ``was`` in ``given`` what it was called there (nothing for a new one)."""
    rest = {name: value for name, value in given.items() if name != "was"}
    before: Mapping[str, Any] = {}
    for item in old if isinstance(old, list) else ():
        if isinstance(item, Mapping) and given.get("was") and name_of(item) == given["was"]:
            before = item
    return _merged(before, rest, defaults, ITEM_ORDER)


def _merged(
    old: Mapping[str, Any], given: Mapping[str, Any], defaults: Defaults, order: Sequence[str]
) -> dict[str, Any]:
    found = {}
    known = [name for name in order if name in given or name in old]
    for name in [*known, *(name for name in old if name not in known)]:
        if name not in given:
            found[name] = old[name]
            continue
        value = _written(name, given[name], old.get(name))
        if value is None or value == "":
            continue
        default = defaults.get(name, [] if isinstance(value, list) else None)
        is_default = same(value, default)
        is_spelt_out = name in old and (same(old[name], value) or not same(value, []))
        if not is_default or is_spelt_out:
            found[name] = value
    return found


def _written(name: str, value: Any, old: Any) -> Any:
    """How a text is kept: as it was when it says the same; several lines end in a line break."""
    if not isinstance(value, str):
        return value
    text = _trimmed(value)
    if isinstance(old, str) and _trimmed(old) == text:
        return old
    if not text:
        return text
    is_long = old.endswith("\n") if isinstance(old, str) else name in LONG
    return text + "\n" if is_long or "\n" in text else text


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
