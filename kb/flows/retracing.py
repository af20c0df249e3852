"""A run of one version walked again in another one: where would it have ended?"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kb.flows.automatic import ELSE, BranchNode, CheckNode
from kb.flows.conditions import FORCE, NO_FORCE, known_when
from kb.flows.deciding import decide
from kb.flows.engine import ANSWER_LIMIT
from kb.flows.errors import RunError, ValuesRefused
from kb.flows.parts import NEXT
from kb.flows.schema import CollectNode, EndNode, FlowDefinition, Node, SayNode
from kb.flows.values import parse_values
from kb.flows.walking import Answer, Position, Walk
from kb.flows.world import NOWHERE, ScriptNow, World

Stopped = Literal["not_asked", "refused"]


@dataclass(frozen=True, slots=True)
class Retraced:
    """Where the run stands in the other version. ``stopped`` says why it could not be followed
    to an end: ``not_asked`` (it asks there what was never answered), ``refused`` (what was
    answered is no answer any more), None when it came to an end."""

    position: Position
    stopped: Stopped | None


def retrace(
    flow: FlowDefinition,
    answers: Sequence[Answer],
    world: World = NOWHERE,
    *,
    was_finished: bool = True,
) -> Retraced:
    """Walk ``flow`` with the ``answers`` of a run of another version of it.

    At each node it is answered what was answered there, in whatever order the nodes come now;
    answers to nodes that are not there any more are passed over. Automatic nodes decide anew,
    from what ``world`` knows; checks are not run again, their recorded outcomes are taken. What
    is only read out asks nothing, so a new text holds nobody up. A run that was not finished
    (``was_finished``) stops where its answers end.
    """
    walk = Walk(flow, world.flows)
    record = _Record(answers)
    try:
        for _ in range(2 * ANSWER_LIMIT):
            if walk.is_terminal:
                return Retraced(walk.position(), None)
            given = _given(walk, record, world, was_finished=was_finished)
            if given is None:
                break
            walk.apply(given)
    except RunError:
        return Retraced(walk.position(), "refused")
    return Retraced(walk.position(), "not_asked")


def as_it_was(world: World, nodes: Mapping[str, Node], answers: Sequence[Answer]) -> World:
    """``world``, but with those scripts in force that were so when a run was walked.

    ``nodes`` are those of the version it was walked in, by their keys in ``answers``. Its
    branches recorded what they decided; of questions that none of them asked about, it is taken
    as it is now.
    """
    facts: set[str] = set()
    for answer in answers:
        node = nodes.get(answer.node)
        if isinstance(node, BranchNode) and answer.automatic:
            facts |= _known_by(node, answer.value)
    if not facts:
        return world

    def answers_then(key: str) -> ScriptNow | None:
        if FORCE + key in facts or NO_FORCE + key in facts:
            return ScriptNow("", in_force=FORCE + key in facts)
        return world.answers(key)

    return replace(world, answers=answers_then)


def _known_by(node: BranchNode, value: str) -> set[str]:
    """What is certain about questions, once ``node`` has decided for ``value``."""
    taken = len(node.rules) if value == ELSE else int(value) - 1
    known = {fact for rule in node.rules[:taken] for fact in known_when(rule.when, False)}
    for rule in node.rules[taken : taken + 1]:
        known |= known_when(rule.when, True)
    return {fact for fact in known if fact.startswith((FORCE, NO_FORCE))}


class _Record:
    """What was answered at each node, the earliest first."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._by_node: dict[str, deque[Answer]] = {}
        self._by_people = 0
        for each in answers:
            self._by_node.setdefault(each.node, deque()).append(each)
            self._by_people += not each.automatic

    @property
    def is_used_up(self) -> bool:
        return self._by_people == 0

    def take(self, node_key: str) -> Answer | None:
        left = self._by_node.get(node_key)
        if not left:
            return None
        self._by_people -= not left[0].automatic
        return left.popleft()


def _given(walk: Walk, record: _Record, world: World, *, was_finished: bool) -> Answer | None:
    """What is answered where ``walk`` stands; None when nothing on record fits."""
    node, key = walk.node, walk.node_key
    if isinstance(node, CheckNode):
        recorded = record.take(key)
        if recorded is None:
            return None
        names = node.gives.values()
        kept = {name: value for name, value in recorded.values.items() if name in names}
        return Answer(key, recorded.value, kept, recorded.automatic)
    decided = decide(walk, world)
    if decided is not None:
        return decided
    recorded = record.take(key)
    if isinstance(node, SayNode | EndNode):
        # Nothing is asked here, so nothing has to be on record.
        is_passed = recorded is not None or was_finished or not record.is_used_up
        return Answer(key, NEXT) if is_passed else None
    if isinstance(node, CollectNode) and recorded is not None:
        return _filled_in(node, recorded)
    return Answer(key, recorded.value) if recorded is not None else None


def _filled_in(node: CollectNode, recorded: Answer) -> Answer | None:
    """What was filled in, as the form takes it now; None when it asks for more than that."""
    asked = {each.key for each in node.variables}
    known = {name: value for name, value in recorded.values.items() if name in asked}
    clean, refused = parse_values(node.variables, known, now=None)
    if any(each.code != "required" for each in refused.values()):
        raise ValuesRefused(node=recorded.node, refusals=refused)
    return None if refused else Answer(recorded.node, NEXT, clean)
