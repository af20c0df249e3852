"""Random desks, and the figures of the report counted the slow way: a loop over every ticket."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kb.models import StandardQuestion
from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Clock, SlaPolicy, Team, Ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPEN = {"new", "queued", "assigned", "waiting", "returned"}
STATUSES = (
    *("new", "queued", "assigned", "waiting", "returned", "resolved", "closed"),
    *("merged", "cancelled"),
)


def make_history(
    rng: random.Random,
    *,
    now: datetime,
    count: int,
    questions: list[StandardQuestion],
    reporter: Any,
    advisors: list[Any],
) -> None:
    """Store ``count`` tickets with clocks in every state that the database lets stand."""
    teams = list(Team.objects.order_by("pk"))
    policies = {policy.kind: policy for policy in SlaPolicy.objects.all()}
    ticket: Ticket | None = None
    for number in range(count):
        status = rng.choice(STATUSES[: None if ticket else -2])
        gone = status in ("merged", "cancelled")
        advisor = rng.choice(advisors) if status not in ("new", "queued") else None
        done = status in ("resolved", "closed")
        promise = rng.random() < 0.85
        created = _created(rng, now)
        due = _due(rng, created, now)
        ticket = Ticket.objects.create(
            question=rng.choice(questions),
            status=status,
            team=None if status == "new" else rng.choice(teams),
            assignee=advisor,
            promise=promise,
            problem="problem",
            demand="demand",
            account_id=str(700_000 + number),
            contact_channel="private_message",
            handed_over_by=reporter,
            created_at=created,
            due_at=due if promise else None,
            resolved_at=now if done else None,
            ended_at=now if gone or status == "closed" else None,
            merged_into=ticket if status == "merged" else None,
            resolution_code="fixed" if done else "",
            resolution_summary="done" if done else "",
        )
        if promise:
            answered = done or gone or rng.random() < 0.4
            _clock(rng, ticket, policies, due, now, answered=answered, gone=gone)


def _created(rng: random.Random, now: datetime) -> datetime:
    """Any instant of the last two months, every fourth time right at a midnight."""
    at = now - timedelta(seconds=rng.randrange(60 * 86_400))
    if rng.random() < 0.25:
        midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight - timedelta(microseconds=rng.choice((0, 1)))
    return at


def _due(rng: random.Random, created: datetime, now: datetime) -> datetime:
    due = created + timedelta(hours=rng.randrange(1, 200))
    return now if created < now and rng.random() < 0.1 else due


def _clock(
    rng: random.Random,
    ticket: Ticket,
    policies: dict[str, SlaPolicy],
    due: datetime,
    now: datetime,
    *,
    answered: bool,
    gone: bool,
) -> None:
    """A ticket that is ``gone`` may have been answered before; else its clock was dropped."""
    dropped = gone and rng.random() < 0.6
    stopped = None
    if answered:
        stopped = rng.choice((ticket.created_at, due, due + timedelta(minutes=1), now))
    late = stopped is not None and stopped > due
    # A sweep may have marked a running clock already, or not yet; a breach once made stays.
    marked = late or (due < now and rng.random() < 0.5)
    for kind in ("contact", "resolve"):
        Clock.objects.create(
            ticket=ticket,
            kind=kind,
            policy=policies[kind],
            started_at=ticket.created_at,
            due_at=due if kind == "contact" else due + timedelta(days=5),
            provisional=rng.random() < 0.2,
            days=[],
            due_soon_at=due,
            last_call_at=due,
            overdue_at=due,
            stopped_at=stopped if kind == "contact" else None,
            dropped=dropped and kind == "contact",
            breached_at=due if marked and kind == "contact" else None,
        )


class SlowReport:
    """Every number of the report from plain loops over plain rows."""

    def __init__(self, *, now: datetime, first: date, last: date, calendar: WorkingCalendar):
        self.now, self.calendar = now, calendar
        self.numbers: Counter[str] = Counter()
        self.members: dict[str, set[int]] = {}
        self.groups: dict[tuple[str, Any], Counter[str]] = {}
        clocks = {clock.ticket_id: clock for clock in Clock.objects.filter(kind="contact")}
        for ticket in Ticket.objects.all():
            clock = clocks.get(ticket.pk)
            day = ticket.created_at.astimezone(SHANGHAI).date()
            if clock is not None and not clock.dropped and first <= day <= last:
                fate = self._fate(clock)
                for code in ("handed_over", fate):
                    self._add(code, ticket)
                    for key in self._keys(ticket, day):
                        self.groups.setdefault(key, Counter())[code] += 1
            if ticket.status in OPEN:
                self._add_open(ticket, clock, day)

    def _fate(self, clock: Clock | None) -> str:
        assert clock is not None
        if clock.breached_at is not None:
            return "breached"
        if clock.stopped_at is not None:
            return "met"
        return "breached" if clock.due_at < self.now else "open_in_time"

    def _add_open(self, ticket: Ticket, clock: Clock | None, day: date) -> None:
        codes = ["open", f"open_age_{self._band(day)}"]
        if clock is not None:
            if self._fate(clock) == "breached":
                codes += ["open_breached", f"open_age_{self._band(day)}_breached"]
            if clock.stopped_at is None and clock.provisional:
                codes.append("open_provisional")
        for code in codes:
            self._add(code, ticket)

    def _band(self, day: date) -> str:
        today, age = self.now.astimezone(SHANGHAI).date(), 0
        while day < today:
            day += timedelta(days=1)
            age += self.calendar.is_working(day)
        return "over_5" if age > 5 else "4_5" if age > 3 else str(age)

    def _add(self, code: str, ticket: Ticket) -> None:
        self.numbers[code] += 1
        self.members.setdefault(code, set()).add(ticket.pk)

    @staticmethod
    def _keys(ticket: Ticket, day: date) -> Iterable[tuple[str, Any]]:
        yield ("question", ticket.question_id)
        yield ("team", ticket.team_id)
        yield ("assignee", ticket.assignee_id)
        yield ("day", day)
