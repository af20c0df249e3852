"""When the weekly report is due, and which weeks it tells of."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from klingdesk.core.calendar import WorkingCalendar

AT: Final = time(9)
_WEEK = timedelta(days=7)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def is_due(now: datetime, *, calendar: WorkingCalendar) -> bool:
    """Whether the report of this week may go out at ``now`` (aware, local): on working days from
    nine o'clock on. The first such moment of a week is that of its first working day."""
    return calendar.is_working(now.date()) and now.time() >= AT


def weeks_told(monday: date, *, calendar: WorkingCalendar) -> tuple[date, date]:
    """First and last day of what the report of the week of ``monday`` tells: the week before, and
    the weeks before that in which nobody worked and no report was sent after.

    ``NoWorkingDay`` when the calendar has no working day before.
    """
    last_worked = calendar.subtract_working_days(monday, 1)
    return monday_of(last_worked), monday - timedelta(days=1)
