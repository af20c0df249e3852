"""A run of one version walked again in another one: where would it have ended?"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from kb.flows.automatic import CheckNode
from kb.flows.deciding import decide
from kb.flows.engine import ANSWER_LIMIT
from kb.flows.errors import RunError, ValuesRefused
from kb.flows.schema import CollectNode, FlowDefinition
from kb.flows.values import parse_values
from kb.flows.walking import Answer, Position, Walk
from kb.flows.world import NOWHERE, World


@dataclass(frozen=True, slots=True)
class Retraced:
    """Where the run stands in the other version. ``stopped`` says why it could not be followed
    to an end: ``not_asked`` (it asks there what was never answered), ``refused`` (what was
    answered is no answer any more), None when it came to an end."""

    position: Position
    stopped: str | None


def retrace(flow: FlowDefinition, answers: Sequence[Answer], world: World = NOWHERE) -> Retraced:
    """Walk ``flow`` with the ``answers`` of a run of another version of it.

    Automatic nodes decide anew, from what ``world`` knows; checks are not run again, their
    recorded outcomes are taken. Answers to nodes that are not there any more are passed over.
    """
    walk = Walk(flow, world.flows)
    left = deque(each for each in answers if not each.automatic)
    checks = {each.node: each for each in answers}
    try:
        for _ in range(2 * ANSWER_LIMIT):
            if walk.position().is_terminal:
                return Retraced(walk.position(), None)
            if not _step(walk, left, checks, world):
                return Retraced(walk.position(), "not_asked")
    except RunError:
        return Retraced(walk.position(), "refused")
    return Retraced(walk.position(), "not_asked")


def _step(walk: Walk, left: deque[Answer], checks: dict[str, Answer], world: World) -> bool:
    """Go one step; False when nothing on record fits here."""
    node = walk.node
    if isinstance(node, CheckNode):
        recorded = checks.get(walk.node_key)
        if recorded is None:
            return False
        if left and left[0].node == walk.node_key:
            left.popleft()
        kept = {
            name: value for name, value in recorded.values.items() if name in node.gives.values()
        }
        walk.apply(Answer(walk.node_key, recorded.value, kept, recorded.automatic))
        return True
    decided = decide(walk, world)
    if decided is not None:
        walk.apply(decided)
        return True
    while left and left[0].node != walk.node_key and not _is_there(walk.flow, left[0].node):
        left.popleft()
    if not left or left[0].node != walk.node_key:
        return False
    answer = left.popleft()
    if isinstance(node, CollectNode):
        asked = {each.key for each in node.variables}
        known = {name: value for name, value in answer.values.items() if name in asked}
        clean, refused = parse_values(node.variables, known, now=None)
        if any(each.code != "required" for each in refused.values()):
            raise ValuesRefused(node=walk.node_key, refusals=refused)
        if refused:
            return False
        answer = Answer(answer.node, answer.value, clean)
    walk.apply(answer)
    return True


def _is_there(flow: FlowDefinition, node_key: str) -> bool:
    return node_key in flow.nodes
