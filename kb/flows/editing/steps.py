"""The steps of a flow as plain data, however unfinished: what leads where, and changes of them.

Everything here takes the data of a text that can be read (``kb.flows.source.read``) and gives new
data; nothing given is changed. A step is an item of ``nodes``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kb.flows.errors import FlowError
from kb.flows.findings import SHAPE
from kb.flows.loader import check_flow
from kb.flows.parts import NEXT
from kb.flows.schema import ANSWERED, CAPTURED
from kb.flows.source import refusal

Data = Mapping[str, Any]

SINGLE_WAYS = (NEXT, "else", "found", "clean", "unreadable")
LISTED_WAYS = ("choices", "rules", "rows")
_NEEDS_2 = "needs_schema_2"


EDITABLE = ("say", "choice", "retry", "collect", "end", "redirect", "escalate")
"""Kinds of steps that a form can show whole; the others decide by themselves."""

BEGINNINGS: Mapping[str, Mapping[str, Any]] = {
    "end": {"outcome": ANSWERED},
    "escalate": {"promise": True, "requires": list(CAPTURED)},
}
"""What a new step of a kind begins with."""

_LINES = ("kind", "answer", "sets", "next", "outcome", "question", "channel", "queue")
_ITEM_LINES = ("value", "key", "label", "kind", "next", "from", "when")
_TEXTS = ("prompt", "script", "hint", "help", "error")
_SWITCHES = ("promise", "required", "personal", "ordered")
_NUMBERS = ("min", "max", "max_length")
_LISTS = ("choices", "variables", "fields")
_WORDS = ("requires", "tags")


class Way(NamedTuple):
    """A way out of a step: where the step says so, what it is called there, where it leads."""

    at: tuple[str | int, ...]
    label: str
    target: str


class StepInUse(ValueError):
    """A step cannot go: ``leading`` lead to it; ``is_start``: it is the first."""

    def __init__(self, leading: tuple[str, ...], *, is_start: bool) -> None:
        super().__init__(", ".join(leading))
        self.leading = leading
        self.is_start = is_start


def steps_of(data: object) -> dict[str, Any]:
    """All steps by key in the order of the text. Raises ``FlowErrors`` where there are none to
    be had: the text is no mapping, or its nodes are none."""
    nodes = data.get("nodes") if isinstance(data, Mapping) else None
    if not isinstance(nodes, Mapping):
        raise refusal("not_a_mapping")
    return {str(key): step for key, step in nodes.items()}


def ways(step: object) -> Iterator[Way]:
    """Every way out of a step, of any kind and in any state."""
    if not isinstance(step, Mapping):
        return
    for name in LISTED_WAYS:
        items = step.get(name)
        for index, item in enumerate(items if isinstance(items, list) else ()):
            target = item.get(NEXT) if isinstance(item, Mapping) else None
            if isinstance(target, str):
                label = item.get("label")
                yield Way((name, index, NEXT), label if isinstance(label, str) else "", target)
    outcomes = step.get("outcomes")
    for outcome, target in outcomes.items() if isinstance(outcomes, Mapping) else ():
        if isinstance(target, str):
            yield Way(("outcomes", str(outcome)), str(outcome), target)
    for name in SINGLE_WAYS:
        target = step.get(name)
        if isinstance(target, str):
            yield Way((name,), "", target)


def in_walking_order(data: Data) -> tuple[list[str], list[str]]:
    """Keys of the steps as a walk from the start meets them, first answers first; and of those
    that no way leads to, as the text has them."""
    steps = steps_of(data)
    seen: dict[str, None] = {}
    waiting = [str(data.get("start"))]
    while waiting:
        key = waiting.pop()
        if key in steps and key not in seen:
            seen[key] = None
            waiting += reversed([way.target for way in ways(steps[key])])
    return list(seen), [key for key in steps if key not in seen]


def leading_to(data: Data, key: str) -> tuple[str, ...]:
    """The other steps that lead to ``key``."""
    return tuple(
        other
        for other, step in steps_of(data).items()
        if other != key and any(way.target == key for way in ways(step))
    )


def with_head(data: Data, *, title: str, start: str) -> dict[str, Any]:
    """The flow under another title, or beginning at another step."""
    return {**data, "title": title, "start": start}


def with_steps(
    data: Data, changed: Mapping[str, Any], *, after: str | None = None
) -> dict[str, Any]:
    """The flow with steps put in the place of those of the same keys; new ones stand behind the
    step ``after``, or at the end. The schema is raised where a step needs it."""
    nodes: dict[str, Any] = {}
    fresh = {key: step for key, step in changed.items() if key not in data["nodes"]}
    for key, step in data["nodes"].items():
        nodes[key] = changed.get(key, step)
        if key == after:
            nodes |= fresh
    result = {**data, "nodes": {**nodes, **fresh}}
    if result.get("schema") == 1 and any(
        found.code == _NEEDS_2 and found.node in changed for found in check_flow(result)[1]
    ):
        result["schema"] = 2
    return result


def without_step(data: Data, key: str) -> dict[str, Any]:
    """The flow without one step. Raises ``StepInUse`` while anything leads to it."""
    leading, is_start = leading_to(data, key), data.get("start") == key
    if leading or is_start:
        raise StepInUse(leading, is_start=is_start)
    nodes = {other: step for other, step in data["nodes"].items() if other != key}
    return {**data, "nodes": nodes}


def new_step(kind: str) -> dict[str, Any]:
    """As little as a step of ``kind`` begins with; most cannot be read until they are filled in."""
    return {"kind": kind, **BEGINNINGS.get(kind, {})}


def is_editable(step: object) -> bool:
    """Whether a form can show all of ``step`` that it would write: an editable kind, and texts,
    lists and switches where they belong. What is missing, or unknown to forms, is no hindrance."""
    return isinstance(step, Mapping) and step.get("kind") in EDITABLE and _is_simple(step, _LINES)


def _is_simple(part: Mapping[Any, Any], lines: tuple[str, ...]) -> bool:
    return (
        all(isinstance(part.get(name, ""), str) for name in (*lines, *_TEXTS))
        and all("\n" not in part.get(name, "").strip() for name in lines)
        and all(isinstance(part.get(name, True), bool) for name in _SWITCHES)
        and all(isinstance(part.get(name, ""), str | int) for name in _NUMBERS)
        and all(_are(part.get(name, []), str) for name in _WORDS)
        and all(
            _are(part.get(name, []), Mapping)
            and all(_is_simple(item, _ITEM_LINES) for item in part.get(name, []))
            for name in (*_LISTS, "options")
        )
    )


def _are(items: object, kind: type) -> bool:
    return isinstance(items, list) and all(isinstance(item, kind) for item in items)


def shape_errors(step: object) -> tuple[FlowError, ...]:
    """What makes one step unreadable, taken alone; its key is ``step`` in their places."""
    alone = {
        "schema": 2,
        "key": "flow",
        "title": "flow",
        "question": "question",
        "start": "step",
        "nodes": {"step": step},
    }
    definition, found = check_flow(alone)
    if definition is not None:
        return ()
    return tuple(each for each in found if each.code in SHAPE or each.code.startswith("shape."))
