"""The SLA report: how the promise to users is kept, and how old the open work is.

Read only and set-based: three statements over tickets, however many there are. Call within
``reading.read_only`` so that they see one snapshot. Every figure is one of ``metrics``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.reports import metrics
from tickets.reports.ages import BANDS, Band, hand_over_ranges
from tickets.reports.groups import GroupBy, GroupRow, alias, counts, group_rows
from tickets.reports.metrics import Facts, Metric
from tickets.reports.period import Period, today_at
from tickets.reports.scope import Scope
from tickets.selectors.sla import current_policy, working_calendar


@dataclass(frozen=True, slots=True)
class AgeRow:
    """Open tickets of one age, and the breached ones among them."""

    band: Band
    open: int
    breached: int


@dataclass(frozen=True, slots=True)
class SlaReport:
    """``numbers``: every metric of the registry by its code."""

    period: Period
    numbers: Mapping[str, int]
    ages: tuple[AgeRow, ...]
    group_by: GroupBy
    groups: tuple[GroupRow, ...]
    promises_now_provisional: bool

    @property
    def attainment(self) -> float | None:
        """The share of decided promises that was kept, 0 to 1; None when nothing is decided."""
        return metrics.attainment(self.numbers["met"], self.numbers["breached"])

    @property
    def provisional(self) -> bool:
        """Whether a holiday notice still to come may change a date that is counted here."""
        return self.promises_now_provisional or self.numbers["open_provisional"] > 0


def sla_report(*, scope: Scope, group_by: GroupBy, now: datetime) -> SlaReport:
    """The report at ``now``. ``NotFound`` when the desk has no policy (run bootstrap)."""
    calendar = working_calendar()
    facts = _facts(calendar, now)
    numbers = {
        **_count(scope.handed_over(), metrics.PERIOD_METRICS, facts),
        **_count(scope.open(), metrics.NOW_METRICS, facts),
    }
    return SlaReport(
        period=scope.period,
        numbers=numbers,
        ages=tuple(
            AgeRow(
                band,
                numbers[metrics.band_code(band)],
                numbers[metrics.band_code(band, breached=True)],
            )
            for band in BANDS
        ),
        group_by=group_by,
        groups=group_rows(scope, group_by, facts),
        promises_now_provisional=_promises_now_provisional(calendar, now),
    )


def metric_tickets(*, metric: Metric, scope: Scope, now: datetime) -> TicketQuerySet:
    """The tickets behind a number, the latest hand-over first, without the long texts.

    Each row has ``answered_at`` and ``breached_at`` of its contact clock.
    """
    return (
        scope.counted_by(metric)
        .filter(metric.condition(_facts(working_calendar(), now)))
        .select_related("question", "team", "assignee")
        .defer("transcript", "extra", "problem", "demand", "resolution_summary")
        .annotate(answered_at=F("contact__stopped_at"), breached_at=F("contact__breached_at"))
        .order_by("-created_at", "-id")
    )


def after_ticket(tickets: TicketQuerySet, ticket_id: int) -> TicketQuerySet:
    """The part of ``metric_tickets`` that follows a ticket, whether or not it is still in it."""
    last = Ticket.objects.filter(pk=ticket_id).values_list("created_at", flat=True).first()
    if last is None:
        return tickets.none()
    return tickets.filter(Q(created_at__lt=last) | Q(created_at=last, pk__lt=ticket_id))


def _facts(calendar: WorkingCalendar, now: datetime) -> Facts:
    return Facts(now=now, ages=hand_over_ranges(today_at(now), calendar))


def _count(tickets: TicketQuerySet, wanted: tuple[Metric, ...], facts: Facts) -> dict[str, int]:
    found = tickets.aggregate(**counts(wanted, facts))
    return {metric.code: found[alias(metric)] for metric in wanted}


def _promises_now_provisional(calendar: WorkingCalendar, now: datetime) -> bool:
    """Whether the date that a user is told now may still change."""
    days = calendar.explain(today_at(now), current_policy().working_days)
    return any(day.provisional for day in days)
