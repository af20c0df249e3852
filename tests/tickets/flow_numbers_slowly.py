"""The numbers of a flow counted one run after the other, by the engine: the slow truth.

Every moment at which something happened in a run is gone through, and the engine asked where
the run stood then. Nothing is shared with the statements that are tested but the words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from kb.flows import engine
from kb.flows.engine import OutcomeKind
from kb.flows.world import World
from kb.models import FlowVersion
from kb.selectors.flow_world import definition_of, flow_version
from tickets.models import FlowRun, RunStep
from tickets.reports.flow_numbers import Reason

ENDS = {
    OutcomeKind.ANSWER: Reason.ANSWERED,
    OutcomeKind.REDIRECT: Reason.REDIRECTED,
    OutcomeKind.TIER2: Reason.HANDED_OVER,
    OutcomeKind.REPORT: Reason.REPORTED,
}
Key = tuple[int, str]


@dataclass
class Slowly:
    """By version id and node: walks that entered and answered, answers with seconds and whether
    they were undone, and reasons."""

    entered: dict[Key, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    answered: dict[Key, set[int]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    undone: Counter[Key] = field(default_factory=Counter)
    reasons: dict[Key, Counter[Reason]] = field(default_factory=lambda: defaultdict(Counter))

    def told(self, version: FlowVersion, node: str) -> tuple[object, ...]:
        at = (version.pk, node)
        seconds = self.seconds.get(at, [])
        return (
            len(self.entered.get(at, ())),
            len(self.answered.get(at, ())),
            len(seconds),
            self.undone[at],
            round(median(seconds), 6) if seconds else None,
            dict(self.reasons.get(at, {})),
        )


def counted_slowly(runs: list[FlowRun]) -> Slowly:
    slowly = Slowly()
    for run in runs:
        _count(run, slowly)
    return slowly


def _count(run: FlowRun, slowly: Slowly) -> None:
    steps = list(RunStep.objects.filter(run=run).order_by("number"))
    owner: dict[int, tuple[int, int]] = {}
    for standing in _moments(steps):
        for version_id, since, part in _walks(run, standing):
            for step in part:
                owner.setdefault(step.pk, (version_id, since))
            here = _position(version_id, part)
            for key in [each.node_key for each in here.path] + [here.node_key]:
                slowly.entered[version_id, key].add((run.pk, since))
    for step in steps:
        if step.pk in owner:
            at = (owner[step.pk][0], step.node)
            if not step.automatic:
                slowly.seconds[at].append((step.answered_at - step.shown_at).total_seconds())
                slowly.undone[at] += step.undone_at is not None
            if step.undone_at is None:
                slowly.answered[at].add(run.pk)
    walks = list(_walks(run, [step for step in steps if step.undone_at is None]))
    for index, (version_id, _since, part) in enumerate(walks):
        here = _position(version_id, part)
        is_last = index + 1 == len(walks)
        reason = _reason(run.consultation.status, here) if is_last else Reason.CHANGED
        slowly.reasons[version_id, here.node_key][reason] += 1


def _moments(steps: list[RunStep]) -> Iterator[list[RunStep]]:
    """The steps that stood after each thing that happened, beginning with none."""
    times = {step.answered_at for step in steps}
    times |= {step.undone_at for step in steps if step.undone_at is not None}
    yield []
    for at in sorted(times):
        yield [
            step
            for step in steps
            if step.answered_at <= at and (step.undone_at is None or step.undone_at > at)
        ]


def _walks(run: FlowRun, steps: list[RunStep]) -> Iterator[tuple[int, int, list[RunStep]]]:
    version_id, since, part = run.version_id, 0, []
    for step in steps:
        if step.kind == "changed":
            yield version_id, since, part
            version_id, since, part = int(step.value), step.number, []
        else:
            part.append(step)
    yield version_id, since, part


def _position(version_id: int, part: list[RunStep]) -> engine.Position:
    answers = [engine.Answer(s.node, s.value, s.values, s.automatic) for s in part]
    return engine.position(definition_of(version_id), answers, World(flows=flow_version))


def _reason(status: str, here: engine.Position) -> Reason:
    ended = engine.outcome(here)
    if status in ("open", "abandoned", "chased"):
        return Reason(status)
    if status == "escalated":
        assert ended in (OutcomeKind.TIER2, OutcomeKind.REPORT)
        return ENDS[ended]
    return ENDS[ended] if ended in (OutcomeKind.ANSWER, OutcomeKind.REDIRECT) else Reason.LEFT
