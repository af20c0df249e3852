"""Due dates in words: how one was counted, and how much time is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Clock, SlaPolicy
from tickets.models.labels import ClockKind
from tickets.rules import sla
from tickets.selectors.sla import current_policy, policy_rule, promise_basis, working_calendar


@dataclass(frozen=True, slots=True)
class DueAnswer:
    """What ``/sla/due/`` shows. ``explanation``: in words, in the language that is active."""

    due_at: datetime
    provisional: bool
    days: list[dict[str, Any]]
    explanation: str


def explain_due(
    *,
    started_at: datetime,
    working_days: int | None = None,
    kind: str = ClockKind.CONTACT,
) -> DueAnswer:
    """Count a promise made at ``started_at``; ``working_days`` None means the policy in force.

    ``kind``: whose working days and hours. ``NotFound`` when there is no policy of this kind.
    """
    policy = current_policy(kind)
    if working_days is not None:
        policy.working_days = working_days
    due = sla.due(started_at, policy=policy_rule(policy), calendar=working_calendar())
    words = _explanation(started_at, due, policy.working_days)
    return DueAnswer(due.due_at, due.provisional, days_as_json(due.days), words)


def _explanation(started_at: datetime, due: sla.Due, working_days: int) -> str:
    left_out = sum(not day.counted for day in due.days)
    sentences = [
        ngettext(
            "%(days)d working day from %(start)s, which is not counted, ends on %(due)s.",
            "%(days)d working days from %(start)s, which is not counted, end on %(due)s.",
            working_days,
        )
        % {
            "days": working_days,
            "start": timezone.localdate(started_at).isoformat(),
            "due": f"{timezone.localtime(due.due_at):%Y-%m-%d %H:%M}",
        }
    ]
    if left_out:
        text = ngettext(
            "%(count)d day in between is no working day.",
            "%(count)d days in between are no working days.",
            left_out,
        )
        sentences.append(text % {"count": left_out})
    if due.provisional:
        sentences.append(_("The holiday notice is still to come and may move this date."))
    return " ".join(sentences)


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
    """Time left of many tickets with one reading of calendar and policy (one query)."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        basis = promise_basis()
        self._hours = policy_rule(basis.policy(ClockKind.CONTACT)).hours
        self.calendar: WorkingCalendar = basis.calendar
        self._known: dict[tuple[datetime, sla.WorkingHours], sla.TimeLeft] = {}

    def left(
        self, due_at: datetime | None, *, policy: SlaPolicy | None = None
    ) -> sla.TimeLeft | None:
        """None for a record without a promise. Hours are ``policy``'s, else the contact's."""
        if due_at is None:
            return None
        hours = policy_rule(policy).hours if policy else self._hours
        # Promises fall due together, at the close of business: most of a list share a few instants.
        found = self._known.get((due_at, hours))
        if found is None:
            found = sla.time_left(self._now, due_at, hours=hours, calendar=self.calendar)
            self._known[due_at, hours] = found
        return found


def promised_before_next_try(*, ticket_id: int, now: datetime) -> datetime | None:
    """Until when the user was promised to hear from us, where the next try is planned for later.

    None when it is not, when the promise is kept or broken already, or while it stands still.
    """
    running = Clock.objects.filter(
        ticket_id=ticket_id, kind=ClockKind.CONTACT, stopped_at=None, paused_since=None
    )
    late = running.filter(due_at__gte=now, due_at__lt=F("ticket__next_try_at"))
    return late.values_list("due_at", flat=True).first()
