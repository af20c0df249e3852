"""The period of a report: whole days in Shanghai, read from what somebody typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.rules.sla import ZONE

MOST_DAYS = 731
"""Two years, one of them a leap year: more than that in one table is a typing error."""

DEFAULT_DAYS = 30
_YEARS = range(2000, 2101)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included; ``first`` is never the later one."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("a period cannot end before it begins")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first instant that belongs to the period."""
        return start_of(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first instant that does not belong to it any more."""
        return start_of(self.last + _ONE_DAY)


def start_of(day: date) -> datetime:
    """Midnight in Shanghai, where every day of a report begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)


def today_at(now: datetime) -> date:
    """The Shanghai date of an aware instant."""
    return now.astimezone(ZONE).date()


def last_days(today: date, days: int = DEFAULT_DAYS) -> Period:
    """``days`` days that end with ``today``."""
    return Period(today - timedelta(days=days - 1), today)


def this_week(today: date) -> Period:
    """Monday to today."""
    return Period(today - timedelta(days=today.weekday()), today)


def this_month(today: date) -> Period:
    """The first of the month to today."""
    return Period(today.replace(day=1), today)


PRESETS: tuple[tuple[Any, Callable[[date], Period]], ...] = (
    (_("This week"), this_week),
    (_("This month"), this_month),
    (_("Last 30 days"), last_days),
)


def read_period(first: str, last: str, *, today: date) -> Period:
    """The period between two dates as they were typed (2026-03-31).

    Both empty: the last 30 days. Only one: up to today, or the 30 days that end with it.
    ``Invalid`` names the fields ``from`` and ``to``.
    """
    errors: dict[str, list[Any]] = {}
    begins, ends = _read("from", first, errors), _read("to", last, errors)
    if not errors:
        ends = ends or (max(today, begins) if begins else today)
        begins = begins or last_days(ends).first
        if begins > ends:
            errors["from"] = [_("The first day lies after the last day.")]
        elif (ends - begins).days >= MOST_DAYS:
            errors["from"] = [_("At most two years can be counted at once.")]
        else:
            return Period(begins, ends)
    raise Invalid(_("The period cannot be counted."), fields=errors)


def _read(name: str, text: str, errors: dict[str, list[Any]]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        errors[name] = [_("Write a date of the calendar like 2026-03-31.")]
    elif day.year not in _YEARS:
        errors[name] = [_("The year must be from 2000 to 2100.")]
    else:
        return day
    return None
