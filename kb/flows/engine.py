"""Walking a flow by replay: the state of a run is the sequence of its active answers.

Nothing else is kept, so going back is dropping the last answer, and what a run shows can be
worked out again at any time from the definition version it was started on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kb.flows.errors import (
    FlowMismatch,
    NothingToUndo,
    RunError,
    TooManyAnswers,
    UnknownChoice,
    WrongNode,
)
from kb.flows.schema import (
    EndNode,
    EscalateNode,
    Exit,
    FlowDefinition,
    Node,
    RedirectNode,
)

ANSWER_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at a node; a say node is always answered ``next``."""

    node: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """One answered node of a run. ``label`` is empty for a say node."""

    node_key: str
    node: Node
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is, and by which steps it got there."""

    node_key: str
    node: Node
    is_terminal: bool
    path: tuple[Step, ...]


class OutcomeKind(StrEnum):
    """How a run ends: answered, sent elsewhere, a tier-2 ticket, a report without promise."""

    ANSWER = "answer"
    REDIRECT = "redirect"
    TIER2 = "tier2"
    REPORT = "report"


def position(flow: FlowDefinition, answers: Sequence[Answer]) -> Position:
    """Replay ``answers``. Raises ``FlowMismatch`` when one of them does not fit the flow."""
    key = flow.start
    path: list[Step] = []
    for index, answer in enumerate(answers):
        try:
            if index >= ANSWER_LIMIT:
                raise TooManyAnswers(limit=ANSWER_LIMIT)
            way = _exit(flow, key, answer)
        except RunError as exc:
            raise FlowMismatch(index=index, reason=exc) from exc
        path.append(Step(key, flow.nodes[key], way.value, way.label))
        key = way.next
    node = flow.nodes[key]
    return Position(key, node, node.is_terminal, tuple(path))


def advance(flow: FlowDefinition, answers: Sequence[Answer], answer: Answer) -> tuple[Answer, ...]:
    """``answers`` with ``answer`` added.

    Raises ``WrongNode`` when the run is elsewhere, ``UnknownChoice`` (with the allowed values)
    when the node has no such choice, ``TooManyAnswers``, and ``FlowMismatch`` when ``answers``
    themselves do not fit.
    """
    here = position(flow, answers)
    _exit(flow, here.node_key, answer)
    if len(answers) >= ANSWER_LIMIT:
        raise TooManyAnswers(limit=ANSWER_LIMIT)
    return (*answers, answer)


def back(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """``answers`` without the last one. Raises ``NothingToUndo`` at the start."""
    if not answers:
        raise NothingToUndo
    return tuple(answers[:-1])


def outcome_kind(node: Node) -> OutcomeKind | None:
    """How a run ends at ``node``; ``None`` when it goes on."""
    if isinstance(node, EndNode):
        return OutcomeKind.ANSWER
    if isinstance(node, RedirectNode):
        return OutcomeKind.REDIRECT
    if isinstance(node, EscalateNode):
        return OutcomeKind.TIER2 if node.promise else OutcomeKind.REPORT
    return None


def transcript(flow: FlowDefinition, answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """What was shown and answered so far, JSON-ready, in order.

    Each entry has ``node``, ``kind``, ``prompt``, ``script``, ``answer`` and ``answer_label``
    (empty strings where there is none). Answered nodes come first; the node the run is at
    follows only when it ends the run, and then without the script of an escalate node: that
    one is read out later, with its date filled in.
    """
    here = position(flow, answers)
    entries = [_entry(step.node_key, step.node, step.value, step.label) for step in here.path]
    if here.is_terminal:
        last = _entry(here.node_key, here.node, "", "")
        if isinstance(here.node, EscalateNode):
            last["script"] = ""
        entries.append(last)
    return entries


def _entry(key: str, node: Node, value: str, label: str) -> dict[str, Any]:
    return {
        "node": key,
        "kind": node.kind,
        "prompt": getattr(node, "prompt", None) or "",
        "script": node.script or "",
        "answer": value,
        "answer_label": label,
    }


def _exit(flow: FlowDefinition, key: str, answer: Answer) -> Exit:
    if answer.node != key:
        raise WrongNode(expected=key, given=answer.node)
    exits = flow.nodes[key].exits()
    for way in exits:
        if way.value == answer.value:
            return way
    raise UnknownChoice(node=key, value=answer.value, allowed=tuple(way.value for way in exits))
