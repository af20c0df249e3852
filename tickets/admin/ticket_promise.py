"""The promise of a ticket as a queue row and the ticket page show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tickets.admin.words import due_words, time_left_words
from tickets.models import Clock, Ticket
from tickets.models.labels import ClockKind
from tickets.selectors.due import TimeLeftReader


@dataclass(frozen=True, slots=True)
class Promise:
    """``level`` is a chip's colour: ok, warn (due within a working day), bad, or empty."""

    due: str
    words: str
    level: str
    provisional: bool
    running: bool


NO_PROMISE = Promise(due="", words="", level="", provisional=False, running=False)


def contact_clock(ticket: Ticket) -> Clock | None:
    """The contact clock of a ticket whose clocks are prefetched: the running one, else the last."""
    clocks = [clock for clock in ticket.clocks.all() if clock.kind == ClockKind.CONTACT]
    return max(clocks, key=lambda clock: (clock.stopped_at is None, clock.pk), default=None)


def promise_of(ticket: Ticket, *, reader: TimeLeftReader, now: datetime) -> Promise:
    """What is to be said about the promise now; its clocks must be prefetched."""
    clock = contact_clock(ticket)
    if clock is None:
        return NO_PROMISE
    if clock.stopped_at is not None:
        kept = clock.breached_at is None
        return Promise(
            due=due_words(clock.due_at),
            words=_("promise kept") if kept else _("kept too late"),
            level="ok" if kept else "bad",
            provisional=False,
            running=False,
        )
    left = reader.left(clock.due_at)
    words = time_left_words(left) if left else ""
    return Promise(
        due=due_words(clock.due_at),
        words=words,
        level=_level(clock, now),
        provisional=clock.provisional,
        running=True,
    )


def _level(clock: Clock, now: datetime) -> str:
    if now > clock.due_at:
        return "bad"
    return "warn" if now >= clock.due_soon_at else "ok"
