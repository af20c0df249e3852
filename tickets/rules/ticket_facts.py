"""What reports keep of a ticket, worked out from its row, its two clocks and its past.

Sources: docs/metrics.md; working time is that of ``tickets.rules.sla``, pauses those of
``tickets.rules.sla_pauses``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules import sla
from tickets.rules.fact_profile import Cause, Fate, Flag, cause_of, profile
from tickets.rules.sla_pauses import NOTHING_HAPPENED, History, paused_minutes
from tickets.rules.transitions import OPEN_STATUSES

_SOLVED = frozenset({"resolved", "closed"})


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock as it stands. ``status_at_due``: the ticket's status at the instant at which it
    was breached, or at its due instant (the present one while that is still to come)."""

    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    breached_at: datetime | None
    paused: bool
    dropped: bool
    provisional: bool
    hours: sla.WorkingHours
    status_at_due: str

    @property
    def fate(self) -> Fate:
        if self.dropped:
            return Fate.DROPPED
        if self.breached_at is not None:
            return Fate.BREACHED
        return Fate.RUNNING if self.stopped_at is None else Fate.MET

    @property
    def runs(self) -> bool:
        return self.stopped_at is None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as its row and clocks tell; ``past`` is needed only once its solution is there."""

    status: str
    promise: bool
    chases: int
    returns: int
    reopens: int
    contact: ClockRow | None
    resolve: ClockRow | None
    past: History = NOTHING_HAPPENED


@dataclass(frozen=True, slots=True)
class Counted:
    """What follows from a ``TicketRow``.

    ``provisional``: the contact clock runs towards a provisional date. ``*_minutes`` are working
    minutes from the clock's start to its stop, those of pauses left out; None without a verdict.
    ``resolve_due_at``: of a resolve clock that runs and does not stand still. ``settled``: only
    another event can change what is counted, no passing of time.
    """

    profile: int
    provisional: bool
    answered_at: datetime | None
    solved_at: datetime | None
    resolve_due_at: datetime | None
    contact_minutes: int | None
    resolve_minutes: int | None
    settled: bool


def counted(row: TicketRow, calendar: WorkingCalendar) -> Counted:
    """Work it out."""
    contact, resolve = row.contact, row.resolve
    answered, solved = _stopped(contact), _stopped(resolve)
    runs = [clock for clock in (contact, resolve) if clock is not None and clock.runs]
    return Counted(
        profile=profile(
            contact.fate if contact else Fate.NONE,
            resolve.fate if resolve else Fate.NONE,
            cause_of(contact.status_at_due) if contact else Cause.ASSIGNMENT,
            cause_of(resolve.status_at_due) if resolve else Cause.ASSIGNMENT,
            _flags(row, answered=answered is not None, solved=solved is not None),
        ),
        provisional=contact is not None and contact.runs and contact.provisional,
        answered_at=answered,
        solved_at=solved,
        resolve_due_at=(
            resolve.due_at if resolve is not None and resolve.runs and not resolve.paused else None
        ),
        contact_minutes=_minutes(contact, answered, NOTHING_HAPPENED, calendar),
        resolve_minutes=_minutes(resolve, solved, row.past, calendar),
        settled=not runs and row.status not in OPEN_STATUSES,
    )


def whole_hours(minutes: int) -> int:
    """The smallest whole number of hours within which ``minutes`` lie."""
    return -(-minutes // 60)


def _flags(row: TicketRow, *, answered: bool, solved: bool) -> Flag:
    found = Flag(0)
    for flag, holds in (
        (Flag.PROMISE, row.promise),
        (Flag.CHASED, row.chases > 0),
        (Flag.RETURNED, row.returns > 0),
        (Flag.REOPENED, row.reopens > 0),
        (Flag.SOLVED_ONCE, row.status in _SOLVED or row.reopens > 0),
        (Flag.MERGED, row.status == "merged"),
        (Flag.CANCELLED, row.status == "cancelled"),
        (Flag.ANSWERED, answered),
        (Flag.SOLVED, solved),
    ):
        if holds:
            found |= flag
    return found


def _stopped(clock: ClockRow | None) -> datetime | None:
    return None if clock is None or clock.dropped else clock.stopped_at


def _minutes(
    clock: ClockRow | None, until: datetime | None, past: History, calendar: WorkingCalendar
) -> int | None:
    if clock is None or until is None:
        return None
    spent = sla.working_minutes(clock.started_at, until, hours=clock.hours, calendar=calendar)
    # A pause that reaches beyond the stop takes nothing away there.
    stood = [
        replace(pause, end=min(pause.end, until))
        for pause in past.pauses
        if pause.end is not None and pause.start < until
    ]
    if stood:
        spent -= paused_minutes(stood, since=clock.started_at, hours=clock.hours, calendar=calendar)
    return max(spent, 0)
