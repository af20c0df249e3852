"""The ranges of the ages against counting day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import NoWorkingDay, Override, WorkingCalendar
from tickets.reports.ages import BANDS, Range, hand_over_ranges

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = st.dates(date(2025, 1, 1), date(2027, 3, 1))


def inside(at: datetime, bounds: Range) -> bool:
    since, until = bounds
    return (since is None or at >= since) and (until is None or at < until)


@given(
    today=DAYS,
    back=st.integers(0, 40),
    second=st.integers(0, 86_399),
    turned=st.dictionaries(DAYS, st.booleans(), max_size=20),
)
def test_every_instant_has_the_one_age_that_a_loop_counts(
    today: date, back: int, second: int, turned: dict[date, bool]
) -> None:
    calendar = WorkingCalendar({day: Override(working) for day, working in turned.items()})
    at = datetime.combine(today - timedelta(days=back), datetime.min.time(), SHANGHAI)
    at += timedelta(seconds=second)
    day, age = at.date(), 0
    while day < today:
        day += timedelta(days=1)
        age += calendar.is_working(day)
    ranges = hand_over_ranges(today, calendar)
    found = [band for band in BANDS if inside(at, ranges[band.code])]
    assert len(found) == 1
    assert found[0].least <= age
    assert found[0].most is None or age <= found[0].most


def test_a_ticket_of_friday_is_0_days_old_until_monday_begins() -> None:
    calendar = WorkingCalendar()
    friday = datetime(2026, 3, 6, 15, 0, tzinfo=SHANGHAI)
    assert inside(friday, hand_over_ranges(date(2026, 3, 6), calendar)["0"])
    assert inside(friday, hand_over_ranges(date(2026, 3, 8), calendar)["0"])
    assert inside(friday, hand_over_ranges(date(2026, 3, 9), calendar)["1"])


def test_a_make_up_saturday_makes_older_and_a_holiday_does_not() -> None:
    calendar = WorkingCalendar()
    friday = datetime(2026, 2, 13, 15, 0, tzinfo=SHANGHAI)
    assert inside(friday, hand_over_ranges(date(2026, 2, 14), calendar)["1"])
    assert inside(friday, hand_over_ranges(date(2026, 2, 23), calendar)["1"])
    assert inside(friday, hand_over_ranges(date(2026, 2, 24), calendar)["2"])


def test_a_calendar_without_working_days_is_an_error_and_no_endless_loop() -> None:
    days = (date(2024, 1, 1) + timedelta(days=n) for n in range(366 * 3))
    calendar = WorkingCalendar({day: Override(is_working=False) for day in days})
    with pytest.raises(NoWorkingDay):
        hand_over_ranges(date(2026, 6, 1), calendar)
