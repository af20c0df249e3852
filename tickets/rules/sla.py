"""Due dates, alarms and working time: the promise read to the user, as arithmetic.

Sources: the promise itself ("within 3 working days") is in the hand-over script; how days are
counted is Civil Code art. 201 (the day of the hand-over is not counted) and art. 203 (a period
ends on a working day, and where there are business hours, when these end). So day 1 is the next
working day and a promise is due at the close of business of working day N.

The day of an instant is its date in the zone of the working hours, whatever zone it was written
in; results are aware instants in that zone. Working time has the grain of a minute: both ends
are cut to the minute first, which keeps sums exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from klingdesk.core.calendar import DayKind, WorkingCalendar

ZONE = ZoneInfo("Asia/Shanghai")

LAST_CALL_MINUTES = 120
"""Working minutes before the due instant at which the last warning goes out."""


class ClockKind(StrEnum):
    """What a clock measures: the promised contact, or the solution."""

    CONTACT = "contact"
    RESOLVE = "resolve"


class AlarmLevel(StrEnum):
    """The levels of one clock, each of which fires once."""

    DUE_SOON = "due_soon"
    LAST_CALL = "last_call"
    BREACHED = "breached"
    OVERDUE_DAY = "overdue_day"


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Opening hours of every working day, local time in ``zone``, in whole minutes.

    ``ValueError`` unless ``opens`` is before ``closes`` on the same day.
    """

    opens: time = time(9)
    closes: time = time(18)
    zone: ZoneInfo = ZONE

    def __post_init__(self) -> None:
        for moment in (self.opens, self.closes):
            if moment.second or moment.microsecond or moment.tzinfo is not None:
                raise ValueError(f"working hours are local times in whole minutes, not {moment!r}")
        if self.opens >= self.closes:
            raise ValueError(f"the desk cannot close at {self.closes} and open at {self.opens}")

    @property
    def minutes(self) -> int:
        """Length of a working day in minutes."""
        return _minute_of(self.closes) - _minute_of(self.opens)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a clock of ``kind`` (a ``ClockKind``) runs: ``working_days`` (>= 1) of ``hours``."""

    kind: str
    working_days: int
    hours: WorkingHours = WorkingHours()

    def __post_init__(self) -> None:
        if self.working_days < 1:
            raise ValueError(f"a promise takes at least 1 working day, not {self.working_days}")


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One date between start and due: counted or not, and why."""

    date: date
    counted: bool
    why: DayKind
    name: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A due instant that can explain itself.

    ``days`` are all dates after the start up to the due date, in order; exactly as many as the
    policy has working days are counted. ``provisional`` is true when a holiday notice still to
    come may change one of them and with it ``due_at``.
    """

    due_at: datetime
    provisional: bool
    days: tuple[CountedDay, ...]


@dataclass(frozen=True, slots=True)
class Alarms:
    """The instant of each level of one clock.

    An instant may lie before the clock's start (a promise of one day is "due soon" at once).
    """

    due_soon_at: datetime
    last_call_at: datetime
    breached_at: datetime
    overdue_at: datetime

    def by_level(self) -> dict[AlarmLevel, datetime]:
        """The instants keyed by level, in the order in which the levels escalate."""
        return {
            AlarmLevel.DUE_SOON: self.due_soon_at,
            AlarmLevel.LAST_CALL: self.last_call_at,
            AlarmLevel.BREACHED: self.breached_at,
            AlarmLevel.OVERDUE_DAY: self.overdue_at,
        }


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Distance to a due instant, or past it when ``breached``; both numbers are never negative.

    ``working_days`` counts days as people say them: 0 is "today", 1 "the next working day".
    ``working_minutes`` is the whole distance in working time, not what remains of a day.
    """

    working_days: int
    working_minutes: int
    breached: bool


def due(started_at: datetime, *, policy: Policy, calendar: WorkingCalendar) -> Due:
    """When a clock started at ``started_at`` (aware) is due: close of business of working day N.

    ``ValueError`` for a naive instant, ``NoWorkingDay`` when the calendar has too few days.
    """
    days = calendar.explain(_local(started_at, policy.hours).date(), policy.working_days)
    return Due(
        due_at=_at(days[-1].date, policy.hours.closes, policy.hours),
        provisional=any(day.provisional for day in days),
        days=tuple(
            CountedDay(day.date, day.working, day.why, day.name, day.provisional) for day in days
        ),
    )


def alarms(due_at: datetime, *, policy: Policy, calendar: WorkingCalendar) -> Alarms:
    """The alarm instants of a clock due at ``due_at`` (aware; any time of any day).

    Due soon: same time, one working day before. Last call: ``LAST_CALL_MINUTES`` of working time
    before. Breached: the due instant. Overdue: same time, one working day after. With working
    days of less than two hours the last call comes before "due soon".
    """
    hours = policy.hours
    local = _local(due_at, hours)
    day = local.date()
    return Alarms(
        due_soon_at=_at(calendar.subtract_working_days(day, 1), local.time(), hours),
        last_call_at=_before(local, LAST_CALL_MINUTES, hours, calendar),
        breached_at=local,
        overdue_at=_at(calendar.next_working_day(day), local.time(), hours),
    )


def working_minutes(
    start: datetime, end: datetime, *, hours: WorkingHours, calendar: WorkingCalendar
) -> int:
    """Working minutes from ``start`` to ``end`` (both aware); negative when ``end`` is earlier.

    Additive: minutes(a, c) == minutes(a, b) + minutes(b, c), in any order of the instants. Time
    outside the working hours adds nothing. Nothing here walks through the days in between.
    """
    first, last = _local(start, hours), _local(end, hours)
    # Working days d with first <= d < last: count() leaves out its start and takes in its end.
    days = calendar.count(first.date(), last.date())
    days += calendar.is_working(first.date()) - calendar.is_working(last.date())
    elapsed = _elapsed(last, hours, calendar) - _elapsed(first, hours, calendar)
    return days * hours.minutes + elapsed


def add_working_minutes(
    start: datetime, minutes: int, *, hours: WorkingHours, calendar: WorkingCalendar
) -> datetime:
    """The earliest instant with ``minutes`` (>= 0) of working time between ``start`` and it.

    What ends with a working day is due at its close, not at the next opening. ``ValueError`` for
    a negative number.
    """
    if minutes < 0:
        raise ValueError(f"working time is added, not taken away: {minutes}")
    local = _local(start, hours)
    if minutes == 0:
        return local
    elapsed = _elapsed(local, hours, calendar)
    opens = _minute_of(hours.opens)
    left = hours.minutes - elapsed if calendar.is_working(local.date()) else 0
    if minutes <= left:
        return _at(local.date(), _time_of(opens + elapsed + minutes), hours)
    missing = minutes - left
    days = -(-missing // hours.minutes)
    day = calendar.add_working_days(local.date(), days)
    return _at(day, _time_of(opens + missing - (days - 1) * hours.minutes), hours)


def time_left(
    now: datetime, due_at: datetime, *, hours: WorkingHours, calendar: WorkingCalendar
) -> TimeLeft:
    """How far ``due_at`` is from ``now``; a promise kept at the due instant itself is kept."""
    breached = now > due_at
    earlier, later = (due_at, now) if breached else (now, due_at)
    return TimeLeft(
        working_days=calendar.count(_local(earlier, hours).date(), _local(later, hours).date()),
        working_minutes=working_minutes(earlier, later, hours=hours, calendar=calendar),
        breached=breached,
    )


def _before(
    local: datetime, minutes: int, hours: WorkingHours, calendar: WorkingCalendar
) -> datetime:
    """The latest instant with at least ``minutes`` (> 0) of working time before ``local``."""
    elapsed = _elapsed(local, hours, calendar)
    opens = _minute_of(hours.opens)
    if elapsed >= minutes:
        return _at(local.date(), _time_of(opens + elapsed - minutes), hours)
    missing = minutes - elapsed
    days = -(-missing // hours.minutes)
    day = calendar.subtract_working_days(local.date(), days)
    return _at(day, _time_of(opens + days * hours.minutes - missing), hours)


def _elapsed(local: datetime, hours: WorkingHours, calendar: WorkingCalendar) -> int:
    """Working minutes of the day of ``local`` that have passed by then."""
    if not calendar.is_working(local.date()):
        return 0
    passed = _minute_of(local.time()) - _minute_of(hours.opens)
    return min(max(passed, 0), hours.minutes)


def _minute_of(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _time_of(minute: int) -> time:
    return time(*divmod(minute, 60))


def _at(day: date, moment: time, hours: WorkingHours) -> datetime:
    return datetime.combine(day, moment, tzinfo=hours.zone)


def _local(instant: datetime, hours: WorkingHours) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone: a naive datetime names no day")
    return instant.astimezone(hours.zone)
