"""What a date is in mainland China: workday, weekend, holiday, make-up workday.

Three sources, the first that knows the date decides:

1. overrides the desk itself made (``Override``),
2. the State Council's yearly holiday notices as published by *chinesecalendar*, make-up
   workdays included (``library_years``),
3. Monday to Friday less the statutory days whose date never moves (Regulation on Public
   Holidays for National Annual Festivals and Memorial Days, in force since 1 January 2025,
   art. 2: 1 January, 1-2 May, 1-3 October).

This module knows sources 2 and 3; ``klingdesk.core.calendar`` puts the overrides on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from chinese_calendar import constants  # type: ignore[import-untyped]

_FIXED_DAYS: Mapping[tuple[int, int], str] = {
    (1, 1): "New Year's Day",
    (5, 1): "Labour Day",
    (5, 2): "Labour Day",
    (10, 1): "National Day",
    (10, 2): "National Day",
    (10, 3): "National Day",
}
_SATURDAY = 5


class DayKind(StrEnum):
    """Why a date is or is not a working day."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    OVERRIDE_WORKING = "override_working"
    OVERRIDE_REST = "override_rest"
    FIXED_HOLIDAY = "fixed_holiday"

    @property
    def working(self) -> bool:
        """True for the three kinds on which the desk works."""
        return self in _WORKING_KINDS


_WORKING_KINDS = frozenset({DayKind.WORKDAY, DayKind.MAKE_UP, DayKind.OVERRIDE_WORKING})


@dataclass(frozen=True, slots=True)
class Override:
    """The desk's own word on one date; ``reason`` is shown wherever the date is explained."""

    is_working: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One date, classified.

    ``name`` is the English name of the holiday behind a holiday or a make-up workday (usable as
    a message id), or the reason of the override, or empty.
    """

    date: date
    working: bool
    why: DayKind
    name: str
    provisional: bool


@cache
def library_years() -> frozenset[int]:
    """Years that the holiday library holds completely.

    A year counts when both its first and its last long holiday are there, so a library release
    with only the New Year days of the coming year does not pass for a notice.
    """
    seen: dict[str, set[int]] = {"Spring Festival": set(), "National Day": set()}
    for day, name in constants.holidays.items():
        if name in seen:
            seen[name].add(day.year)
    return frozenset(seen["Spring Festival"] & seen["National Day"])


def classify(day: date) -> tuple[DayKind, str]:
    """Kind and name of a date without overrides."""
    if day.year in library_years():
        if day in constants.workdays:
            return DayKind.MAKE_UP, str(constants.workdays[day])
        if day in constants.holidays:
            return DayKind.HOLIDAY, str(constants.holidays[day])
    elif name := _FIXED_DAYS.get((day.month, day.day)):
        return DayKind.FIXED_HOLIDAY, name
    return (DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WORKDAY), ""
