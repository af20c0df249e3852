"""Finished runs of a flow, played against another text of it before that is published.

Reads only, a few queries for each chunk, and keeps nothing of a run but how it ended and which
of the flow's own answers led there: no account, nothing typed, no contact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from django.db.models import Q, QuerySet

from kb.flows import engine
from kb.flows.endings import Difference, Ending, Turn, difference, ending_of, turns
from kb.flows.errors import RunError
from kb.flows.flattening import Flat, flattened
from kb.flows.retracing import as_it_was, retrace
from kb.flows.schema import FlowDefinition
from kb.flows.world import World
from kb.models import Flow, FlowVersion
from kb.selectors.flow_world import definition_of, world_at
from tickets.models import FlowRun, RunStep
from tickets.models.labels import ConsultationStatus
from tickets.selectors.runs import CHANGED_FLOW

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """How far a replay has come in the list of runs, which begins with the latest."""

    started_at: datetime
    run_id: int


@dataclass(frozen=True, slots=True)
class Case:
    """One way to end differently. ``path`` leads through the version ``number`` to ``was``;
    ``left_flow`` says that the run was taken out of this flow there, and handed over by another.
    """

    kind: Difference
    number: int
    was: Ending
    would: Ending
    left_flow: bool
    path: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Runs played: ``same`` end the same, ``unreadable`` have answers that do not fit their own
    version, ``cases`` end differently (one for each run). ``place`` is None after the last run."""

    seen: int
    same: int
    unreadable: int
    cases: tuple[Case, ...]
    place: Place | None


@dataclass(frozen=True, slots=True)
class _Walked:
    """The part of a run that was walked in one version of the flow."""

    version_id: int
    answers: tuple[engine.Answer, ...]
    left_flow: bool


def replay_chunk(
    *,
    flow: Flow,
    definition: FlowDefinition,
    now: datetime,
    after: Place | None = None,
    most: int = CHUNK,
) -> Chunk:
    """Play up to ``most`` finished runs of ``flow``, those after ``after``, against ``definition``.

    Finished are the runs of contacts that are over, however they ended. ``definition`` must have
    no errors. What the desk knows is as it is at ``now``, but scripts are in force if they were
    so for the run.
    """
    numbers = dict(FlowVersion.objects.filter(flow=flow).values_list("pk", "number"))
    runs = _runs(numbers, after)[: most + 1]
    rows = list(runs.values_list("pk", "version_id", "started_at"))
    has_more, rows = len(rows) > most, rows[:most]
    versions = {run_id: version_id for run_id, version_id, _started in rows}
    player = _Player(definition, numbers, now)
    same = unreadable = 0
    cases: list[Case] = []
    for walked in _walked(versions, numbers):
        try:
            case = player.played(walked)
        except RunError:
            unreadable += 1
            continue
        if case is None:
            same += 1
        else:
            cases.append(case)
    place = Place(rows[-1][2], rows[-1][0]) if has_more else None
    return Chunk(len(rows), same, unreadable, tuple(cases), place)


def finished_count(flow: Flow, *, most: int) -> int:
    """How many finished runs of ``flow`` there are to play, counted up to ``most``."""
    numbers = dict(FlowVersion.objects.filter(flow=flow).values_list("pk", "number"))
    return _runs(numbers, None)[:most].count()


def _runs(numbers: Mapping[int, int], after: Place | None) -> QuerySet[FlowRun]:
    """Finished runs that were walked in one of the versions, the latest begun first."""
    began_in = Q(version__in=numbers)
    changed = RunStep.objects.filter(
        kind=CHANGED_FLOW, undone_at=None, value__in=[str(pk) for pk in numbers]
    )
    # Only the flow that hands over what is withdrawn is ever changed to.
    if changed.exists():
        began_in |= Q(pk__in=changed.values("run"))
    runs = FlowRun.objects.filter(began_in).exclude(consultation__status=ConsultationStatus.OPEN)
    if after is not None:
        runs = runs.filter(
            Q(started_at__lt=after.started_at)
            | Q(started_at=after.started_at, pk__lt=after.run_id),
            started_at__lte=after.started_at,
        )
    return runs.order_by("-started_at", "-pk")


def _walked(versions: Mapping[int, int], numbers: Mapping[int, int]) -> Iterator[_Walked]:
    """What of each run was walked in this flow, in the order of ``versions``."""
    steps = (
        RunStep.objects.filter(run__in=versions, undone_at=None)
        .order_by("run", "number")
        .values_list("run_id", "kind", "node", "value", "values", "automatic")
    )
    parts: dict[int, list[tuple[int, list[engine.Answer]]]] = {
        run_id: [(version_id, [])] for run_id, version_id in versions.items()
    }
    for run_id, kind, node, value, values, automatic in steps:
        if kind == CHANGED_FLOW:
            parts[run_id].append((int(value), []))
        else:
            parts[run_id][-1][1].append(engine.Answer(node, value, values, automatic))
    for walked in parts.values():
        ours = max(at for at, (version_id, _answers) in enumerate(walked) if version_id in numbers)
        version_id, answers = walked[ours]
        yield _Walked(version_id, tuple(answers), left_flow=ours + 1 < len(walked))


class _Player:
    """Plays runs against one definition; what the desk knows is asked for once."""

    def __init__(
        self, definition: FlowDefinition, numbers: Mapping[int, int], now: datetime
    ) -> None:
        self._definition = definition
        self._numbers = numbers
        known = world_at(now)
        self._world = replace(known, answers=cache(known.answers), flows=cache(known.flows))
        self._flat = cache(self._flattened)

    def _flattened(self, version_id: int) -> Flat:
        return flattened(definition_of(version_id), self._world.flows)

    def played(self, walked: _Walked) -> Case | None:
        """The case of a run that would end differently. ``RunError`` when it cannot be read."""
        before = engine.position(definition_of(walked.version_id), walked.answers, self._world)
        was = ending_of(before)
        again = retrace(
            self._definition,
            walked.answers,
            self._world_of(walked),
            was_finished=was.outcome is not None,
        )
        would = ending_of(again.position)
        kind = difference(was, would, again.stopped)
        if kind is None:
            return None
        return Case(
            kind=kind,
            number=self._numbers[walked.version_id],
            was=was,
            would=would,
            left_flow=walked.left_flow,
            path=turns(before.path),
        )

    def _world_of(self, walked: _Walked) -> World:
        if not any(answer.automatic for answer in walked.answers):
            return self._world
        return as_it_was(self._world, self._flat(walked.version_id).nodes, walked.answers)
