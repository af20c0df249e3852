"""Due dates in words: how one was counted, and how much time is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import SlaPolicy
from tickets.rules import sla
from tickets.selectors.sla import current_policy, policy_rule, working_calendar


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """What ``/sla/due/`` and the explanation panel show."""

    due_at: datetime
    provisional: bool
    days: list[dict[str, Any]]


def explain_due(*, started_at: datetime, working_days: int | None = None) -> DueAnswer:
    """Count a promise made at ``started_at``; ``working_days`` None means the policy in force."""
    policy = current_policy()
    if working_days is not None:
        policy.working_days = working_days
    due = sla.due(started_at, policy=policy_rule(policy), calendar=working_calendar())
    return DueAnswer(due.due_at, due.provisional, days_as_json(due.days))


def start_of(day: date) -> datetime:
    """Midnight of a date on the desk's clock."""
    return timezone.make_aware(datetime.combine(day, time()))


def days_as_json(days: Iterable[sla.CountedDay]) -> list[dict[str, Any]]:
    """Counted days as they are stored with a clock and sent by the API."""
    return [
        {
            "date": day.date.isoformat(),
            "counted": day.counted,
            "why": day.why.value,
            "name": day.name,
            "provisional": day.provisional,
        }
        for day in days
    ]


class TimeLeftReader:
    """Time left of many tickets with one reading of calendar and policy."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self._policy: SlaPolicy = current_policy()
        self._calendar: WorkingCalendar = working_calendar()

    def left(self, due_at: datetime | None) -> sla.TimeLeft | None:
        """None for a record without a promise."""
        if due_at is None:
            return None
        hours = policy_rule(self._policy).hours
        return sla.time_left(self._now, due_at, hours=hours, calendar=self._calendar)
