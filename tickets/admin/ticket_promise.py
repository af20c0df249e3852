"""The promise of a ticket as a queue row and the ticket page show it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from tickets.admin.words import time_left_words
from tickets.models import Clock, SlaPolicy, Ticket
from tickets.models.labels import ClockKind
from tickets.rules.sla import TimeLeft
from tickets.selectors.due import TimeLeftReader
from tickets.selectors.listed import ListedClock, ListedTicket


class Promise(NamedTuple):
    """``level`` is a chip's colour: ok, warn (due within a working day), bad, or empty.

    ``left`` is how far off the due date is while the clock runs; ``words`` say the same.
    """

    due_at: datetime | None
    words: str
    level: str
    provisional: bool
    running: bool
    left: TimeLeft | None = None


NO_PROMISE = Promise(due_at=None, words="", level="", provisional=False, running=False)


def contact_clock(ticket: Ticket) -> Clock | None:
    """The contact clock of a ticket whose clocks are prefetched: the running one, else the last."""
    clocks = [clock for clock in ticket.clocks.all() if clock.kind == ClockKind.CONTACT]
    return max(clocks, key=lambda clock: (clock.stopped_at is None, clock.pk), default=None)


def promise_of(ticket: Ticket, *, reader: TimeLeftReader, now: datetime) -> Promise:
    """What is to be said about the promise now; its clocks must be prefetched."""
    clock = contact_clock(ticket)
    return NO_PROMISE if clock is None else clock_promise(ticket, clock, reader=reader, now=now)


def clock_promise(
    ticket: Ticket | ListedTicket,
    clock: Clock | ListedClock,
    *,
    reader: TimeLeftReader,
    now: datetime,
    policy: SlaPolicy | None = None,
) -> Promise:
    """The same of one clock; ``policy`` is needed for the solution's."""
    if clock.stopped_at is not None:
        words, level = _verdict(ticket, clock)
        return Promise(
            due_at=clock.due_at, words=words, level=level, provisional=False, running=False
        )
    if clock.paused_since is not None:
        left = None
        words, level = _("stands still"), "info"
    else:
        left = reader.left(clock.due_at, policy=policy)
        words, level = time_left_words(left) if left else "", _level(clock, now)
    return Promise(
        due_at=clock.due_at,
        words=words,
        level=level,
        provisional=clock.provisional,
        running=True,
        left=left,
    )


def _verdict(ticket: Ticket | ListedTicket, clock: Clock | ListedClock) -> tuple[str, str]:
    """Of a stopped clock, with its level."""
    if clock.dropped:
        return _("neither kept nor broken"), ""
    if clock.kind == ClockKind.RESOLVE:
        if clock.breached_at is None:
            return _("solved in time"), "ok"
        return _("breached") if ticket.resolved_at is None else _("solved too late"), "bad"
    if clock.breached_at is None:
        return _("promise kept"), "ok"
    return _("breached") if ticket.first_answered_at is None else _("kept too late"), "bad"


def _level(clock: Clock | ListedClock, now: datetime) -> str:
    if now > clock.due_at:
        return "bad"
    return "warn" if now >= clock.due_soon_at else "ok"
