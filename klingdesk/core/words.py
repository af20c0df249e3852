"""How near a day is, and how a stretch of time falls into parts: what words of time are made of.

Pure: no clock, no language. ``klingdesk.moments`` says it in the language that is active.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from enum import StrEnum

A_WEEK = 7
_TO_THE_SECOND = len("2026-11-25 18:00:00")


class Nearness(StrEnum):
    """What people call a day by: its relation to today, its weekday, its date, or its year too."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    TOMORROW = "tomorrow"
    WEEKDAY = "weekday"
    DATE = "date"
    YEAR = "year"


_NEIGHBOURS = {0: Nearness.TODAY, -1: Nearness.YESTERDAY, 1: Nearness.TOMORROW}


def nearness(day: date, today: date) -> Nearness:
    """By what ``day`` is called on ``today``.

    The weekday helps for the days around today and for what is still to come this year (a
    promise); the year is left out as long as nobody can take the date for another one.
    """
    distance = day.toordinal() - today.toordinal()
    if neighbour := _NEIGHBOURS.get(distance):
        return neighbour
    if abs(distance) < A_WEEK:
        return Nearness.WEEKDAY
    if day.year != today.year:
        return Nearness.YEAR
    return Nearness.WEEKDAY if distance > 0 else Nearness.DATE


def exact(instant: datetime, zone: tzinfo) -> str:
    """An instant (aware) without any room for doubt: 2026-11-25 18:00:00 +08:00."""
    if instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone: a naive datetime names no moment")
    words = instant.astimezone(zone).isoformat(" ", "seconds")
    return f"{words[:_TO_THE_SECOND]} {words[_TO_THE_SECOND:]}"


def hours_and_minutes(minutes: int) -> tuple[int, int]:
    """150 is (2, 30). ``ValueError`` for a negative number: that is no length of time."""
    if minutes < 0:
        raise ValueError(f"a length of time is never negative: {minutes}")
    return divmod(minutes, 60)
