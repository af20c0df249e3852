"""Random desks: tickets with clocks and pasts of any kind, contacts and searches."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kb.models import LoggedSearch, StandardQuestion
from tickets.models import Clock, Consultation, SlaPolicy, Team, Ticket, TicketEvent

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


def make_pasts(rng: random.Random, *, now: datetime) -> None:
    """Give the tickets that are there a past: states at any instants, chases, returns, reopenings,
    solutions in time and late, clocks that stand still, and the exits of flows."""
    for ticket in Ticket.objects.order_by("pk"):
        ticket.chase_count, ticket.bounce_count, ticket.reopen_count = (
            rng.choice((0, 0, 0, 1, 3)) for _n in range(3)
        )
        ticket.transcript = rng.choice(
            ({}, {"flow": "twice"}, {"flow": "twice", "queue": "refunds"})
        )
        ticket.tags = rng.choice(([], ["b", "a"]))
        ticket.save()
        span = max((now - ticket.created_at).total_seconds(), 1)
        instants = sorted(rng.random() * span for _n in range(rng.randrange(6)))
        for seconds in instants:
            status = rng.choice((None, "assigned", *STATUSES[:-2], "waiting", "waiting"))
            code = {None: "ticket.noted", "waiting": "ticket.waiting"}.get(status)
            TicketEvent.objects.create(
                ticket=ticket,
                code=code or {"resolved": "ticket.resolved"}.get(str(status), "ticket.transferred"),
                at=ticket.created_at + timedelta(seconds=seconds),
                new={"status": status} if status else {},
            )
            if status == "resolved":
                # Whatever follows a solution has been reopened.
                Ticket.objects.filter(pk=ticket.pk).update(reopen_count=1)
        _solve(rng, ticket, now)


def _solve(rng: random.Random, ticket: Ticket, now: datetime) -> None:
    clock = Clock.objects.filter(ticket=ticket, kind="resolve").first()
    if clock is None:
        return
    clock.stopped_at = clock.paused_since = clock.breached_at = None
    clock.dropped = False
    if ticket.status not in OPEN or rng.random() < 0.2:
        clock.stopped_at = rng.choice((clock.due_at, now, now + timedelta(days=3)))
        clock.dropped = ticket.status in ("merged", "cancelled")
        if clock.stopped_at > clock.due_at and not clock.dropped:
            clock.breached_at = clock.due_at
    else:
        clock.paused_since = rng.choice((None, None, now))
        if clock.due_at < now and rng.random() < 0.5:
            clock.breached_at = clock.due_at
    clock.save()


def make_contacts(
    rng: random.Random, *, now: datetime, agents: list[Any], questions: list[StandardQuestion]
) -> None:
    """Contacts and searches of two months with every end that they can have."""
    ticket = Ticket.objects.first()
    for _n in range(40):
        status = rng.choice(("open", "answered", "redirected", "abandoned", "escalated", "chased"))
        at = _created(rng, now)
        Consultation.objects.create(
            agent=rng.choice(agents),
            channel="phone",
            question=rng.choice((None, *questions)),
            status=status,
            ticket=ticket if status in ("escalated", "chased") else None,
            started_at=at,
            finished_at=None if status == "open" else at,
        )
        LoggedSearch.objects.create(
            asked_at=_created(rng, now),
            words="x",
            group_key="x",
            results=rng.choice(([], ["price"])),
            confident=rng.random() < 0.5,
            chosen=rng.choice(("", "gone", *(question.key for question in questions))),
            retyped=rng.random() < 0.3,
        )
