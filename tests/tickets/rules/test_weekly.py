"""When the weekly report goes out, and of which weeks it tells."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules.sla import ZONE
from tickets.rules.weekly import is_due, monday_of, weeks_told

CALENDAR = WorkingCalendar()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-09T08:59:59", False),  # a Monday
        ("2026-03-09T09:00:00", True),
        ("2026-03-11T23:00:00", True),  # missed until Wednesday
        ("2026-03-07T10:00:00", False),  # a Saturday
        ("2026-02-16T10:00:00", False),  # Spring Festival
        ("2026-02-14T10:00:00", True),  # a make-up Saturday
    ],
)
def test_on_working_days_from_nine_on(now: str, due: bool) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZONE)
    assert is_due(at, calendar=CALENDAR) is due


def test_last_week_from_monday_to_sunday() -> None:
    told = weeks_told(date(2026, 3, 9), calendar=CALENDAR)
    assert told == (date(2026, 3, 2), date(2026, 3, 8))


def test_a_week_in_which_nobody_worked_is_told_with_the_one_before() -> None:
    assert not any(CALENDAR.is_working(date(2026, 2, 16) + timedelta(days=day)) for day in range(7))
    told = weeks_told(date(2026, 2, 23), calendar=CALENDAR)
    assert told == (date(2026, 2, 9), date(2026, 2, 22))


@given(st.dates(date(2010, 1, 1), date(2026, 11, 30)))
def test_whole_weeks_without_a_gap_between_reports(day: date) -> None:
    """Every week is told exactly once: by the report of the next week in which anybody works."""
    monday = monday_of(day)
    first, last = weeks_told(monday, calendar=CALENDAR)
    assert (first.weekday(), last) == (0, monday - timedelta(days=1))
    week = timedelta(days=7)
    while first + week < monday:
        assert not any(
            CALENDAR.is_working(first + week + timedelta(days=number)) for number in range(7)
        )
        first += week
