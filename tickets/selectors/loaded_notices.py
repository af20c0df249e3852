"""The holiday notices that have been loaded, and the tickets that wait for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min
from django.utils import timezone

from klingdesk.core.calendar import Override, WorkingCalendar
from tickets.models import CalendarOverride, CalendarYear, Clock
from tickets.rules.notice_loading import days_of_text

_LAST_WEEK = (12, 25)
"""From this day of December on, the notice of the year after may change a day."""


@dataclass(frozen=True, slots=True)
class LoadedCalendar:
    """The calendar of now and where its days come from."""

    calendar: WorkingCalendar
    years: Mapping[int, CalendarYear]
    notices: Mapping[date, Override]

    def notice_of(self, year: int) -> Mapping[date, Override]:
        """The days of the notice that was loaded for ``year``."""
        row = self.years.get(year)
        return days_of_text(row.notice, year=year) if row is not None else {}


def loaded_calendar() -> LoadedCalendar:
    """As ``working_calendar``, with the loaded years and what their notices say (two queries)."""
    rows = CalendarYear.objects.select_related("loaded_by").order_by("year")
    years = {row.year: row for row in rows}
    overrides = {
        row.date: Override(is_working=row.is_working, reason=row.reason)
        for row in CalendarOverride.objects.all()
    }
    notices: dict[date, Override] = {}
    for row in years.values():
        notices |= days_of_text(row.notice, year=row.year)
    return LoadedCalendar(WorkingCalendar(overrides, frozenset(years)), years, notices)


@dataclass(frozen=True, slots=True)
class ProvisionalTickets:
    """Open tickets with a provisional due date, and the years whose notices would settle them."""

    count: int
    years: tuple[int, ...]

    @property
    def year(self) -> int:
        """The first of the years: the one to be loaded next."""
        return self.years[0]


def provisional_tickets() -> ProvisionalTickets | None:
    """None when no due date is provisional, or when all that were wait for their recount only.

    One query over an index of provisional clocks alone; a second one when there are any.
    """
    found = Clock.objects.filter(stopped_at=None, provisional=True).aggregate(
        count=Count("ticket", distinct=True), first=Min("due_at"), last=Max("due_at")
    )
    if not found["count"]:
        return None
    loaded = CalendarYear.objects.values_list("year", flat=True)
    years = missing_years((found["first"], found["last"]), loaded=loaded)
    return ProvisionalTickets(found["count"], years) if years else None


def missing_years(dues: Iterable[datetime], *, loaded: Iterable[int]) -> tuple[int, ...]:
    """The years that due instants depend on and that nobody knows yet, in order."""
    calendar = WorkingCalendar(covered_years=frozenset(loaded))
    wanted = set()
    for due in dues:
        day = timezone.localdate(due)
        wanted.add(day.year)
        if (day.month, day.day) >= _LAST_WEEK:
            wanted.add(day.year + 1)
    return tuple(sorted(year for year in wanted if not calendar.is_known(year)))
