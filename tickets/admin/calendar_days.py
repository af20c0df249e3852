"""A day of the calendar as managers see it: a mark, words, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klingdesk.core.calendar import Day
from klingdesk.moments import date_words
from tickets.admin.month_grid import Month, months_between
from tickets.admin.words import reason_words
from tickets.rules.notice_loading import DayOrigin, origin_of
from tickets.selectors.loaded_notices import LoadedCalendar

_SATURDAY = 5


class Look(StrEnum):
    """How a day is drawn."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """``mark`` and ``flags`` tell without colour what ``look`` tells with it."""

    date: date
    look: Look
    mark: str
    corrected: bool
    provisional: bool
    today: bool
    words: str
    url: str


def look_of(day: Day) -> Look:
    if day.working:
        return Look.MAKE_UP if day.date.weekday() >= _SATURDAY else Look.WORKING
    is_plain = day.why.value == "weekend"
    return Look.WEEKEND if is_plain else Look.HOLIDAY


def mark_of(look: Look) -> str:
    match look:
        case Look.WEEKEND:
            return pgettext("mark of a weekend day", "W")
        case Look.HOLIDAY:
            return pgettext("mark of a holiday", "H")
        case Look.MAKE_UP:
            return pgettext("mark of a make-up workday", "M")
        case Look.WORKING:
            return ""


def look_words(look: Look) -> str:
    match look:
        case Look.WEEKEND:
            return _("weekend")
        case Look.HOLIDAY:
            return _("holiday")
        case Look.MAKE_UP:
            return _("make-up workday")
        case Look.WORKING:
            return _("working day")


def origin_words(origin: DayOrigin) -> str:
    match origin:
        case DayOrigin.CORRECTION:
            return _("correction by the desk")
        case DayOrigin.NOTICE:
            return _("loaded holiday notice")
        case DayOrigin.LIBRARY:
            return _("holiday library")
        case DayOrigin.RULE:
            return _("rule: Monday to Friday less the fixed holidays")


def day_in_words(day: Day) -> str:
    """What the day is and why: "holiday (National Day)"; a reason that says the same once."""
    look = look_of(day)
    kind, reason = look_words(look), reason_words(day.why.value, day.name)
    if reason in {kind, ""}:
        return kind
    return _("%(kind)s (%(reason)s)") % {"kind": kind, "reason": reason}


def year_months(loaded: LoadedCalendar, year: int, *, today: date) -> list[Month[CalendarCell]]:
    """The twelve months of a year."""

    first = date(year, 1, 1)
    pages = reverse("admin:calendar_day", args=[first.isoformat()])

    def cell(day: date) -> CalendarCell:
        url = pages.replace(first.isoformat(), day.isoformat())
        return _cell(loaded, day, today, url)

    return months_between(first, date(year, 12, 31), cell)


def _cell(loaded: LoadedCalendar, day: date, today: date, url: str) -> CalendarCell:
    said = loaded.calendar.day(day)
    look = look_of(said)
    origin = origin_of(day, calendar=loaded.calendar, notices=loaded.notices)
    parts = [date_words(day), day_in_words(said), origin_words(origin)]
    if said.provisional:
        parts.append(_("provisional"))
    return CalendarCell(
        date=day,
        look=look,
        mark=mark_of(look),
        corrected=origin is DayOrigin.CORRECTION,
        provisional=said.provisional,
        today=day == today,
        words=pgettext("between the parts of a list", ", ").join(parts),
        url=url,
    )


@dataclass(frozen=True, slots=True)
class YearNumbers:
    """What a year comes to."""

    working: int
    make_up: int
    holidays: int
    corrected: int
    provisional: int


def year_numbers(months: list[Month[CalendarCell]]) -> YearNumbers:
    cells = [cell for month in months for week in month.weeks for cell in week if cell]
    return YearNumbers(
        working=sum(cell.look in {Look.WORKING, Look.MAKE_UP} for cell in cells),
        make_up=sum(cell.look is Look.MAKE_UP for cell in cells),
        holidays=sum(cell.look is Look.HOLIDAY for cell in cells),
        corrected=sum(cell.corrected for cell in cells),
        provisional=sum(cell.provisional for cell in cells),
    )


def neighbours(day: date) -> tuple[date, date]:
    """The day before and the day after."""
    return day - timedelta(days=1), day + timedelta(days=1)
