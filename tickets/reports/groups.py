"""The figures of the period by question, team, assignee or day: one statement for any of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import CharField, Count, F, OrderBy, Value
from django.db.models.functions import Cast, TruncDate

from tickets.reports import metrics
from tickets.reports.labels import person_name
from tickets.reports.metrics import Facts
from tickets.reports.scope import Scope
from tickets.rules.sla import ZONE


class GroupBy(StrEnum):
    QUESTION = "question"
    TEAM = "team"
    ASSIGNEE = "assignee"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Figures of one group. ``key``: a primary key, a date, or None (no team, nobody).

    ``label`` is empty for a day and where there is no key.
    """

    key: int | date | None
    label: str
    handed_over: int
    met: int
    breached: int
    open_in_time: int

    @property
    def attainment(self) -> float | None:
        return metrics.attainment(self.met, self.breached)


_GROUPS: Mapping[GroupBy, tuple[Any, Any]] = {
    GroupBy.QUESTION: (F("question_id"), F("question__title")),
    GroupBy.TEAM: (F("team_id"), F("team__name")),
    GroupBy.ASSIGNEE: (F("assignee_id"), person_name("assignee__")),
    GroupBy.DAY: (TruncDate("created_at", tzinfo=ZONE), Cast(Value(""), CharField())),
}


def group_rows(scope: Scope, group_by: GroupBy, facts: Facts) -> tuple[GroupRow, ...]:
    """A row for every group with hand-overs: the most breaches first; days the latest first."""
    key, label = _GROUPS[group_by]
    order: tuple[str | OrderBy, ...] = ("-n_breached", "-n_handed_over", F("group").asc())
    if group_by is GroupBy.DAY:
        order = ("-group",)
    rows: Iterable[Any] = (
        scope.handed_over()
        .filter(metrics.HANDED_OVER.condition(facts))
        .order_by()
        .annotate(group=key, label=label)
        .values("group", "label")
        .annotate(**counts(metrics.PERIOD_METRICS, facts))
        .order_by(*order)
    )
    return tuple(
        GroupRow(
            key=row["group"],
            label=row["label"] or "",
            **{metric.code: row[alias(metric)] for metric in metrics.PERIOD_METRICS},
        )
        for row in rows
    )


def alias(metric: metrics.Metric) -> str:
    """The name of a metric's count within a statement; a bare code could be a column's name."""
    return f"n_{metric.code}"


def counts(wanted: tuple[metrics.Metric, ...], facts: Facts) -> dict[str, Count]:
    """One count for each metric, with the very condition that the list behind it has."""
    return {alias(metric): Count("pk", filter=metric.condition(facts)) for metric in wanted}
