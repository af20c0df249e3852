"""Months as tables of weeks from Monday on: for the calendar and for pictures of a promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from django.utils import dateformat
from django.utils.translation import pgettext

from klingdesk.moments import weekday_words

Cell = TypeVar("Cell")


@dataclass(frozen=True, slots=True)
class Month(Generic[Cell]):
    """``weeks`` have seven entries each; None lies in another month, or is not asked for."""

    title: str
    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]


def weekday_heads() -> list[str]:
    """Monday to Sunday, short."""
    monday = date(2024, 1, 1)
    return [weekday_words(monday + timedelta(days=n)) for n in range(7)]


def months_between(
    first: date, last: date, cell: Callable[[date], Cell], *, whole: bool = True
) -> list[Month[Cell]]:
    """The months from ``first`` to ``last``; without ``whole`` only the weeks between them."""
    months = []
    start = first.replace(day=1)
    while start <= last:
        following = (start + timedelta(days=32)).replace(day=1)
        end = following - timedelta(days=1)
        begin, stop = (start, end) if whole else (max(start, first), min(end, last))
        months.append(Month(_title(start), start, _weeks(start, end, begin, stop, cell)))
        start = following
    return months


def _title(first: date) -> str:
    return dateformat.format(first, pgettext("month of a calendar", "F Y"))


def _weeks(
    start: date, end: date, begin: date, stop: date, cell: Callable[[date], Cell]
) -> tuple[tuple[Cell | None, ...], ...]:
    weeks = []
    monday = begin - timedelta(days=begin.weekday())
    while monday <= stop:
        days = (monday + timedelta(days=n) for n in range(7))
        weeks.append(tuple(cell(day) if start <= day <= end else None for day in days))
        monday += timedelta(days=7)
    return tuple(weeks)
