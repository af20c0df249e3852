"""What a day is called, and how exact an exact value is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.words import A_WEEK, Nearness, exact, hours_and_minutes, nearness

SHANGHAI = ZoneInfo("Asia/Shanghai")
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "called"),
    [
        ("2026-11-22", Nearness.TODAY),
        ("2026-11-21", Nearness.YESTERDAY),
        ("2026-11-23", Nearness.TOMORROW),
        ("2026-11-20", Nearness.WEEKDAY),
        ("2026-11-16", Nearness.WEEKDAY),
        ("2026-11-15", Nearness.DATE),
        ("2026-12-31", Nearness.WEEKDAY),
        ("2027-01-04", Nearness.YEAR),
        ("2025-11-22", Nearness.YEAR),
    ],
)
def test_what_a_day_is_called(day: str, called: Nearness) -> None:
    assert nearness(date.fromisoformat(day), date(2026, 11, 22)) is called


@given(days, days)
def test_no_two_days_are_called_the_same(day: date, today: date) -> None:
    """A name without a year is never that of a day which only a year could tell apart."""
    called, distance = nearness(day, today), (day - today).days
    if called in (Nearness.WEEKDAY, Nearness.DATE):
        assert day.year == today.year or abs(distance) < A_WEEK
    elif called is Nearness.YEAR:
        assert day.year != today.year
        assert abs(distance) >= A_WEEK
    else:
        assert abs(distance) <= 1


@given(st.integers(946_684_800, 4_070_908_800), st.integers(-12, 14))
def test_the_exact_value_names_the_same_second_from_any_zone(stamp: int, hours: int) -> None:
    instant = datetime.fromtimestamp(stamp, UTC)
    words = exact(instant.astimezone(ZoneInfo(f"Etc/GMT{-hours:+d}")), SHANGHAI)
    assert words == exact(instant, SHANGHAI)
    assert datetime.fromisoformat(words.replace(" +", "+")) == instant


def test_the_exact_value() -> None:
    assert exact(datetime(2026, 11, 25, 10, 0, 7, 9, UTC), SHANGHAI) == "2026-11-25 18:00:07 +08:00"
    assert exact(datetime(2026, 1, 5, 17, tzinfo=UTC), UTC) == "2026-01-05 17:00:00 +00:00"
    with pytest.raises(ValueError, match="names no moment"):
        exact(datetime(2026, 11, 25, 18), SHANGHAI)  # noqa: DTZ001 - that is the point


@given(st.integers(0, 10**6))
def test_hours_and_minutes_add_up(minutes: int) -> None:
    hours, rest = hours_and_minutes(minutes)
    assert timedelta(hours=hours, minutes=rest) == timedelta(minutes=minutes)
    assert 0 <= rest < 60


def test_a_length_of_time_is_never_negative() -> None:
    with pytest.raises(ValueError, match="never negative"):
        hours_and_minutes(-1)
