"""Counting with the working days of mainland China.

What a single date is, and where that is known from, is told in ``klingdesk.core.days``; the
desk's own overrides win over both sources there.

A year is *known* when the holiday library has all of it or when the caller says that its notice
was loaded as overrides (``covered_years``). A few single overrides do not make a year known.
Dates of an unknown year are **provisional**, and so is 25-31 December while the year after it is
unknown: notices have made workdays of weekend days in that week before (30-31 December 2006,
31 December 2011). A date with an override of its own is settled and never provisional.

Counting follows Civil Code art. 201 (the day something happens is not counted) and art. 203
(a period ends on a working day). Everything here takes and gives ``datetime.date``; a
``datetime`` is refused, because its date depends on the zone it was written in.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from types import MappingProxyType

from klingdesk.core.days import Day, DayKind, Override, classify, library_years

__all__ = [
    "MAX_STEP",
    "Day",
    "DayKind",
    "NoWorkingDay",
    "Override",
    "WorkingCalendar",
    "library_fingerprint",
]

MAX_STEP = 10_000
"""Most working days counted in one go (about 40 years): a longer period is a typing error."""


class NoWorkingDay(ValueError):
    """No working day within reach: the overrides leave none, or the years of ``date`` end."""


def _days_of(year: int) -> range:
    """Ordinals of all dates of ``year``."""
    return range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1)


@cache
def _base_index(year: int) -> tuple[int, ...]:
    """Sorted ordinals of the working days of ``year`` without overrides; shared by calendars."""
    return tuple(
        ordinal for ordinal in _days_of(year) if classify(date.fromordinal(ordinal))[0].working
    )


@cache
def library_fingerprint() -> str:
    """The years that the holiday library has, and a digest of its working days: ``2004-2026
    1f3a…``. It changes when another release of the library says something else."""
    years = sorted(library_years())
    digest = sha256()
    for year in years:
        digest.update(repr(_base_index(year)).encode())
    return f"{years[0]}-{years[-1]} {digest.hexdigest()[:16]}"


def _ordinal(day: date) -> int:
    if isinstance(day, datetime):
        raise TypeError("a date is needed: the date of a datetime depends on its zone")
    return day.toordinal()


class WorkingCalendar:
    """An immutable working-day calendar; equal content compares equal, hashes and pickles.

    Per year it keeps the sorted ordinals of the working days, built on first use, so counting is
    a bisection: about a microsecond however many overrides there are. The memo is only ever
    filled with values that follow from the content; sharing between threads is safe.
    """

    __slots__ = ("_by_year", "_covered", "_index", "_overrides")

    def __init__(
        self,
        overrides: Mapping[date, Override] | None = None,
        covered_years: frozenset[int] = frozenset(),
    ) -> None:
        self._overrides = dict(overrides or {})
        self._covered = frozenset(covered_years)
        self._index: dict[int, tuple[int, ...]] = {}
        by_year: dict[int, dict[int, bool]] = {}
        for day, override in self._overrides.items():
            by_year.setdefault(day.year, {})[_ordinal(day)] = override.is_working
        self._by_year = by_year

    @property
    def overrides(self) -> Mapping[date, Override]:
        """The desk's own dates, read only."""
        return MappingProxyType(self._overrides)

    @property
    def covered_years(self) -> frozenset[int]:
        """Years whose notice was loaded as overrides."""
        return self._covered

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WorkingCalendar):
            return NotImplemented
        return self._overrides == other._overrides and self._covered == other._covered

    def __hash__(self) -> int:
        return hash((frozenset(self._overrides.items()), self._covered))

    def __reduce__(
        self,
    ) -> tuple[type[WorkingCalendar], tuple[dict[date, Override], frozenset[int]]]:
        return type(self), (self._overrides, self._covered)

    def is_known(self, year: int) -> bool:
        """True when the notice for ``year`` is in the library or was loaded."""
        return year in self._covered or year in library_years()

    def is_provisional(self, day: date) -> bool:
        """True while a notice still to come may change whether ``day`` is worked."""
        if day in self._overrides:
            return False
        if not self.is_known(day.year):
            return True
        return day.month == 12 and day.day >= 25 and not self.is_known(day.year + 1)

    def is_working(self, day: date) -> bool:
        """True when the desk works on ``day``."""
        ordinal = _ordinal(day)
        index = self._working(day.year)
        position = bisect_left(index, ordinal)
        return position < len(index) and index[position] == ordinal

    def day(self, day: date) -> Day:
        """``day`` with the reason why it is worked or not."""
        _ordinal(day)
        override = self._overrides.get(day)
        if override is None:
            why, name = classify(day)
        else:
            why = DayKind.OVERRIDE_WORKING if override.is_working else DayKind.OVERRIDE_REST
            name = override.reason
        return Day(day, why.working, why, name, self.is_provisional(day))

    def add_working_days(self, start: date, n: int) -> date:
        """The ``n``-th working day after ``start``, which itself is never counted.

        ``n`` is 1 to ``MAX_STEP``, else ``ValueError``; ``NoWorkingDay`` when there are too few.
        """
        _check_step(n)
        ordinal = _ordinal(start)
        year = start.year
        index = self._working(year)
        position = bisect_right(index, ordinal) + n - 1
        if position < len(index):
            return date.fromordinal(index[position])
        empty_years = 0
        while position >= len(index):
            position -= len(index)
            year += 1
            index = self._reachable(year, start)
            empty_years = 0 if index else _one_more(empty_years, start)
        return date.fromordinal(index[position])

    def subtract_working_days(self, end: date, n: int) -> date:
        """The ``n``-th working day before ``end``, which itself is never counted.

        Same bounds and errors as ``add_working_days``.
        """
        _check_step(n)
        year = end.year
        index = self._working(year)
        position = bisect_left(index, _ordinal(end)) - n
        empty_years = 0
        while position < 0:
            year -= 1
            index = self._reachable(year, end)
            position += len(index)
            empty_years = 0 if index else _one_more(empty_years, end)
        return date.fromordinal(index[position])

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        return self.add_working_days(day, 1)

    def count(self, start: date, end: date) -> int:
        """Working days in (``start``, ``end``]: negative when ``end`` is earlier.

        ``count(a, c) == count(a, b) + count(b, c)`` for any three dates in any order.
        """
        if end < start:
            return -self.count(end, start)
        between = sum(len(self._working(year)) for year in range(start.year, end.year))
        return between + self._rank(end) - self._rank(start)

    def explain(self, start: date, n: int) -> tuple[Day, ...]:
        """Every date after ``start`` up to the ``n``-th working day, classified, in order."""
        due = self.add_working_days(start, n)
        return tuple(self.days(start, due))

    def days(self, start: date, end: date) -> Iterator[Day]:
        """The dates of (``start``, ``end``], classified, in order."""
        for ordinal in range(_ordinal(start) + 1, _ordinal(end) + 1):
            yield self.day(date.fromordinal(ordinal))

    def _rank(self, day: date) -> int:
        """Number of working days of its year up to and including ``day``."""
        return bisect_right(self._working(day.year), _ordinal(day))

    def _working(self, year: int) -> tuple[int, ...]:
        """Sorted ordinals of the working days of ``year``."""
        index = self._index.get(year)
        if index is None:
            index = _base_index(year)
            if said := self._by_year.get(year):
                kept = [ordinal for ordinal in index if ordinal not in said]
                index = tuple(sorted(kept + [day for day, worked in said.items() if worked]))
            self._index[year] = index
        return index

    def _reachable(self, year: int, origin: date) -> tuple[int, ...]:
        if not date.min.year <= year <= date.max.year:
            raise NoWorkingDay(f"the calendar ends before the working day counted from {origin}")
        return self._working(year)


def _check_step(n: int) -> None:
    if not 1 <= n <= MAX_STEP:
        raise ValueError(f"a number of working days from 1 to {MAX_STEP} is needed, not {n}")


def _one_more(empty_years: int, origin: date) -> int:
    """Count one more year without any working day; two in a row are a broken calendar."""
    if empty_years:
        raise NoWorkingDay(f"two years without a working day next to {origin}: check the overrides")
    return empty_years + 1
