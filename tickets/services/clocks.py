"""Starting, pausing and stopping the two clocks of a ticket.

``contact`` is the promise read to the user; waiting for the user does not pause it. ``resolve``
is how long the solution may take; it stands still while the ticket waits for the user and from
its solution to a reopening. How long it stood still is read from the ticket's events each time.

Whoever calls these holds the ticket's row. Clocks are locked after tickets, in the order of their
ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.calendar import WorkingCalendar
from klingdesk.core.errors import Conflict
from tickets.models import Clock, ClockAlarm, Ticket
from tickets.models.labels import ClockKind
from tickets.rules.sla_pauses import NOTHING_HAPPENED, Counted, History, count, next_alarm
from tickets.selectors.clock_history import MERGED, history_as_json, history_of
from tickets.selectors.due import days_as_json
from tickets.selectors.sla import PromiseBasis, policy_rule, promise_basis, working_calendar
from tickets.services.alarms import fire_alarms_of
from tickets.services.events import record

_COUNTED = ("due_at", "provisional", "days", "due_soon_at", "last_call_at", "overdue_at")


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """What the clocks of a ticket handed over now will say, before there is a ticket."""

    started_at: datetime
    basis: PromiseBasis
    counted: Mapping[str, Counted]

    @property
    def due_at(self) -> datetime:
        """When the promise read to the user is due."""
        return self.counted[ClockKind.CONTACT].due_at

    @property
    def provisional(self) -> bool:
        """Whether a holiday notice still to come may change that."""
        return self.counted[ClockKind.CONTACT].provisional


def plan_clocks(*, started_at: datetime) -> ClockPlan:
    """Count both clocks. ``NotFound`` when the desk has made no promise (run bootstrap)."""
    basis = promise_basis()
    basis.policy(ClockKind.CONTACT)
    return ClockPlan(
        started_at=started_at,
        basis=basis,
        counted={
            kind: basis.book.counted(kind, started_at, NOTHING_HAPPENED)
            for kind in sorted(basis.policies)
        },
    )


def started_clocks(plan: ClockPlan) -> list[Clock]:
    """Both clocks as they start, unsaved and without their ticket."""
    return [
        _filled(
            Clock(
                kind=kind,
                policy=plan.basis.policies[kind],
                started_at=plan.started_at,
                counted_with=plan.basis.change,
            ),
            counted,
        )
        for kind, counted in plan.counted.items()
    ]


def stop_contact_clock(
    *, ticket: Ticket, acting_user: Any, answered_at: datetime, now: datetime
) -> bool:
    """Stop the running contact clock, if any; a stop after the due instant is a breach.

    ``now``: as when the answer counts. One of before the promise was made (the clock goes on with
    that of a ticket merged in later) keeps nothing. Returns whether a clock was stopped.
    """
    clock = _running(ticket, ClockKind.CONTACT)
    if clock is None or answered_at < clock.started_at:
        return False
    _stop(clock, ticket=ticket, acting_user=acting_user, now=now)
    Ticket.objects.filter(pk=ticket.pk).update(first_answered_at=now)
    ticket.first_answered_at = now
    return True


def stop_resolve_clock(*, ticket: Ticket, acting_user: Any, now: datetime) -> bool:
    """Stop the running resolve clock, if any; a pause that lasts ends with it.

    Returns whether a clock was stopped.
    """
    clock = _running(ticket, ClockKind.RESOLVE)
    if clock is None:
        return False
    if clock.paused_since is not None:
        _go_on(clock, ticket=ticket, now=now, cause="resumed")
    _stop(clock, ticket=ticket, acting_user=acting_user, now=now)
    return True


def pause_resolve_clock(*, ticket: Ticket, now: datetime) -> None:
    """Let the resolve clock stand still: the ticket waits for the user.

    Alarms that have come by ``now`` are fired first, or the pause would hide them.
    """
    clock = _running(ticket, ClockKind.RESOLVE)
    if clock is None or clock.paused_since is not None:
        return
    fire_alarms_of(clock_id=clock.pk, now=now)
    Clock.objects.filter(pk=clock.pk).update(paused_since=now, next_alarm_at=None)


def resume_resolve_clock(*, ticket: Ticket, now: datetime) -> None:
    """Let the resolve clock go on; it is due later by the working time of its pauses."""
    clock = _running(ticket, ClockKind.RESOLVE)
    if clock is not None and clock.paused_since is not None:
        _go_on(clock, ticket=ticket, now=now, cause="resumed")


def pause_resolve_clock_again(*, ticket: Ticket) -> None:
    """Let the resolve clock stand still as if it had never gone on: what had taken the ticket up
    was taken back, and the timeline says so already."""
    clock = _running(ticket, ClockKind.RESOLVE)
    past = history_of(ticket.pk)
    if clock is None or not past.pauses:
        return
    clock.paused_since = past.pauses[-1].start
    _recount(clock, past, working_calendar())
    clock.save(update_fields=["paused_since", "next_alarm_at", *_COUNTED])


def reopen_clocks(*, ticket: Ticket, now: datetime) -> None:
    """The same resolve clock goes on: the solved time was a pause, a working day is left.

    The user has been answered, so the contact clock stays stopped. A breach stays on record.
    """
    clock = (
        _locked(ticket)
        .filter(kind=ClockKind.RESOLVE, stopped_at__isnull=False, dropped=False)
        .first()
    )
    if clock is None:
        return
    clock.stopped_at = None
    _go_on(clock, ticket=ticket, now=now, cause="reopened")


def drop_clocks(*, ticket: Ticket, now: datetime) -> None:
    """Stop what still runs without a verdict: the ticket was cancelled.

    What is late by now stays a breach: cancelling mends no promise.
    """
    for clock in _locked(ticket).filter(stopped_at=None).order_by("pk"):
        if clock.breached_at or (clock.paused_since is None and now > clock.due_at):
            _stop(clock, ticket=ticket, acting_user=None, now=now, cancelled=True)
    if _drop(ticket, now=now):
        record(ticket=ticket, code="sla.dropped", acting_user=None, now=now)


def adopt_promise(*, target: Ticket, source: Ticket, now: datetime) -> None:
    """A merge: ``target`` keeps one clock of each kind, with the earlier due instant.

    ``source``'s clocks stop without a verdict. A promise that was made to the user after
    ``target`` had answered them goes on with ``target``. The alarms that fired are those of the
    promise that goes on; a breach of either stays on record. ``Conflict`` with code
    ``promise_lost`` when ``source`` carries a promise and ``target`` none.
    """
    clocks = Clock.objects.select_for_update(no_key=True).filter(ticket__in=[target.pk, source.pk])
    found = {(clock.ticket_id, clock.kind): clock for clock in clocks.order_by("pk")}
    running = [clock for clock in found.values() if clock.stopped_at is None]
    if any(
        clock.ticket_id == source.pk and (target.pk, clock.kind) not in found for clock in running
    ):
        raise Conflict(
            _("The other ticket carries no promise to the user: merge it into this one instead."),
            code="promise_lost",
            state={"status": target.status},
        )
    calendar = working_calendar()
    for theirs in running:
        if theirs.ticket_id == source.pk:
            ours = found[(target.pk, theirs.kind)]
            _adopt(ours, theirs, target=target, source=source, calendar=calendar, now=now)
    _drop(source, now=now)
    record(ticket=source, code=MERGED, acting_user=None, now=now, new={"into": target.number})


def _adopt(
    ours: Clock,
    theirs: Clock,
    *,
    target: Ticket,
    source: Ticket,
    calendar: WorkingCalendar,
    now: datetime,
) -> None:
    past = NOTHING_HAPPENED
    if ours.stopped_at is not None:
        if ours.dropped or ours.stopped_at >= theirs.started_at:
            return
        # Whoever was answered before they were promised this still waits for it.
        Ticket.objects.filter(pk=target.pk).update(first_answered_at=None)
        target.first_answered_at = None
    else:
        mine = _due_by(ours, history_of(target.pk), calendar, now)
        if mine <= _due_by(theirs, history_of(source.pk), calendar, now):
            return
    new: dict[str, Any] = {"clock": ours.kind, "from": source.number}
    if ours.kind == ClockKind.RESOLVE:
        past = history_of(source.pk).ended_at(now)
        new |= history_as_json(past)
    old = {"due_at": ours.due_at.isoformat()}
    ours.started_at, ours.policy = theirs.started_at, theirs.policy
    ours.counted_with = min(ours.counted_with, theirs.counted_with)
    ours.stopped_at = None
    ours.breached_at = ours.breached_at or theirs.breached_at
    if ours.paused_since is not None:
        ours.paused_since = now
    # Levels belong to a promise: what ours had fired must not keep theirs from warning.
    ours.alarms.all().delete()
    ClockAlarm.objects.bulk_create(
        ClockAlarm(clock=ours, level=alarm.level, fired_at=alarm.fired_at)
        for alarm in theirs.alarms.all()
    )
    _recount(ours, past, calendar)
    ours.save()
    _follow_clock(target, ours)
    new["due_at"] = ours.due_at.isoformat()
    record(ticket=target, code=MERGED, acting_user=None, now=now, old=old, new=new)


def _due_by(clock: Clock, past: History, calendar: WorkingCalendar, now: datetime) -> datetime:
    """When a running clock would be due if its pause ended now."""
    if clock.kind != ClockKind.RESOLVE:
        return clock.due_at
    rule = policy_rule(clock.policy)
    return count(clock.started_at, past.ended_at(now), policy=rule, calendar=calendar).due_at


def _drop(ticket: Ticket, *, now: datetime) -> int:
    return (
        Clock.objects.filter(ticket=ticket, stopped_at=None)
        .order_by()
        .update(stopped_at=now, dropped=True, paused_since=None, next_alarm_at=None)
    )


def _go_on(clock: Clock, *, ticket: Ticket, now: datetime, cause: str) -> None:
    """Count a clock anew after a pause, with the policy version that it has."""
    old = clock.due_at
    clock.paused_since = None
    _recount(clock, history_of(ticket.pk).ended_at(now), working_calendar())
    clock.save(update_fields=["stopped_at", "paused_since", "next_alarm_at", *_COUNTED])
    if clock.due_at != old:
        record(
            ticket=ticket,
            code="sla.moved",
            acting_user=None,
            now=now,
            old={"due_at": old.isoformat()},
            new={"clock": clock.kind, "due_at": clock.due_at.isoformat(), "cause": cause},
        )


def _stop(
    clock: Clock, *, ticket: Ticket, acting_user: Any, now: datetime, cancelled: bool = False
) -> None:
    clock.stopped_at = now
    clock.paused_since = clock.next_alarm_at = None
    if now > clock.due_at:
        clock.breached_at = clock.breached_at or clock.due_at
    elif clock.breached_at == clock.due_at:
        # A sweep on a machine whose clock is ahead marked a breach that is none. One from before
        # the due instant moved stays.
        clock.breached_at = None
    clock.save(update_fields=["stopped_at", "paused_since", "next_alarm_at", "breached_at"])
    record(
        ticket=ticket,
        code="sla.missed" if clock.breached_at else "sla.met",
        acting_user=acting_user,
        now=now,
        new={
            "clock": clock.kind,
            "due_at": clock.due_at.isoformat(),
            **({"cancelled": True} if cancelled else {}),
        },
    )


def _locked(ticket: Ticket) -> Any:
    return (
        Clock.objects.select_for_update(no_key=True, of=("self",))
        .select_related("policy")
        .filter(ticket=ticket)
    )


def _running(ticket: Ticket, kind: str) -> Clock | None:
    found: Clock | None = _locked(ticket).filter(kind=kind, stopped_at=None).first()
    return found


def _recount(clock: Clock, past: History, calendar: WorkingCalendar) -> None:
    """Fill in a clock that is there, with what has fired left out of its next alarm."""
    counted = count(clock.started_at, past, policy=policy_rule(clock.policy), calendar=calendar)
    fired = clock.alarms.values_list("level", flat=True)
    _filled(clock, counted, fired=frozenset(fired))


def _filled(clock: Clock, counted: Counted, fired: frozenset[str] = frozenset()) -> Clock:
    clock.due_at = counted.due_at
    clock.provisional = counted.provisional
    clock.days = days_as_json(counted.days)
    clock.due_soon_at = counted.alarms.due_soon_at
    clock.last_call_at = counted.alarms.last_call_at
    clock.overdue_at = counted.alarms.overdue_at
    clock.next_alarm_at = None if clock.paused_since else next_alarm(counted.alarms, fired)
    return clock


def _follow_clock(ticket: Ticket, clock: Clock) -> None:
    if clock.kind == ClockKind.CONTACT:
        _follow(ticket, due_at=clock.due_at, provisional=clock.provisional)


def _follow(ticket: Ticket, *, due_at: datetime, provisional: bool) -> None:
    """Let the ticket repeat the contact clock's due instant."""
    if (ticket.due_at, ticket.due_provisional) == (due_at, provisional):
        return
    ticket.due_at, ticket.due_provisional = due_at, provisional
    Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at, due_provisional=provisional)
