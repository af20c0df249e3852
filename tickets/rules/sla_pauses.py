"""Clocks that stand still: pauses read from a ticket's history, and the due instant they move.

Nothing is ever added up in a row of the database: what a clock has stood still follows from the
ticket's events each time it is asked for, so it cannot drift from what happened. The rules:

* A clock stands still while its ticket waits for the user, and from its solution to its
  reopening.
* The due instant moves by the working minutes inside the pauses, wherever they lie.
* A reopened ticket leaves at least one working day, counted as the promise is (the day of the
  reopening is not counted, due at the close of business), which later pauses move as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules import sla

REOPENED_DAYS = 1
"""Working days that a reopened ticket leaves at least."""


class PauseReason(StrEnum):
    """Why a clock stood still."""

    WAITING = "waiting"
    SOLVED = "solved"


_STANDS_IN = {"waiting": PauseReason.WAITING, "resolved": PauseReason.SOLVED}
_ENDED = frozenset({"closed", "merged", "cancelled"})


@dataclass(frozen=True, slots=True)
class Pause:
    """From ``start`` (included) to ``end`` (not included); ``end`` None: it stands still now."""

    start: datetime
    end: datetime | None
    reason: PauseReason


@dataclass(frozen=True, slots=True)
class History:
    """What a ticket's past means for its clock, each part in the order of time."""

    pauses: tuple[Pause, ...] = ()
    reopened: tuple[datetime, ...] = ()

    def ended_at(self, now: datetime) -> History:
        """The same, with a pause that still lasts ended at ``now``."""
        if not self.pauses or self.pauses[-1].end is not None:
            return self
        last = self.pauses[-1]
        ended = replace(last, end=max(last.start, now))
        reopened = self.reopened
        if last.reason is PauseReason.SOLVED:
            reopened = (*reopened, max(last.start, now))
        return History((*self.pauses[:-1], ended), reopened)


NOTHING_HAPPENED = History()


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a ticket: the ``status`` after it (None: unchanged).

    ``adopted``: a merge brought another ticket's clock, with the history it had.
    """

    at: datetime
    status: str | None
    adopted: History | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A due instant with all that leads to it.

    ``counted_from``: the instant whose day is not counted, the start of the clock or the last
    reopening that decides. ``unpaused_due_at`` is what ``days`` give; ``paused_minutes`` are the
    working minutes that lie between it and ``due_at``.
    """

    due_at: datetime
    provisional: bool
    days: tuple[sla.CountedDay, ...]
    counted_from: datetime
    unpaused_due_at: datetime
    paused_minutes: int
    alarms: sla.Alarms


def history(events: Iterable[Happened]) -> History:
    """The pauses and reopenings in a ticket's ``events``, which come in the order they happened.

    Instants that run backwards (two machines' clocks) make an empty pause, never a negative one.
    """
    pauses: list[Pause] = []
    reopened: list[datetime] = []
    since: datetime | None = None
    reason = PauseReason.WAITING
    for event in events:
        if event.adopted is not None:
            pauses = [pause for pause in event.adopted.pauses if pause.end is not None]
            reopened = list(event.adopted.reopened)
            since = event.at if since is not None else None
        if event.status is None or event.status in _ENDED:
            continue
        stands = _STANDS_IN.get(event.status)
        if since is not None and stands is not reason:
            end = max(since, event.at)
            pauses.append(Pause(since, end, reason))
            if reason is PauseReason.SOLVED:
                reopened.append(end)
            since = None
        if stands is not None and since is None:
            since, reason = event.at, stands
    if since is not None:
        pauses.append(Pause(since, None, reason))
    return History(tuple(pauses), tuple(reopened))


def paused_minutes(
    stood: Sequence[Pause],
    *,
    since: datetime,
    hours: sla.WorkingHours,
    calendar: WorkingCalendar,
) -> int:
    """Working minutes after ``since`` inside the ended pauses; what overlaps counts once.

    The order of the pauses does not matter, and time outside the working hours adds nothing.
    """
    total = 0
    reached = since
    ended = [(pause.start, pause.end) for pause in stood if pause.end is not None]
    for start, end in sorted(ended):
        if end > reached:
            total += sla.working_minutes(max(start, reached), end, hours=hours, calendar=calendar)
            reached = end
    return total


def count(
    started_at: datetime, past: History, *, policy: sla.Policy, calendar: WorkingCalendar
) -> Counted:
    """When a clock started at ``started_at`` is due, after all that happened to its ticket.

    A pause that has not ended moves nothing yet. ``NoWorkingDay`` when the calendar has too few
    days.
    """
    found = _counted_from(started_at, policy, past, calendar)
    shortest = replace(policy, working_days=REOPENED_DAYS)
    for instant in past.reopened:
        other = _counted_from(instant, shortest, past, calendar)
        if other.due_at > found.due_at:
            found = other
    return found


class CountBook:
    """Counts very many clocks with one calendar.

    Clocks that began on the same day and never stood still are due together: they are counted
    once and get the very same ``Counted``.
    """

    def __init__(self, policies: Mapping[str, sla.Policy], calendar: WorkingCalendar) -> None:
        self._policies = dict(policies)
        self._calendar = calendar
        self._plain: dict[tuple[str, date], Counted] = {}

    def counted(self, kind: str, started_at: datetime, past: History) -> Counted:
        """As ``count`` does; ``KeyError`` for a kind without a policy."""
        policy = self._policies[kind]
        if past.pauses or past.reopened:
            return count(started_at, past, policy=policy, calendar=self._calendar)
        key = (kind, started_at.astimezone(policy.hours.zone).date())
        found = self._plain.get(key)
        if found is None:
            found = count(started_at, past, policy=policy, calendar=self._calendar)
            self._plain[key] = found
        return found


def next_alarm(alarms: sla.Alarms, fired: Iterable[str]) -> datetime | None:
    """The earliest instant of a level that has not fired; None when all have."""
    gone = frozenset(fired)
    return min((at for level, at in alarms.by_level().items() if level not in gone), default=None)


def _counted_from(
    instant: datetime, policy: sla.Policy, past: History, calendar: WorkingCalendar
) -> Counted:
    plain = sla.due(instant, policy=policy, calendar=calendar)
    minutes = paused_minutes(past.pauses, since=instant, hours=policy.hours, calendar=calendar)
    due_at = sla.add_working_minutes(plain.due_at, minutes, hours=policy.hours, calendar=calendar)
    return Counted(
        due_at=due_at,
        provisional=plain.provisional
        or (minutes > 0 and _provisional_after(plain.due_at, due_at, past, policy, calendar)),
        days=plain.days,
        counted_from=instant,
        unpaused_due_at=plain.due_at,
        paused_minutes=minutes,
        alarms=sla.alarms(due_at, policy=policy, calendar=calendar),
    )


def _provisional_after(
    plain: datetime, due_at: datetime, past: History, policy: sla.Policy, calendar: WorkingCalendar
) -> bool:
    """Whether a day after ``plain`` is provisional on which ``due_at`` depends through a pause."""
    instants = [due_at, *(pause.end for pause in past.pauses if pause.end is not None)]
    last: date = max(instants).astimezone(policy.hours.zone).date()
    return any(each.provisional for each in calendar.days(plain.date(), last))
