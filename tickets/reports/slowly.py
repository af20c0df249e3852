"""The numbers of the reports counted the slow way: by reading one ticket's rows and events.

This knows nothing of facts, profiles and sums. ``manage.py check_reports`` holds them against it
for a sample, the tests for whole random histories. Only for few tickets: it walks through minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Clock, SlaPolicy, Ticket, TicketEvent
from tickets.rules.sla import ZONE
from tickets.selectors.clock_history import history_in

_OPEN = {"new", "queued", "assigned", "waiting", "returned"}
_WAITS_FOR = {
    "new": "assignment",
    "queued": "assignment",
    "waiting": "user",
    "returned": "details",
}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SlowTicket:
    """``codes``: every measure of tickets and of the backlog that counts this ticket.

    ``contact_hours`` and ``resolve_hours`` are whole working hours, None without an answer or a
    solution.
    """

    codes: frozenset[str]
    contact_hours: int | None
    resolve_hours: int | None


def slow_ticket(ticket: Ticket, *, now: datetime, calendar: WorkingCalendar) -> SlowTicket:
    """What is counted of ``ticket`` at ``now`` (three statements)."""
    clocks = {clock.kind: clock for clock in Clock.objects.filter(ticket=ticket)}
    events = list(TicketEvent.objects.filter(ticket=ticket).order_by("pk"))
    contact, resolve = clocks.get("contact"), clocks.get("resolve")
    codes = {"tickets", *_history(ticket)}
    codes |= _promise(contact, events, now, "handed_over", "")
    codes |= _promise(resolve, events, now, "resolve_promised", "resolve_")
    if ticket.status in _OPEN:
        codes |= _backlog(ticket, contact, resolve, now, calendar)
    answered, solved = _verdict(contact), _verdict(resolve)
    if answered:
        codes.add("answered")
    if solved:
        codes.add("solved")
    return SlowTicket(
        frozenset(codes),
        _hours(contact, answered, (), calendar),
        _hours(resolve, solved, events, calendar),
    )


def _history(ticket: Ticket) -> Iterator[str]:
    solved = ticket.status in ("resolved", "closed")
    for code, holds in (
        ("chased", ticket.chase_count > 0),
        ("returned", ticket.bounce_count > 0),
        ("complete", ticket.bounce_count == 0),
        ("reopened", ticket.reopen_count > 0),
        ("solved_once", solved or ticket.reopen_count > 0),
        ("merged", ticket.status == "merged"),
        ("cancelled", ticket.status == "cancelled"),
    ):
        if holds:
            yield code


def _is_breached(clock: Clock, now: datetime) -> bool:
    if clock.dropped:
        return False
    running = clock.stopped_at is None and clock.paused_since is None
    return clock.breached_at is not None or (running and clock.due_at < now)


def _promise(
    clock: Clock | None, events: Sequence[TicketEvent], now: datetime, whole: str, prefix: str
) -> set[str]:
    if clock is None or clock.dropped:
        return set()
    if not _is_breached(clock, now):
        return {whole, f"{prefix}{'open_in_time' if clock.stopped_at is None else 'met'}"}
    at = clock.breached_at or clock.due_at
    status = "new"
    for event in events:
        if "status" in event.new and event.at <= at:
            status = event.new["status"]
    cause = _WAITS_FOR.get(status, "contact")
    return {whole, f"{prefix}breached", f"{prefix}breached_by_{cause}"}


def _backlog(
    ticket: Ticket,
    contact: Clock | None,
    resolve: Clock | None,
    now: datetime,
    calendar: WorkingCalendar,
) -> set[str]:
    age = _working_days(_day(ticket.created_at), _day(now), calendar)
    band = "over_5" if age > 5 else "4_5" if age > 3 else str(age)
    codes = {"open", f"open_age_{band}"}
    if contact is not None and _is_breached(contact, now):
        codes |= {"open_breached", f"open_age_{band}_breached"}
    if resolve is not None and _is_breached(resolve, now):
        codes.add("open_resolve_breached")
    if contact is not None and contact.stopped_at is None and contact.provisional:
        codes.add("open_provisional")
    codes.add(f"left_contact_{_left(contact, now, calendar, most=3, together=())}")
    codes.add(f"left_resolve_{_left(resolve, now, calendar, most=5, together=(3, 4, 5))}")
    return codes


def _left(
    clock: Clock | None,
    now: datetime,
    calendar: WorkingCalendar,
    *,
    most: int,
    together: tuple[int, ...],
) -> str:
    if clock is None or clock.stopped_at is not None or clock.paused_since is not None:
        return "none"
    if clock.due_at < now:
        return "late"
    days = _working_days(_day(now), _day(clock.due_at), calendar)
    if days > most:
        return f"over_{most}"
    return f"{together[0]}_{together[-1]}" if days in together else str(days)


def _verdict(clock: Clock | None) -> datetime | None:
    return None if clock is None or clock.dropped else clock.stopped_at


def _hours(
    clock: Clock | None,
    until: datetime | None,
    events: Sequence[TicketEvent],
    calendar: WorkingCalendar,
) -> int | None:
    """Every working minute between start and stop that is in no pause, in whole hours."""
    if clock is None or until is None:
        return None
    policy = SlaPolicy.objects.get(pk=clock.policy_id)
    spent = set(_working_minutes(clock.started_at, until, policy, calendar))
    for pause in history_in(events).pauses:
        if pause.end is not None:
            spent -= set(_working_minutes(pause.start, pause.end, policy, calendar))
    return -(-len(spent) // 60)


def _working_minutes(
    start: datetime, end: datetime, policy: SlaPolicy, calendar: WorkingCalendar
) -> Iterator[datetime]:
    at = start.astimezone(ZONE).replace(second=0, microsecond=0)
    last = end.astimezone(ZONE).replace(second=0, microsecond=0)
    while at < last:
        if not calendar.is_working(at.date()) or at.time() >= policy.closes:
            at = datetime.combine(at.date() + timedelta(days=1), policy.opens, tzinfo=ZONE)
        elif at.time() < policy.opens:
            at = datetime.combine(at.date(), policy.opens, tzinfo=ZONE)
        else:
            yield at
            at += _MINUTE


def _working_days(after: date, until: date, calendar: WorkingCalendar) -> int:
    """Working days after ``after`` up to ``until``; 0 when there are none."""
    found = 0
    while after < until:
        after += timedelta(days=1)
        found += calendar.is_working(after)
    return found


def _day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()
