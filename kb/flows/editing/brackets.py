"""Collections in brackets, changed in place: ``{value: "yes", label: 好了}`` and ``[a, b]``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from kb.flows.editing.rendering import inline
from kb.flows.editing.same import partners, same

_NEXT = ", "


def quote_of(node: yaml.Node) -> str | None:
    """The quotes around a text; None when there are none."""
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    return style if style in ("'", '"') else None


def in_brackets(text: str, node: yaml.Node, old: Any, new: Any) -> str:
    """What stands in the place of ``node`` when it says ``new``, of the same type as ``old``."""
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    if same(old, new):
        return text[start:end]
    if not new or not old or _is_short(node):
        return inline(new)
    places = list(_places(node))
    behind = [start, *(each[1] for each in places)]
    gaps = [text[after : each[0]] for after, each in zip(behind, places, strict=False)]
    closing = text[behind[-1] : end]
    if isinstance(new, Mapping):
        pieces = _mapping(text, node, old, new, gaps)
    else:
        pieces = _sequence(text, node, old, new, gaps)
    return gaps[0] + pieces + closing


def _is_short(node: yaml.Node) -> bool:
    """Whether something is written in a way that leaves no place to change: ``{a, b:}``."""
    return isinstance(node, yaml.MappingNode) and any(
        value.start_mark.index == value.end_mark.index for _key, value in node.value
    )


def _places(node: yaml.Node) -> Iterator[tuple[int, int]]:
    for each in node.value:
        first, last = each if isinstance(each, tuple) else (each, each)
        yield int(first.start_mark.index), int(last.end_mark.index)


def _habit(gaps: list[str]) -> str:
    return gaps[1] if len(gaps) > 1 and "#" not in gaps[1] else _NEXT


def _value(text: str, node: yaml.Node, old: Any, new: Any) -> str:
    if same(old, new):
        return text[int(node.start_mark.index) : int(node.end_mark.index)]
    if isinstance(node, yaml.ScalarNode) or type(old) is not type(new):
        return inline(new, style=quote_of(node))
    return in_brackets(text, node, old, new)


def _mapping(
    text: str, node: yaml.Node, old: Mapping[Any, Any], new: Mapping[Any, Any], gaps: list[str]
) -> str:
    habit = _habit(gaps)
    kept: list[tuple[Any, str, str]] = []
    for index, (name, (key, value)) in enumerate(zip(old, node.value, strict=True)):
        if name in new:
            before = text[int(key.start_mark.index) : int(value.start_mark.index)]
            gap = gaps[index] if index else ""
            kept.append((name, gap, before + _value(text, value, old[name], new[name])))
        elif index + 1 < len(gaps):
            # What stands behind an entry that goes is its own; what stands before it stays.
            gaps[index + 1] = gaps[index] if index else ""
    previous = None
    for name in new:
        if name not in old:
            names = [each[0] for each in kept]
            at = names.index(previous) + 1 if previous in names else 0
            kept.insert(at, (name, habit, f"{inline(name)}: {inline(new[name])}"))
        previous = name
    return "".join((gap or habit) * bool(index) + it for index, (_n, gap, it) in enumerate(kept))


def _sequence(text: str, node: yaml.Node, old: Any, new: Any, gaps: list[str]) -> str:
    habit = _habit(gaps)
    pieces = []
    for index, (item, was) in enumerate(zip(new, partners(old, new), strict=True)):
        if index:
            pieces.append(gaps[index] if index < len(gaps) else habit)
        pieces.append(
            inline(item) if was is None else _value(text, node.value[was], old[was], item)
        )
    return "".join(pieces)
