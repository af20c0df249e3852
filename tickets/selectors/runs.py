"""Where a contact stands in its decision flow, computed from the stored answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from kb.flows import engine
from kb.flows.checks import secret_variables
from kb.flows.schema import (
    EndNode,
    EscalateNode,
    FlowDefinition,
    RedirectNode,
)
from kb.flows.walking import Set
from kb.flows.world import World
from kb.models import StandardQuestion
from kb.rules.lifecycle import Standing, Status
from kb.selectors.answers import FALLBACK_FLOW, answer_of
from kb.selectors.flow_world import definition_of, flow_version
from klingdesk.database.composed import Composed
from tickets.models import Consultation, FlowRun, RunStep
from tickets.models.labels import ConsultationStatus

CHANGED_FLOW = "changed"
"""Kind of the step that leaves a flow whose answer may not be given any more. Its ``value`` is
the id of the flow version that is walked from there on; undone, the old flow stands again."""
WITHDRAWN = "withdrawn"
"""In the values of that step: the key of the standard question that is not in force."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A run with its active steps (not undone, oldest first) and its current node.

    Steps that nobody answered are among them (``RunStep.automatic``). ``undone`` are those that
    were taken back, oldest first.

    ``flow`` is what is walked now, in version ``version_id``; ``answers`` are those given in
    it. Both are of another flow than the run began with once a step of kind ``CHANGED_FLOW``
    has been made.
    """

    run: FlowRun
    version_id: int
    flow: FlowDefinition
    steps: tuple[RunStep, ...]
    undone: tuple[RunStep, ...]
    answers: tuple[engine.Answer, ...]
    position: engine.Position

    @property
    def steps_ever(self) -> int:
        """How many steps were made, undone ones among them."""
        return len(self.steps) + len(self.undone)

    @property
    def shown_at(self) -> datetime:
        """When the current node appeared: with the last answer, or with the run."""
        return self.steps[-1].answered_at if self.steps else self.run.started_at

    @property
    def outcome_kind(self) -> engine.OutcomeKind | None:
        """How the run ends at its current node; None while it goes on."""
        return engine.outcome(self.position)

    @property
    def given(self) -> tuple[RunStep, ...]:
        """The steps made in the flow that is walked now: one for each of ``answers``."""
        return self.steps[len(self.steps) - len(self.answers) :]

    @property
    def can_go_back(self) -> bool:
        """Whether a person has answered anything that can be asked again."""
        return any(not step.automatic for step in self.steps)

    @property
    def hand_over_node(self) -> EscalateNode | None:
        """The hand-over or report at which the run has ended."""
        node = self.position.node
        return node if isinstance(node, EscalateNode) else None

    @property
    def collected(self) -> tuple[Set, ...]:
        """What was filled in and what tables gave, in the order of the steps; of one variable
        what holds now."""
        return self.position.told

    @property
    def checked(self) -> dict[str, Any]:
        """What the check told that led to where the run stands; empty when none did."""
        for step in reversed(self.given):
            if step.checked:
                return dict(step.checked)
            if not step.automatic:
                break
        return {}

    @property
    def reads_secrets(self) -> frozenset[str]:
        """Variables in which a text for a check is typed."""
        return secret_variables(self.position.flow)


@dataclass(frozen=True, slots=True)
class Leg:
    """What a run walked in one flow version, until it was left for another one.

    ``changed`` is the step of kind ``CHANGED_FLOW`` that led into it, None for the first;
    ``path`` has an entry for each of ``steps``.
    """

    version_id: int
    changed: RunStep | None
    steps: tuple[RunStep, ...]
    path: tuple[engine.Step, ...]

    @property
    def with_change(self) -> tuple[RunStep, ...]:
        return self.steps if self.changed is None else (self.changed, *self.steps)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why the texts of an open contact may not be read out any more, and what is said instead.

    ``question`` is the one whose answer is not in force: that of the contact, or the one that
    its flow ends with.
    """

    question: StandardQuestion
    standing: Standing
    script: str


def run_state(consultation: Consultation) -> RunState | None:
    """The run of a consultation, or None when its question has no flow."""
    run = _run_read_along(consultation) or (
        FlowRun.objects.select_related("version__flow")
        .defer("version__definition", "version__source")
        .filter(consultation=consultation)
        .first()
    )
    return _state(run, _steps().rows(run.pk)) if run is not None else None


_RUN = -1
"""Stands in the kept statement for the run's id."""


@cache
def _steps() -> Composed[RunStep]:
    return Composed(RunStep.objects.filter(run=_RUN).order_by("number"), _RUN, kept=True)


def _run_read_along(consultation: Consultation) -> FlowRun | None:
    """The run that was read together with its contact. A run never changes; that there was none
    says nothing, for whoever waited for the lock read that before they waited."""
    cached = Consultation._meta.get_field("run")
    if not cached.is_cached(consultation):
        return None
    run = cached.get_cached_value(consultation)
    if not isinstance(run, FlowRun) or not FlowRun._meta.get_field("version").is_cached(run):
        return None
    return run


def _state(run: FlowRun, every: Sequence[RunStep]) -> RunState:
    active = tuple(step for step in every if step.undone_at is None)
    version_id, given = _walked(run, active)
    flow = definition_of(version_id)
    answers = _answers(given)
    return RunState(
        run=run,
        version_id=version_id,
        flow=flow,
        steps=active,
        undone=tuple(step for step in every if step.undone_at is not None),
        answers=answers,
        position=engine.position(flow, answers, World(flows=flow_version)),
    )


def _walked(run: FlowRun, active: tuple[RunStep, ...]) -> tuple[int, tuple[RunStep, ...]]:
    """The flow version that is walked now, and the steps made in it."""
    for index in range(len(active) - 1, -1, -1):
        if active[index].kind == CHANGED_FLOW:
            return int(active[index].value), active[index + 1 :]
    return run.version_id, active


def legs(state: RunState) -> tuple[Leg, ...]:
    """The active steps of a run by the flow versions they were made in, oldest first."""
    found: list[Leg] = []
    version_id, changed, since = state.run.version_id, None, 0
    for index, step in enumerate(state.steps):
        if step.kind == CHANGED_FLOW:
            found.append(_leg(version_id, changed, state.steps[since:index]))
            version_id, changed, since = int(step.value), step, index + 1
    return (*found, Leg(version_id, changed, state.given, state.position.path))


def _leg(version_id: int, changed: RunStep | None, steps: tuple[RunStep, ...]) -> Leg:
    walked = engine.position(definition_of(version_id), _answers(steps), World(flows=flow_version))
    return Leg(version_id, changed, steps, walked.path)


def _answers(steps: Sequence[RunStep]) -> tuple[engine.Answer, ...]:
    return tuple(
        engine.Answer(step.node, step.value, step.values, step.automatic) for step in steps
    )


def withdrawal_of(
    consultation: Consultation, state: RunState | None, *, now: datetime
) -> Withdrawal | None:
    """Set when the answer of an open contact has ceased to be in force since it began.

    None as well where that does no harm: at a hand-over, which is what the fallback promises.
    """
    if consultation.question is None or consultation.status != ConsultationStatus.OPEN:
        return None
    if state is not None and is_handing_over(state):
        return None
    for question in (consultation.question, _ends_with(state)):
        if question is not None and question.standing(now=now) is not Standing.IN_FORCE:
            answer = answer_of(question, now=now)
            return Withdrawal(question, standing=answer.standing, script=answer.script)
    return None


def _ends_with(state: RunState | None) -> StandardQuestion | None:
    """The standard question whose script is the last word of a run that is at its end.

    That of a redirect only when it is out of use: else its own panel says what may be given.
    """
    node = state.position.node if state is not None and state.position.is_terminal else None
    if isinstance(node, EndNode) and node.answer is not None:
        return StandardQuestion.objects.filter(key=node.answer).first()
    if isinstance(node, RedirectNode) and node.question is not None:
        return StandardQuestion.objects.filter(key=node.question, status=Status.RETIRED).first()
    return None


def is_handing_over(state: RunState) -> bool:
    """Whether the run does nothing but hand the contact over, or has come to that."""
    node = state.hand_over_node
    return state.flow.key == FALLBACK_FLOW or (node is not None and node.promise)


def ticket_question(consultation: Consultation, state: RunState | None) -> StandardQuestion | None:
    """The standard question of the ticket that a contact would make where it stands.

    A hand-over may name another one than that of the contact; chases look for its ticket too.
    """
    node = state.hand_over_node if state is not None else None
    if node is None or node.question is None:
        return consultation.question
    named = StandardQuestion.objects.filter(key=node.question).first()
    return named or consultation.question
