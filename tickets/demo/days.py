"""Time of a made-up history: whole seconds since its first midnight, working time, stamps.

Integers instead of datetimes, because a history of a million tickets asks millions of times.
The desk's zone has kept one offset since 1991, so a day has 86,400 seconds.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules.sla import ZONE, WorkingHours

DAY = 86_400
MINUTE = 60
_CLOCK = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)]


class Days:
    """The days from ``first`` on, ``count`` of them. An instant ``at`` is in seconds since the
    midnight at which ``first`` begins; a working minute is counted from there too."""

    def __init__(
        self, first: date, count: int, *, calendar: WorkingCalendar, hours: WorkingHours
    ) -> None:
        self.first = first
        self.zero = datetime(first.year, first.month, first.day, tzinfo=ZONE)
        self.dates = [first + timedelta(days=number) for number in range(count)]
        self._names = [each.isoformat() for each in self.dates]
        self._opens = hours.opens.hour * 60 + hours.opens.minute
        self._minutes = hours.minutes
        self.is_working = [calendar.is_working(each) for each in self.dates]
        self._before: list[int] = []
        self._working: list[int] = []
        passed = 0
        for number, working in enumerate(self.is_working):
            self._before.append(passed)
            if working:
                self._working.append(number)
                passed += self._minutes

    def worked(self, at: int) -> int:
        """Working minutes that have passed at an instant."""
        day, second = divmod(at, DAY)
        if not self.is_working[day]:
            return self._before[day]
        inside = second // MINUTE - self._opens
        return self._before[day] + min(max(inside, 0), self._minutes)

    def when_worked(self, minutes: int, second: int = 0) -> int:
        """The instant at which so many working minutes have passed, and ``second`` (0 to 59)."""
        number, inside = divmod(minutes, self._minutes)
        return self._working[number] * DAY + (self._opens + inside) * MINUTE + second

    def stamp(self, at: int) -> str:
        """As PostgreSQL reads it: ``2026-03-04 10:30:00+08``."""
        return f"{self._names[at // DAY]} {_CLOCK[at % DAY]}+08"

    def iso(self, at: int) -> str:
        """As the timeline keeps instants: ``2026-03-04T10:30:00+08:00``."""
        return f"{self._names[at // DAY]}T{_CLOCK[at % DAY]}+08:00"

    def instant(self, at: int) -> datetime:
        return self.zero + timedelta(seconds=at)

    def since(self, instant: datetime) -> int:
        """The reverse of ``instant``."""
        return int((instant - self.zero).total_seconds())
