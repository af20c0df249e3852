"""Rules between a flow and the rest of the knowledge base: questions, other flows, checkers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from kb.flows.automatic import BranchNode, CheckNode, SubflowNode
from kb.flows.conditions import FORCE, NO_FORCE, InForce, leaves
from kb.flows.errors import FlowError, finding
from kb.flows.linting.assigned import Assigned, Brought, Facts
from kb.flows.linting.draft import Draft, draft_of
from kb.flows.paths import Location
from kb.flows.schema import EndNode, EscalateNode, FlowDefinition, Node, RedirectNode
from kb.flows.variables import Variable
from kb.flows.world import Flows

MOST_DEPTH = 3


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """A standard question as the rules see it: may its script be given now, is it retired, will
    it expire."""

    in_force: bool = True
    retired: bool = False
    may_expire: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow may refer to, by key."""

    questions: Mapping[str, QuestionFacts] = field(default_factory=dict)
    flows: Flows = lambda key, version: None
    checkers: Collection[str] = ()


def taken_variables(draft: Draft, around: Surroundings) -> dict[str, Variable]:
    """The variables that are taken out of subflows, by our names."""
    found: dict[str, Variable] = {}
    for node in draft.nodes.values():
        if isinstance(node, SubflowNode) and (inner := around.flows(node.flow, node.version)):
            for ours, theirs in node.take.items():
                if theirs in inner.variables:
                    found[ours] = inner.variables[theirs]
    return found


def brought_along(draft: Draft, around: Surroundings) -> dict[str, Brought]:
    """What is certainly taken out of each subflow that is there, by its outcome."""
    found: dict[str, Brought] = {}
    for key, node in draft.nodes.items():
        if isinstance(node, SubflowNode) and (inner := around.flows(node.flow, node.version)):
            within = Assigned(draft_of(inner))
            certain: dict[str, Facts] = {}
            for end_key, end in inner.nodes.items():
                if isinstance(end, EndNode):
                    here = frozenset(
                        ours for ours, theirs in node.take.items() if within.holds(end_key, theirs)
                    )
                    certain[end.outcome] = certain.get(end.outcome, here) & here
            found[key] = certain
    return found


def surroundings_errors(
    definition: FlowDefinition, assigned: Assigned, around: Surroundings
) -> Iterator[FlowError]:
    """Faults of everything that leads out of the flow."""
    yield from _question_errors(("question",), definition.question, around)
    for key, node in definition.nodes.items():
        at: Location = ("nodes", key)
        for name in _questions(node):
            yield from _question_errors((*at, name), getattr(node, name), around)
        if isinstance(node, BranchNode):
            for index, rule in enumerate(node.rules):
                for leaf in leaves(rule.when):
                    if isinstance(leaf, InForce) and leaf.in_force not in around.questions:
                        place = (*at, "rules", index, "when")
                        yield finding(place, "question_missing", question=leaf.in_force)
        elif isinstance(node, CheckNode) and node.checker not in around.checkers:
            allowed = ", ".join(sorted(around.checkers))
            yield finding((*at, "checker"), "checker_missing", text=node.checker, allowed=allowed)
        elif isinstance(node, SubflowNode):
            yield from _subflow_errors(at, node, around)
        question = getattr(node, "answer", None)
        if question is not None and not assigned.holds(key, FORCE + question):
            # Where it is known not to be in force, the fallback is meant; but that promises a
            # record, so nothing may end with it.
            fallback = assigned.holds(key, NO_FORCE + question)
            if fallback and not node.is_terminal:
                continue
            yield from _force_errors((*at, "answer"), question, around, fallback=fallback)


def _questions(node: Node) -> Iterator[str]:
    names = ("question",) if isinstance(node, EscalateNode | RedirectNode) else ("answer",)
    return (name for name in names if getattr(node, name, None) is not None)


def _question_errors(at: Location, key: str, around: Surroundings) -> Iterator[FlowError]:
    facts = around.questions.get(key)
    if facts is None:
        yield finding(at, "question_missing", question=key)
    elif facts.retired:
        yield finding(at, "question_retired", question=key)


def _force_errors(
    at: Location, key: str, around: Surroundings, *, fallback: bool
) -> Iterator[FlowError]:
    facts = around.questions.get(key)
    if facts is None or facts.retired:
        return
    if fallback or not facts.in_force:
        yield finding(at, "script_not_in_force", question=key)
    elif facts.may_expire:
        yield finding(at, "script_may_expire", question=key)


def _subflow_errors(at: Location, node: SubflowNode, around: Surroundings) -> Iterator[FlowError]:
    inner = around.flows(node.flow, node.version)
    if inner is None:
        yield finding((*at, "flow"), "flow_missing", flow=node.flow, version=node.version)
        return
    if _depth(inner, around) > MOST_DEPTH:
        yield finding((*at, "flow"), "flow_too_deep", most=MOST_DEPTH)
    ends = {end.outcome for end in inner.nodes.values() if isinstance(end, EndNode)}
    for outcome in sorted(ends):
        if outcome not in node.outcomes:
            yield finding((*at, "outcomes"), "outcome_not_led_on", text=outcome)
    for outcome in node.outcomes:
        if outcome not in ends:
            yield finding((*at, "outcomes", outcome), "outcome_never", text=outcome)
    for ours, theirs in node.take.items():
        if theirs not in inner.variables:
            yield finding((*at, "take", ours), "not_taken", variable=theirs)


def _depth(definition: FlowDefinition, around: Surroundings, seen: int = 0) -> int:
    """How many flows deep ``definition`` goes, itself included; no deeper than is of interest."""
    if seen > MOST_DEPTH:
        return 1
    inside = [
        inner
        for node in definition.nodes.values()
        if isinstance(node, SubflowNode) and (inner := around.flows(node.flow, node.version))
    ]
    return 1 + max((_depth(inner, around, seen + 1) for inner in inside), default=0)
