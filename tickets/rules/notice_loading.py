"""What loading a yearly notice makes of the calendar, day by day, before it is done.

Days of a notice that was loaded before go when the new one does not speak of them. Days that the
desk has corrected by hand win over the notice unless the manager wants it the other way round;
which ones those are is told by what the former notice says: an override that says the same came
from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from klingdesk.core.calendar import Day, Override, WorkingCalendar
from klingdesk.core.days import DayKind, library_years
from tickets.rules.holiday_notice import NoticeDay, looks_like_table, read_notice, read_table

MAKE_UP = "调休上班"
DAY_OFF = "放假"
"""Reasons where a table gives none; texts of the calendar are Chinese, like the notices."""

_SATURDAY = 5


class DayOrigin(StrEnum):
    """Who says what a day is."""

    CORRECTION = "correction"
    NOTICE = "notice"
    LIBRARY = "library"
    RULE = "rule"


class LineKind(StrEnum):
    """What becomes of a day when the notice is loaded."""

    CHANGES = "changes"
    SAME = "same"
    CORRECTION = "correction"
    """A correction made by hand stays, against the notice or beside it."""
    TAKEN_BACK = "taken_back"
    """The former notice spoke of the day, this one does not."""
    UNMENTIONED = "unmentioned"
    """No plain day, although the notice says nothing about it."""


@dataclass(frozen=True, slots=True)
class LoadedDay:
    """``said`` is the notice's own word; None where it says nothing."""

    date: date
    kind: LineKind
    before: Day
    after: Day
    said: Override | None


@dataclass(frozen=True, slots=True)
class Loading:
    """``overrides`` are what the calendar is to be changed by; ``days`` what to look at."""

    overrides: Mapping[date, Override | None]
    days: tuple[LoadedDay, ...]

    @property
    def disputed(self) -> int:
        """Days on which the notice and a correction do not agree."""
        return sum(
            day.kind is LineKind.CORRECTION
            and day.said is not None
            and day.said.is_working is not day.after.working
            for day in self.days
        )


def overrides_of(days: Mapping[date, NoticeDay]) -> dict[date, Override]:
    """The days of a notice as they stand in the calendar, with the reason that is shown there."""
    return {day: Override(said.is_working, _reason(said)) for day, said in days.items()}


def _reason(said: NoticeDay) -> str:
    if said.is_working:
        return said.reason if MAKE_UP in said.reason else f"{said.reason}{MAKE_UP}"
    return said.reason or DAY_OFF


def days_of_text(text: str, *, year: int) -> dict[date, Override]:
    """The days of the notice that was loaded for ``year``; none when it was loaded without text."""
    if not text.strip():
        return {}
    read = read_table if looks_like_table(text) else read_notice
    return overrides_of(read(text, year=year).days)


def loading(
    *,
    year: int,
    notice: Mapping[date, Override] | None,
    former: Mapping[date, Override],
    calendar: WorkingCalendar,
    corrections_win: bool = True,
) -> Loading:
    """What ``notice`` makes of ``calendar``; None takes the ``former`` notice of the year back."""
    said = notice or {}
    present = calendar.overrides
    corrected = {day for day, override in present.items() if former.get(day) != override}
    overrides: dict[date, Override | None] = {
        day: override
        for day, override in said.items()
        if day not in corrected or not corrections_win
    }
    gone = {day for day in former if day in present and day not in corrected and day not in said}
    overrides |= dict.fromkeys(gone)
    merged = {day: kept for day, kept in {**present, **overrides}.items() if kept is not None}
    known = calendar.covered_years - {year} if notice is None else calendar.covered_years | {year}
    after = WorkingCalendar(merged, frozenset(known))
    kept_days = {day for day in corrected if day.year == year or day in said}
    shown = {*said, *gone, *kept_days, *_silent(year, after, said)}
    days = []
    for day in sorted(shown):
        kept = (day in corrected and corrections_win) or (day in corrected and day not in said)
        kind = _kind(day, kept=kept, gone=gone, said=said, calendar=calendar, after=after)
        days.append(LoadedDay(day, kind, calendar.day(day), after.day(day), said.get(day)))
    return Loading(overrides, tuple(days))


def _kind(
    day: date,
    *,
    kept: bool,
    gone: set[date],
    said: Mapping[date, Override],
    calendar: WorkingCalendar,
    after: WorkingCalendar,
) -> LineKind:
    if kept:
        return LineKind.CORRECTION
    if day in gone:
        return LineKind.TAKEN_BACK
    if day not in said:
        return LineKind.UNMENTIONED
    same = calendar.is_working(day) is after.is_working(day)
    return LineKind.SAME if same else LineKind.CHANGES


def _silent(year: int, after: WorkingCalendar, said: Mapping[date, Override]) -> list[date]:
    """Days that are no plain ones by the library or by rule, and that nobody speaks of."""
    first = date(year, 1, 1)
    found = []
    for offset in range((date(year + 1, 1, 1) - first).days):
        day = first + timedelta(days=offset)
        is_plain = after.is_working(day) is (day.weekday() < _SATURDAY)
        if day not in said and day not in after.overrides and not is_plain:
            found.append(day)
    return found


def origin_of(
    day: date, *, calendar: WorkingCalendar, notices: Mapping[date, Override]
) -> DayOrigin:
    """Who says what ``day`` is; ``notices`` are the days of all loaded notices."""
    override = calendar.overrides.get(day)
    if override is not None:
        return DayOrigin.NOTICE if notices.get(day) == override else DayOrigin.CORRECTION
    if day.year in library_years():
        return DayOrigin.LIBRARY
    is_ruled = calendar.day(day).why is DayKind.FIXED_HOLIDAY
    if day.year in calendar.covered_years and not is_ruled:
        return DayOrigin.NOTICE
    return DayOrigin.RULE
