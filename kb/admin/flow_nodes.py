"""One node of a flow as the pages beside its picture show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from kb.admin.flow_findings import FindingRow
from kb.admin.flow_sides import Side
from kb.admin.flow_words import place_words
from kb.flows.diagram import kind_words, ways_of
from kb.flows.difference import texts_of
from kb.flows.lines import line_of
from kb.flows.telling import MISSING, UNREAD

_SHOWN_APART = frozenset({("kind",), ("prompt",), ("script",), ("hint",)})


@dataclass(frozen=True, slots=True)
class NodeWay:
    label: str
    target: str
    target_words: str


@dataclass(frozen=True, slots=True)
class NodeShown:
    """``facts`` are all texts beside prompt, script and hint, with their places in words.

    ``line`` is where it stands in the text; 0 when that is not known.
    """

    key: str
    words: str
    prompt: str
    script: str
    hint: str
    facts: list[tuple[str, str]]
    ways: list[NodeWay]
    findings: list[FindingRow]
    line: int


def node_shown(side: Side, key: str) -> NodeShown | None:
    """The node ``key``, also one that cannot be read or is only led to; None for any other."""
    readable = side.readable
    node = readable.draft.nodes.get(key)
    raw = readable.unread.get(key)
    ways = ways_of(readable.draft.nodes, _)
    is_led_to = readable.draft.start == key or any(way.target == key for way in ways)
    if node is None and key not in readable.unread and not is_led_to:
        return None
    if node is not None:
        words = kind_words(node, _)
    else:
        words = _(UNREAD) if key in readable.unread else _(MISSING)
    plain = node if node is not None else raw
    return NodeShown(
        key=key,
        words=words,
        prompt=getattr(node, "prompt", None) or "",
        script=getattr(node, "script", None) or "",
        hint=getattr(node, "hint", None) or "",
        facts=[
            (place_words(place), text)
            for place, text in texts_of(plain)
            if place not in _SHOWN_APART or node is None
        ],
        ways=[
            NodeWay(way.label, way.target, _target_words(side, way.target))
            for way in ways
            if way.source == key
        ],
        findings=[row for row in side.rows.rows if row.node == key],
        line=line_of(side.text, ("nodes", key)),
    )


def _target_words(side: Side, key: str) -> str:
    node = side.readable.draft.nodes.get(key)
    return kind_words(node, _) if node is not None else ""
