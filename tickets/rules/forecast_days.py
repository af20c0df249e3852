"""The days of a forecast: which they are, what comes in on them, and who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules.assignment import WeeklyShift, is_absent
from tickets.rules.forecast import Arrival, Day

HORIZON: Final = 5
"""Working days."""

WEEKS: Final = 8
"""Of the past, from which hand-overs and answers are drawn."""

WORKING, REST = "working", "rest"
"""Kinds of day that were left out of the past: a make-up workday is like any working day, a holiday
in the week like any day of a weekend."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """The desk's hours on a working day, local time; ``opens`` before ``closes``."""

    opens: time
    closes: time

    def left(self, moment: time) -> float:
        """The share of the day that lies after ``moment``, 0 to 1."""
        length = _minutes(self.closes) - _minutes(self.opens)
        return min(1.0, max(0.0, (_minutes(self.closes) - _minutes(moment)) / length))


@dataclass(frozen=True, slots=True)
class Plan:
    """``dates[d]`` is the date of day d."""

    dates: tuple[date, ...]
    days: tuple[Day, ...]

    def due(self, day: date) -> int:
        """The number of the day on which a promise of this date falls due; ``len(dates)`` or more:
        later than all of them."""
        return sum(each < day for each in self.dates)


def kind_of(day: date, calendar: WorkingCalendar) -> str:
    """By which past days ``day`` is drawn: its weekday (``0`` is Monday) or WORKING or REST."""
    if calendar.is_working(day):
        return str(day.weekday()) if day.weekday() < 5 else WORKING
    return str(day.weekday()) if day.weekday() >= 5 else REST


def intake_samples(
    handed_over: Mapping[date, int], *, first: date, last: date, calendar: WorkingCalendar
) -> dict[str, tuple[int, ...]]:
    """The numbers of hand-overs of each kind of day from ``first`` to ``last``, both included.

    Holidays within the week and make-up workdays are left out: they are like no other day.
    """
    samples: dict[str, list[int]] = {}
    for number in range((last - first).days + 1):
        day = first + number * _ONE_DAY
        kind = kind_of(day, calendar)
        if kind in (WORKING, REST):
            continue
        for each in (kind, WORKING if day.weekday() < 5 else REST):
            samples.setdefault(each, []).append(handed_over.get(day, 0))
    return {kind: tuple(counts) for kind, counts in samples.items()}


def coming_days(
    now: datetime, *, calendar: WorkingCalendar, hours: Hours, working_days: int
) -> Plan:
    """The next ``HORIZON`` working days after ``now`` (aware, local), today while it is open.

    ``working_days`` is the promise: what is handed over on a day falls due so many later.
    """
    today = now.date()
    left = hours.left(now.time())
    is_open = calendar.is_working(today) and left > 0
    first = today if is_open else calendar.next_working_day(today)
    dates = [first]
    while len(dates) < HORIZON:
        dates.append(calendar.next_working_day(dates[-1]))
    days = []
    since = today
    for number, day in enumerate(dates):
        arrivals = []
        while since <= day:
            due = calendar.add_working_days(since, working_days)
            arrivals.append(
                Arrival(
                    kind=kind_of(since, calendar),
                    share=left if since == today else 1.0,
                    due=dates.index(due) if due in dates else HORIZON,
                )
            )
            since += _ONE_DAY
        days.append(Day(left if number == 0 and is_open else 1.0, tuple(arrivals)))
    return Plan(tuple(dates), tuple(days))


def presence(
    dates: Sequence[date],
    *,
    shifts: Sequence[WeeklyShift],
    absences: Iterable[tuple[date, date]],
    hours: Hours,
) -> tuple[float, ...]:
    """For each of the working days ``dates`` the share of it that an advisor is there.

    As ``assignment.is_on_shift`` has it: without shifts the desk's hours count, and so they do on a
    make-up workday that no shift names. Hours beyond the desk's own count as well.
    """
    away = list(absences)
    return tuple(0.0 if is_absent(day, away) else _on_shift(day, shifts, hours) for day in dates)


def _on_shift(day: date, shifts: Sequence[WeeklyShift], hours: Hours) -> float:
    today = [each for each in shifts if each.weekday == day.weekday()]
    if not today:
        return 1.0 if not shifts or day.weekday() >= 5 else 0.0
    minutes = sum(_minutes(each.ends) - _minutes(each.starts) for each in today)
    return minutes / (_minutes(hours.closes) - _minutes(hours.opens))


def _minutes(moment: time) -> float:
    return moment.hour * 60 + moment.minute + moment.second / 60
