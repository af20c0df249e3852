"""Walking a flow by replay: the state of a run is the sequence of its active answers.

Nothing else is kept, so going back is dropping the last answer, and what a run shows can be
worked out again at any time from the definition version it was started on.

What an automatic node decided is an answer too, given right after the one that led to it
(``settle``). So a replay asks nobody anything: a check is not run twice, and a branch taken
because a script was in force stays taken when the script expires.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from kb.flows import values
from kb.flows.automatic import CheckNode
from kb.flows.deciding import decide
from kb.flows.errors import (
    EndlessRounds,
    FlowMismatch,
    NothingToUndo,
    NotUndoable,
    RunError,
    TooManyAnswers,
    UnknownChoice,
    ValuesRefused,
)
from kb.flows.parts import NEXT
from kb.flows.schema import CollectNode, EndNode, EscalateNode, FlowDefinition, Node, RedirectNode
from kb.flows.values import Json
from kb.flows.walking import Answer, Position, Step, Walk
from kb.flows.world import NOWHERE, World

__all__ = ["Answer", "Position", "Step"]

ANSWER_LIMIT = 200
"""Answers of people in one run."""
ROUNDS_LIMIT = 100
"""Automatic steps in a row."""
PASTED = "pasted"
"""Name of the text that a check node without a variable asks for."""


class OutcomeKind(StrEnum):
    """How a run ends: answered, sent elsewhere, a tier-2 ticket, a report without promise."""

    ANSWER = "answer"
    REDIRECT = "redirect"
    TIER2 = "tier2"
    REPORT = "report"


def position(flow: FlowDefinition, answers: Sequence[Answer], world: World = NOWHERE) -> Position:
    """Replay ``answers``. Raises ``FlowMismatch`` when one of them does not fit the flow.

    Of ``world`` only ``flows`` is asked. A run whose answers are settled is never at an
    automatic node.
    """
    return _walked(flow, answers, world).position()


def begin(flow: FlowDefinition, world: World = NOWHERE) -> tuple[Answer, ...]:
    """The answers with which a run begins: those of automatic nodes at the start, mostly none."""
    return settle(flow, (), world)


def settle(
    flow: FlowDefinition, answers: Sequence[Answer], world: World = NOWHERE
) -> tuple[Answer, ...]:
    """``answers`` and those of the automatic nodes after them, up to a person or an end."""
    return (*answers, *_settled(_walked(flow, answers, world), world))


def advance(
    flow: FlowDefinition, answers: Sequence[Answer], answer: Answer, world: World = NOWHERE
) -> tuple[Answer, ...]:
    """``answers`` with ``answer`` added as it is kept, and those of automatic nodes after it.

    The values of a collect node are what was typed, by variable; for a check node that asks
    for a text they are ``{"pasted": text}``. What comes back holds clean values, and no secrets.

    Raises ``WrongNode`` when the run is elsewhere, ``UnknownChoice`` (with the allowed values)
    when the node has no such choice, ``ValuesRefused`` (all refusals at once), ``TooManyAnswers``,
    and ``FlowMismatch`` when ``answers`` themselves do not fit.
    """
    walk = _walked(flow, answers, world)
    walk.expect(answer.node)
    kept = _prepared(walk, answer, world)
    walk.apply(kept)
    if walk.given_by_people > ANSWER_LIMIT:
        raise TooManyAnswers(limit=ANSWER_LIMIT)
    return (*answers, kept, *_settled(walk, world))


def back(answers: Sequence[Answer], *, committed: int = 0) -> tuple[Answer, ...]:
    """``answers`` without the last one of a person and what followed of itself.

    Raises ``NothingToUndo`` at the start; ``NotUndoable`` when it would be one of the first
    ``committed`` answers, which a hand-over has carried off already.
    """
    for index in range(len(answers) - 1, -1, -1):
        if not answers[index].automatic:
            return back_to(answers, index, committed=committed)
    raise NothingToUndo


def back_to(answers: Sequence[Answer], index: int, *, committed: int = 0) -> tuple[Answer, ...]:
    """``answers`` before the one at ``index``, which is asked again. Raises as ``back``, and
    ``NothingToUndo`` when no person gave an answer there."""
    if not 0 <= index < len(answers) or answers[index].automatic:
        raise NothingToUndo
    if index < committed:
        raise NotUndoable
    return tuple(answers[:index])


def outcome_kind(node: Node) -> OutcomeKind | None:
    """How a run ends at ``node``; ``None`` when it goes on. See ``outcome`` for parts."""
    if isinstance(node, EndNode):
        return OutcomeKind.ANSWER
    if isinstance(node, RedirectNode):
        return OutcomeKind.REDIRECT
    if isinstance(node, EscalateNode):
        return OutcomeKind.TIER2 if node.promise else OutcomeKind.REPORT
    return None


def outcome(here: Position) -> OutcomeKind | None:
    """How the run ends where it stands; the end of a subflow does not end it."""
    return outcome_kind(here.node) if here.is_terminal else None


def transcript(
    flow: FlowDefinition, answers: Sequence[Answer], world: World = NOWHERE
) -> list[dict[str, Any]]:
    """What was shown and answered so far, JSON-ready, in order.

    Each entry has ``node``, ``kind``, ``prompt``, ``script``, ``answer``, ``answer_label``
    (empty strings where there is none), ``automatic`` and ``values`` (``[{key, label, value,
    personal}]``, values in words). Answered nodes come first; the node the run is at follows
    only when it ends the run, and then without the script of an escalate node: that one is
    read out later, with its date filled in. Scripts stand as the definition has them.
    """
    here = position(flow, answers, world)
    entries = [_entry(step) for step in here.path]
    if here.is_terminal:
        last = _entry(Step(here.node_key, here.node, "", ""))
        if isinstance(here.node, EscalateNode):
            last["script"] = ""
        entries.append(last)
    return entries


def _entry(step: Step) -> dict[str, Any]:
    return {
        "node": step.node_key,
        "kind": step.node.kind,
        "prompt": getattr(step.node, "prompt", None) or "",
        "script": step.node.script or "",
        "answer": step.value,
        "answer_label": step.label,
        "automatic": step.automatic,
        "values": [
            {
                "key": each.variable.key,
                "label": each.variable.label,
                "value": each.words,
                "personal": each.variable.is_personal,
            }
            for each in step.values
        ],
    }


def _walked(flow: FlowDefinition, answers: Sequence[Answer], world: World) -> Walk:
    walk = Walk(flow, world.flows)
    for index, answer in enumerate(answers):
        try:
            if not answer.automatic and walk.given_by_people >= ANSWER_LIMIT:
                raise TooManyAnswers(limit=ANSWER_LIMIT)
            walk.apply(answer)
        except RunError as exc:
            raise FlowMismatch(index=index, reason=exc) from exc
    return walk


def _settled(walk: Walk, world: World) -> list[Answer]:
    given: list[Answer] = []
    while (decided := decide(walk, world)) is not None:
        if len(given) == ROUNDS_LIMIT:
            raise EndlessRounds(node=walk.node_key)
        walk.apply(decided)
        given.append(decided)
    return given


def _prepared(walk: Walk, answer: Answer, world: World) -> Answer:
    """``answer`` as it is kept: typed values cleaned, a pasted text checked."""
    node = walk.node
    if isinstance(node, CollectNode) and answer.value == NEXT:
        clean, refusals = values.parse_values(node.variables, answer.values, now=world.now)
        if refusals:
            raise ValuesRefused(node=walk.node_key, refusals=refusals)
        return Answer(answer.node, NEXT, _redacted(walk, clean, world))
    if answer.value not in (allowed := tuple(way.value for way in walk.ways())):
        raise UnknownChoice(node=walk.node_key, value=answer.value, allowed=allowed)
    if isinstance(node, CheckNode):
        return _pasted(walk, node, answer, world)
    # A choice keeps nothing but itself.
    return Answer(answer.node, answer.value)


def _redacted(walk: Walk, clean: dict[str, Json], world: World) -> Mapping[str, Json]:
    """Texts that a check will read are kept as the check leaves them: without secrets."""
    for node in walk.flow.nodes.values():
        if isinstance(node, CheckNode) and node.var in clean:
            text = str(clean[node.var])
            clean[node.var] = world.check(node.checker, text, now=world.now).results[PASTED]
    return clean


def _pasted(walk: Walk, node: CheckNode, answer: Answer, world: World) -> Answer:
    raw = answer.values.get(PASTED, "")
    if not isinstance(raw, str) or not values.visible(raw):
        code = "required" if isinstance(raw, str) else "not_text"
        refusal = values.refusal_of(values.ValueRefused(code))
        raise ValuesRefused(node=walk.node_key, refusals={PASTED: refusal})
    checked = world.check(node.checker, values.visible(raw), now=world.now)
    kept = {name: checked.results[result] for result, name in node.gives.items()}
    return Answer(answer.node, checked.outcome, kept)
