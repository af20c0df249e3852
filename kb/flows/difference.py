"""What differs between two texts of a flow: node by node, field by field, way by way.

What says the same is the same: order of nodes and keys, layout, comments and spelt-out defaults
do not count. Order of choices, options and variables does, because people see it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kb.flows.diagram import Mark, Marks, Way, ways_of
from kb.flows.parts import Part
from kb.flows.paths import Translate
from kb.flows.readable import Readable

_NAMED_BY = ("value", "key", "var")
"""What tells the items of a list apart: choices and options, variables and fields, columns."""
ORDER = "(order)"
"""Last part of a place that tells in what order the items of a list stand; no key looks so."""

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One text or number; None where there is none. ``place`` begins inside the node (or the
    flow); numbers of items in it begin at 1."""

    place: Place
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that is new, gone or changed. ``fields`` has all its texts in the first two cases."""

    key: str
    mark: Mark
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class WayChange:
    """An answer of a node that is in both, and where it leads; None where there is none."""

    source: str
    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """``head`` is what stands beside the nodes. Ways follow from nodes: they say again what is
    among the fields, and what a changed label means."""

    head: tuple[FieldChange, ...]
    nodes: tuple[NodeChange, ...]
    ways: tuple[WayChange, ...]
    marks: Marks

    @property
    def is_empty(self) -> bool:
        return not (self.head or self.nodes)


def difference(old: Readable, new: Readable, translate: Translate = str) -> Difference:
    """What turns ``old`` into ``new``; nodes in the order of ``new``, those gone at the end."""
    before, after = _plain_nodes(old), _plain_nodes(new)
    nodes = [
        change
        for key in dict.fromkeys([*after, *before])
        if (change := _node_change(key, before, after)) is not None
    ]
    ways_before = ways_of(old.draft.nodes, translate)
    ways_after = ways_of(new.draft.nodes, translate)
    kept, fresh = frozenset(ways_before), frozenset(ways_after)
    gone = {key: node for key, node in old.draft.nodes.items() if key not in after}
    marks = Marks(
        nodes={change.key: change.mark for change in nodes},
        gone=gone,
        added=fresh - kept,
        removed=tuple(way for way in ways_before if way not in fresh),
    )
    return Difference(
        head=tuple(_changes(old.head, new.head)),
        nodes=tuple(nodes),
        ways=tuple(_way_changes(ways_before, ways_after, set(before) & set(after))),
        marks=marks,
    )


def texts_of(node: Any) -> list[tuple[Place, str]]:
    """Every text and number of a node with its place; ``node`` may be plain data too."""
    plain = _plain(node) if isinstance(node, Part) else node
    return [
        (place, words)
        for place, value in _leaves(plain)
        if place[-1:] != (ORDER,) and (words := _words(value))
    ]


def _plain(node: Part) -> Any:
    return node.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _plain_nodes(side: Readable) -> dict[str, Any]:
    """Nodes as plain data: those that can be read without their defaults, others as they are."""
    nodes = {key: _plain(node) for key, node in side.draft.nodes.items()}
    return nodes | dict(side.unread)


def _node_change(
    key: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> NodeChange | None:
    if key not in before:
        return NodeChange(key, "added", tuple(_changes({}, after[key])))
    if key not in after:
        return NodeChange(key, "removed", tuple(_changes(before[key], {})))
    changes = tuple(_changes(before[key], after[key]))
    return NodeChange(key, "changed", changes) if changes else None


def _changes(old: Any, new: Any) -> Iterator[FieldChange]:
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for place in dict.fromkeys([*after, *before]):
        one, other = before.get(place), after.get(place)
        if _same(one, other) or (place[-1:] == (ORDER,) and _in_one_order(one, other)):
            continue
        old_words, new_words = _words(one), _words(other)
        if old_words == new_words:
            # 1 and "1" look alike and are not the same.
            old_words, new_words = _exactly(one), _exactly(other)
        yield FieldChange(place, old_words, new_words)


def _leaves(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every text and number in ``value`` with its place."""
    if isinstance(value, Mapping) and (value or not at):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, str(key)))
    elif _is_list_of_items(value):
        names = _names(value)
        yield (*at, ORDER), names
        for name, inner in zip(names, value, strict=True):
            yield from _leaves(inner, (*at, name))
    else:
        yield at, value


def _is_list_of_items(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(each, Mapping) for each in value)
    )


def _names(items: list[Mapping[str, Any]]) -> list[str]:
    """What each item of a list is called: by what tells them apart, else by its number."""
    for name in _NAMED_BY:
        values = [each.get(name) for each in items]
        if all(isinstance(each, str) for each in values) and len(set(values)) == len(values):
            return [str(each) for each in values]
    return [str(number) for number in range(1, len(items) + 1)]


def _in_one_order(one: list[str] | None, other: list[str] | None) -> bool:
    """Whether the items that are in both lists stand in one order; the others are told anyway."""
    old, new = one or [], other or []
    return [each for each in old if each in new] == [each for each in new if each in old]


def _same(one: Any, other: Any) -> bool:
    return _exactly(one) == _exactly(other)


def _exactly(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _words(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return _exactly(value)


def _way_changes(before: list[Way], after: list[Way], both: set[str]) -> Iterator[WayChange]:
    old = {(way.source, way.label): way.target for way in before if way.source in both}
    new = {(way.source, way.label): way.target for way in after if way.source in both}
    for place in dict.fromkeys([*new, *old]):
        if old.get(place) != new.get(place):
            yield WayChange(*place, old.get(place), new.get(place))
