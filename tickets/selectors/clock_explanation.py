"""How the due instant of a clock came about: its days, its pauses, its reopening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Clock
from tickets.models.labels import ClockKind
from tickets.rules import sla
from tickets.rules.sla_pauses import (
    NOTHING_HAPPENED,
    REOPENED_DAYS,
    History,
    Pause,
    paused_minutes,
)
from tickets.selectors.clock_history import history_of
from tickets.selectors.due import days_as_json
from tickets.selectors.sla import policy_rule, working_calendar


@dataclass(frozen=True, slots=True)
class PauseLine:
    """``minutes``: working minutes that the clock stood still; ``end`` None: it still does."""

    start: datetime
    end: datetime | None
    reason: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ClockExplanation:
    """Everything that ``due_at`` follows from.

    ``counted_from`` is the instant whose day is not counted: the start, or with ``reopened`` the
    reopening that leaves a working day. ``days`` are the dates after it, as they were counted
    (``{date, counted, why, name, provisional}``), up to the day of ``unpaused_due_at``.
    ``moved_by`` are the working minutes from there to ``due_at``, which the pauses took, and
    ``given_back`` the dates in between, like ``days``.
    """

    kind: str
    working_days: int
    policy_version: int
    started_at: datetime
    counted_from: datetime
    reopened: bool
    days: list[dict[str, Any]]
    unpaused_due_at: datetime
    pauses: tuple[PauseLine, ...]
    moved_by: int
    given_back: list[dict[str, Any]]
    due_at: datetime
    provisional: bool
    paused_since: datetime | None
    stopped_at: datetime | None
    dropped: bool
    breached_at: datetime | None


def explain_clock(
    clock: Clock, *, past: History | None = None, calendar: WorkingCalendar | None = None
) -> ClockExplanation:
    """Explain a clock whose policy is fetched (four queries, none for the contact clock).

    ``past`` and ``calendar`` spare them where the ticket's events and the calendar are read.

    The days are those of the row, so that the explanation is of the date that stands there; the
    minutes of pauses are counted with the calendar of now, which a stopped clock does not follow.
    """
    rule = policy_rule(clock.policy)
    if clock.kind == ClockKind.RESOLVE:
        past = history_of(clock.ticket_id) if past is None else past
        calendar = working_calendar() if calendar is None else calendar
    else:
        past, calendar = NOTHING_HAPPENED, WorkingCalendar()
    counted_from = _counted_from(clock, past, rule.hours)
    last = date.fromisoformat(clock.days[-1]["date"])
    unpaused = datetime.combine(last, rule.hours.closes, tzinfo=rule.hours.zone)
    return ClockExplanation(
        kind=clock.kind,
        working_days=sum(bool(day["counted"]) for day in clock.days),
        policy_version=clock.policy.version,
        started_at=clock.started_at,
        counted_from=counted_from,
        reopened=counted_from != clock.started_at,
        days=clock.days,
        unpaused_due_at=unpaused,
        pauses=tuple(_lines(_of_clock(past, clock), clock.started_at, rule.hours, calendar)),
        moved_by=sla.working_minutes(unpaused, clock.due_at, hours=rule.hours, calendar=calendar),
        given_back=_given_back(last, clock.due_at, rule.hours, calendar),
        due_at=clock.due_at,
        provisional=clock.provisional,
        paused_since=clock.paused_since,
        stopped_at=clock.stopped_at,
        dropped=clock.dropped,
        breached_at=clock.breached_at,
    )


def _given_back(
    last: date, due_at: datetime, hours: sla.WorkingHours, calendar: WorkingCalendar
) -> list[dict[str, Any]]:
    days = calendar.days(last, due_at.astimezone(hours.zone).date())
    return days_as_json(
        sla.CountedDay(day.date, day.working, day.why, day.name, day.provisional) for day in days
    )


def _of_clock(past: History, clock: Clock) -> tuple[Pause, ...]:
    """Without the solved time of a clock that has stopped: it lasts, and is no pause yet."""
    if clock.stopped_at is None:
        return past.pauses
    return tuple(pause for pause in past.pauses if pause.end is not None)


def _lines(
    stood: tuple[Pause, ...], since: datetime, hours: sla.WorkingHours, calendar: WorkingCalendar
) -> Iterable[PauseLine]:
    for pause in stood:
        minutes = paused_minutes([pause], since=since, hours=hours, calendar=calendar)
        yield PauseLine(pause.start, pause.end, pause.reason.value, minutes)


def _counted_from(clock: Clock, past: History, hours: sla.WorkingHours) -> datetime:
    """The reopening that decides: its days are one working day, from the day after it on."""
    first = date.fromisoformat(clock.days[0]["date"])
    if sum(bool(day["counted"]) for day in clock.days) == REOPENED_DAYS:
        for instant in reversed(past.reopened):
            if instant.astimezone(hours.zone).date() + timedelta(days=1) == first:
                return instant
    return clock.started_at
