"""Where a contact stands in its decision flow, computed from the stored answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from kb.flows import engine
from kb.flows.loader import parse_flow
from kb.flows.schema import FlowDefinition
from kb.models import FlowVersion
from tickets.models import Consultation, FlowRun, RunStep


@dataclass(frozen=True, slots=True)
class RunState:
    """A run with its active steps (not undone, oldest first) and its current node."""

    run: FlowRun
    flow: FlowDefinition
    steps: tuple[RunStep, ...]
    steps_ever: int
    position: engine.Position

    @property
    def answers(self) -> tuple[engine.Answer, ...]:
        return tuple(engine.Answer(step.node, step.value) for step in self.steps)

    @property
    def shown_at(self) -> datetime:
        """When the current node appeared: with the last answer, or with the run."""
        return self.steps[-1].answered_at if self.steps else self.run.started_at

    @property
    def outcome_kind(self) -> engine.OutcomeKind | None:
        """How the run ends at its current node; None while it goes on."""
        return engine.outcome_kind(self.position.node)


@lru_cache(maxsize=64)
def _definition(version_id: int) -> FlowDefinition:
    """Versions are immutable, so a process may keep them."""
    return parse_flow(FlowVersion.objects.get(pk=version_id).definition)


def run_state(consultation: Consultation) -> RunState | None:
    """The run of a consultation, or None when its question has no flow."""
    run = FlowRun.objects.filter(consultation=consultation).first()
    if run is None:
        return None
    every = list(run.steps.order_by("number"))
    active = tuple(step for step in every if step.undone_at is None)
    flow = _definition(run.version_id)
    answers = [engine.Answer(step.node, step.value) for step in active]
    return RunState(
        run=run,
        flow=flow,
        steps=active,
        steps_ever=len(every),
        position=engine.position(flow, answers),
    )
