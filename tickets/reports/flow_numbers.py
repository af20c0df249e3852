"""What runs tell about a flow: per version and per node. docs/flows.md defines every number.

Reads only: three statements, however many runs there are. Call within ``reading.read_only`` so
that they see one snapshot.

What is counted is a *walk*: a run in the version that it began with, or in the one that it was
changed to when its answer ceased to be in force. A run that was changed is two walks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from django.db import connection

from kb.flows.flattening import Flat, flattened
from kb.flows.schema import EndNode, EscalateNode, Node
from kb.models import Flow, FlowVersion
from kb.selectors.flow_world import definition_of, flow_version
from tickets.models.labels import ConsultationStatus
from tickets.reports.period import Period
from tickets.selectors.runs import CHANGED_FLOW


class Reason(StrEnum):
    """What became of a walk; each has one."""

    ANSWERED = "answered"
    REDIRECTED = "redirected"
    HANDED_OVER = "handed_over"
    REPORTED = "reported"
    CHASED = "chased"
    CHANGED = "changed"
    LEFT = "left"
    ABANDONED = "abandoned"
    OPEN = "open"


LEFT_HERE = (Reason.LEFT, Reason.ABANDONED)
"""The contact ended although the flow had not."""


@dataclass(frozen=True, slots=True)
class NodeNumbers:
    """One node of one version. ``key`` inside a subflow is ``outer/inner``.

    ``entered`` and ``answered`` are walks, ``given`` and ``undone`` answers of people;
    ``median_seconds`` is None where no person ever answered. ``reasons`` counts the walks that
    stand or ended here.
    """

    key: str
    node: Node
    entered: int
    answered: int
    given: int
    undone: int
    median_seconds: float | None
    reasons: Mapping[Reason, int]

    @property
    def left(self) -> int:
        return sum(self.reasons.get(reason, 0) for reason in LEFT_HERE)

    @property
    def back_rate(self) -> float | None:
        """The share of answers that were taken back, 0 to 1; None without any answer."""
        return self.undone / self.given if self.given else None


@dataclass(frozen=True, slots=True)
class VersionNumbers:
    """``walks`` is the sum of ``reasons``; ``nodes`` are all of the version, in the order in which
    a run comes to them."""

    number: int
    walks: int
    reasons: Mapping[Reason, int]
    nodes: tuple[NodeNumbers, ...]


@dataclass(slots=True)
class _Gathered:
    flat: Flat
    reasons: dict[str, Counter[Reason]] = field(default_factory=dict)
    answers: dict[str, tuple[int, int, int, float | None]] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)


def flow_numbers(
    *, flow: Flow, period: Period, always: int | None = None
) -> tuple[VersionNumbers, ...]:
    """The numbers of every version that was walked by runs that began in ``period``, the newest
    first; those of version ``always`` even when nobody walked it."""
    versions = FlowVersion.objects.filter(flow=flow).order_by("-number")
    numbers = dict(versions.values_list("pk", "number"))
    flows = cache(flow_version)
    found = {
        pk: _Gathered(flattened(definition_of(pk), flows))
        for pk, number in numbers.items()
        if number == always
    }
    given = _given(period, numbers)
    for pk, node, value, status, changed, count in _rows(_ENDS, given):
        if pk not in found:
            found[pk] = _Gathered(flattened(definition_of(pk), flows))
        flat = found[pk].flat
        here = flat.standing((node, value) if node is not None else None)
        if here is not None:
            counted = found[pk].reasons.setdefault(here, Counter())
            counted[_reason(flat, here, status, changed)] += count
    for pk, node, *counts in _rows(_ANSWERS, given):
        if pk in found:
            found[pk].answers[node] = (counts[0], counts[1], counts[2], counts[3])
    for pk, node, count in _rows(_ENTERED, {**given, **_ways(found)}):
        found[pk].entered[node] = count
    return tuple(_version(numbers[pk], found[pk]) for pk in numbers if pk in found)


def _version(number: int, gathered: _Gathered) -> VersionNumbers:
    nodes = tuple(_node(key, node, gathered) for key, node in gathered.flat.nodes.items())
    reasons: Counter[Reason] = Counter()
    for each in nodes:
        reasons.update(each.reasons)
    return VersionNumbers(number, reasons.total(), reasons, nodes)


def _node(key: str, node: Node, gathered: _Gathered) -> NodeNumbers:
    answered, given, undone, median = gathered.answers.get(key, (0, 0, 0, None))
    return NodeNumbers(
        key=key,
        node=node,
        entered=gathered.entered.get(key, 0),
        answered=answered,
        given=given,
        undone=undone,
        median_seconds=median,
        reasons=gathered.reasons.get(key, Counter()),
    )


def _reason(flat: Flat, here: str, status: str, changed: bool) -> Reason:
    """What became of the walks that stand at ``here``, in contacts of this status."""
    if changed:
        return Reason.CHANGED
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    node = flat.nodes[here]
    if isinstance(node, EscalateNode):
        if status != ConsultationStatus.ESCALATED:
            return Reason.LEFT
        return Reason.HANDED_OVER if node.promise else Reason.REPORTED
    if not flat.ends_run(here):
        return Reason.LEFT
    return Reason.ANSWERED if isinstance(node, EndNode) else Reason.REDIRECTED


_BY_STATUS: Mapping[str, Reason] = {
    ConsultationStatus.OPEN: Reason.OPEN,
    ConsultationStatus.ABANDONED: Reason.ABANDONED,
    ConsultationStatus.CHASED: Reason.CHASED,
}
"""The others end as the flow says where they stand."""


def _given(period: Period, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "from": period.starts_at,
        "to": period.ends_at,
        "versions": list(numbers),
        "names": [str(pk) for pk in numbers],
        "changed": CHANGED_FLOW,
    }


def _ways(found: Mapping[int, _Gathered]) -> dict[str, Any]:
    """Which answer leads where, as columns."""
    rows = [
        (pk, node, value, target)
        for pk, gathered in found.items()
        for (node, value), target in gathered.flat.leads.items()
    ]
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    ways = {f"way_{at}": list(column) for at, column in enumerate(columns)}
    starts = [each.flat.start for each in found.values()]
    return {**ways, "start_0": list(found), "start_1": starts}


def _rows(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_WALKED + statement, given)
        return list(cursor.fetchall())


# A step belongs to the version that its run had been changed to before it was answered. An answer
# that was given at the very moment at which the change was undone came after it.
_WALKED = """
WITH runs AS (
    SELECT run.id, run.version_id, contact.status
    FROM tickets_flowrun run JOIN tickets_consultation contact ON contact.id = run.consultation_id
    WHERE run.started_at >= %(from)s AND run.started_at < %(to)s
      AND (run.version_id = ANY(%(versions)s)
           OR run.id IN (SELECT step.run_id FROM tickets_runstep step
                         WHERE step.kind = %(changed)s AND step.value = ANY(%(names)s)))
), changes AS (
    SELECT step.run_id, step.number, step.value::bigint AS version_id, step.undone_at
    FROM tickets_runstep step JOIN runs ON runs.id = step.run_id
    WHERE step.kind = %(changed)s
), walks AS (
    SELECT id AS run_id, 0 AS since, version_id, status,
           EXISTS (SELECT FROM changes
                   WHERE changes.run_id = runs.id AND undone_at IS NULL) AS changed,
           false AS undone
    FROM runs
    UNION ALL
    SELECT run_id, number, changes.version_id, status, false, undone_at IS NOT NULL
    FROM changes JOIN runs ON runs.id = changes.run_id
), steps AS (
    SELECT step.run_id, coalesce(changes.number, 0) AS since,
           coalesce(changes.version_id, runs.version_id) AS version_id,
           step.number, step.node, step.value, step.automatic, step.undone_at,
           extract(epoch FROM step.answered_at - step.shown_at) AS seconds
    FROM runs JOIN tickets_runstep step ON step.run_id = runs.id AND step.kind <> %(changed)s
    LEFT JOIN changes ON changes.run_id = step.run_id AND changes.number < step.number
         AND (changes.undone_at IS NULL OR changes.undone_at > step.answered_at)
)
"""

_ENDS = """
, latest AS (
    SELECT DISTINCT ON (run_id, since) run_id, since, node, value
    FROM steps WHERE undone_at IS NULL
    ORDER BY run_id, since, number DESC
)
SELECT version_id, node, value, status, changed, count(*)
FROM walks LEFT JOIN latest USING (run_id, since)
WHERE NOT undone AND version_id = ANY(%(versions)s)
GROUP BY version_id, node, value, status, changed
"""

_ANSWERS = """
SELECT version_id, node,
       count(DISTINCT run_id) FILTER (WHERE undone_at IS NULL),
       count(*) FILTER (WHERE NOT automatic),
       count(*) FILTER (WHERE NOT automatic AND undone_at IS NOT NULL),
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
            FILTER (WHERE NOT automatic))::float
FROM steps WHERE version_id = ANY(%(versions)s)
GROUP BY version_id, node
"""

_ENTERED = """
, ways AS (
    SELECT * FROM unnest(%(way_0)s::bigint[], %(way_1)s::text[], %(way_2)s::text[],
                         %(way_3)s::text[]) AS way (version_id, node, value, target)
), starts AS (
    SELECT * FROM unnest(%(start_0)s::bigint[], %(start_1)s::text[]) AS start (version_id, target)
)
SELECT version_id, target, count(*) FROM (
    SELECT version_id, target, run_id, since FROM steps JOIN ways USING (version_id, node, value)
    UNION
    SELECT version_id, target, run_id, since FROM walks JOIN starts USING (version_id)
) AS entered
GROUP BY version_id, target
"""
