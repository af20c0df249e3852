"""Ages of open tickets in working days, as ranges of the instant of their hand-over.

An age counts as the promise does: the day of the hand-over is not counted, so a ticket handed over
on Friday is 0 working days old until the following Monday begins, and 1 on that Monday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from klingdesk.core.calendar import WorkingCalendar
from tickets.reports.period import start_of


@dataclass(frozen=True, slots=True)
class Band:
    """Ages from ``least`` to ``most`` working days; ``most`` None: and everything older."""

    code: str
    least: int
    most: int | None


BANDS = (
    Band("0", 0, 0),
    Band("1", 1, 1),
    Band("2", 2, 2),
    Band("3", 3, 3),
    Band("4_5", 4, 5),
    Band("over_5", 6, None),
)

Range = tuple[datetime | None, datetime | None]
"""At or after the first, before the second; None: no such bound."""


def hand_over_ranges(today: date, calendar: WorkingCalendar) -> dict[str, Range]:
    """For each band the instants of hand-over that give such an age on ``today``.

    The ranges follow one another without gap or overlap. ``NoWorkingDay`` when the calendar has
    too few working days.
    """
    return {
        band.code: (
            None if band.most is None else _younger_than(today, band.most + 1, calendar),
            None if band.least == 0 else _younger_than(today, band.least, calendar),
        )
        for band in BANDS
    }


def _younger_than(today: date, age: int, calendar: WorkingCalendar) -> datetime:
    """From this instant on a hand-over is less than ``age`` (>= 1) working days old.

    That is the beginning of the ``age``-th latest working day, today included: whatever was handed
    over before that day has seen ``age`` of them begin.
    """
    return start_of(calendar.subtract_working_days(today + timedelta(days=1), age))
