"""Counting working days: oracle dates and the edges."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta

import pytest

from klingdesk.core.calendar import MAX_STEP, DayKind, NoWorkingDay, Override, WorkingCalendar

BARE = WorkingCalendar()


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        pytest.param("2026-02-13", 3, "2026-02-25", id="02-13: make-up 14, CNY 15-23, 24, 25"),
        pytest.param("2026-02-26", 3, "2026-03-02", id="02-26: 27, make-up 28, Sun 1, 2"),
        pytest.param("2026-04-29", 3, "2026-05-07", id="04-29: 30, Labour 1-5, 6, 7"),
        pytest.param("2026-09-18", 3, "2026-09-22", id="09-18: Sat 19, make-up 20, 21, 22"),
        pytest.param("2026-09-30", 3, "2026-10-10", id="09-30: National 1-7, 8, 9, make-up 10"),
        pytest.param("2026-06-03", 1, "2026-06-04", id="06-03: 4"),
        pytest.param("2026-06-05", 1, "2026-06-08", id="06-05: Sat 6, Sun 7, 8"),
        pytest.param("2025-12-31", 1, "2026-01-04", id="12-31: New Year 1-3, make-up 4"),
        pytest.param("2026-12-23", 3, "2026-12-28", id="12-23: 24, 25, Sat 26, Sun 27, 28"),
        pytest.param("2026-12-29", 3, "2027-01-04", id="12-29: 30, 31, fixed 1, Sat, Sun, 4"),
    ],
)
def test_oracle(start: str, n: int, due: str) -> None:
    first, last = date.fromisoformat(start), date.fromisoformat(due)
    assert BARE.add_working_days(first, n) == last
    assert BARE.subtract_working_days(last + timedelta(days=1), n) > first
    assert BARE.count(first, last) == n


def test_explain_lists_every_day_with_its_reason() -> None:
    days = BARE.explain(date(2026, 9, 18), 3)
    assert [(day.date.day, day.why) for day in days] == [
        (19, DayKind.WEEKEND),
        (20, DayKind.MAKE_UP),
        (21, DayKind.WORKDAY),
        (22, DayKind.WORKDAY),
    ]
    assert days[1].name == "National Day"


def test_next_working_day_over_a_long_holiday() -> None:
    assert BARE.next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)


def test_subtract_over_a_long_holiday_and_a_year_end() -> None:
    assert BARE.subtract_working_days(date(2026, 10, 8), 1) == date(2026, 9, 30)
    assert BARE.subtract_working_days(date(2026, 1, 4), 1) == date(2025, 12, 31)


def test_overrides_move_the_due_date_both_ways() -> None:
    typhoon = WorkingCalendar({date(2026, 9, 21): Override(False, "typhoon")})
    opened = WorkingCalendar({date(2026, 9, 19): Override(True, "open")})
    assert typhoon.add_working_days(date(2026, 9, 18), 3) == date(2026, 9, 23)
    assert opened.add_working_days(date(2026, 9, 18), 3) == date(2026, 9, 21)


def test_loading_a_notice_moves_a_provisional_date() -> None:
    notice = {
        date(2027, 1, 4): Override(False, "New Year's Day"),
        date(2026, 12, 27): Override(True, "make-up"),
    }
    loaded = WorkingCalendar(notice, covered_years=frozenset({2027}))
    start = date(2026, 12, 24)
    assert BARE.add_working_days(start, 3) == date(2026, 12, 29)  # 25, 28, 29
    assert loaded.add_working_days(start, 3) == date(2026, 12, 28)  # 25, make-up 27, 28
    assert loaded.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 5)  # rest 1-4, 5
    assert any(day.provisional for day in BARE.explain(start, 3))
    assert not any(day.provisional for day in loaded.explain(start, 3))


class TestNoWorkingDay:
    def closed(self, *years: int) -> WorkingCalendar:
        return WorkingCalendar(
            {
                date(year, 1, 1) + timedelta(days=n): Override(False, "closed for good")
                for year in years
                for n in range(366)
            }
        )

    def test_two_closed_years_are_an_error_in_both_directions(self) -> None:
        calendar = self.closed(2028, 2029, 2030)
        with pytest.raises(NoWorkingDay, match="2027-12-31"):
            calendar.add_working_days(date(2027, 12, 31), 1)
        with pytest.raises(NoWorkingDay, match="2031-01-01"):
            calendar.subtract_working_days(date(2031, 1, 1), 1)

    def test_one_closed_year_is_stepped_over(self) -> None:
        calendar = self.closed(2028)
        assert calendar.add_working_days(date(2027, 12, 31), 1) == date(2029, 1, 2)
        assert calendar.subtract_working_days(date(2029, 1, 2), 1) == date(2027, 12, 31)

    def test_the_ends_of_time(self) -> None:
        with pytest.raises(NoWorkingDay):
            BARE.add_working_days(date.max, 1)
        with pytest.raises(NoWorkingDay):
            BARE.subtract_working_days(date.min, 1)
        assert BARE.day(date.max).provisional


@pytest.mark.parametrize("n", [0, -1, MAX_STEP + 1])
def test_a_number_of_days_out_of_bounds_is_refused(n: int) -> None:
    for count in (BARE.add_working_days, BARE.subtract_working_days, BARE.explain):
        with pytest.raises(ValueError, match=str(n)):
            count(date(2026, 1, 5), n)


def test_the_longest_step_is_exact() -> None:
    start = date(2026, 1, 5)
    assert BARE.count(start, BARE.add_working_days(start, MAX_STEP)) == MAX_STEP


def test_a_datetime_is_refused_because_its_day_depends_on_its_zone() -> None:
    late = datetime(2026, 6, 3, 17, tzinfo=UTC)  # already 4 June in Shanghai
    for call in (
        lambda: BARE.add_working_days(late, 1),
        lambda: BARE.subtract_working_days(late, 1),
        lambda: BARE.is_working(late),
        lambda: BARE.day(late),
        lambda: BARE.count(late, late),
        lambda: WorkingCalendar({late: Override(True)}),
    ):
        with pytest.raises(TypeError, match="zone"):
            call()


class TestValue:
    """A calendar is a value: it can be shared, compared, kept in a cache."""

    OVERRIDES = {date(2026, 9, 21): Override(False, "typhoon")}

    def test_later_changes_of_the_source_do_not_reach_it(self) -> None:
        source = dict(self.OVERRIDES)
        calendar = WorkingCalendar(source)
        source.clear()
        assert not calendar.is_working(date(2026, 9, 21))
        assert calendar.day(date(2026, 9, 21)).why is DayKind.OVERRIDE_REST

    def test_nothing_can_be_written_to_it(self) -> None:
        calendar = WorkingCalendar(self.OVERRIDES)
        with pytest.raises(TypeError):
            calendar.overrides[date(2026, 1, 5)] = Override(False)  # type: ignore[index]
        with pytest.raises(FrozenInstanceError):
            calendar.overrides[date(2026, 9, 21)].is_working = True  # type: ignore[misc]
        with pytest.raises(AttributeError):
            calendar.covered_years = frozenset({2027})  # type: ignore[misc]

    def test_equal_content_is_equal_and_hashes_alike(self) -> None:
        one, other = WorkingCalendar(self.OVERRIDES), WorkingCalendar(dict(self.OVERRIDES))
        other.is_working(date(2026, 9, 21))  # a filled memo is no difference
        assert one == other
        assert hash(one) == hash(other)
        assert one != WorkingCalendar()
        assert one != WorkingCalendar(self.OVERRIDES, frozenset({2027}))
        assert one != self.OVERRIDES

    def test_it_survives_a_cache(self) -> None:
        calendar = WorkingCalendar(self.OVERRIDES, frozenset({2027}))
        back = pickle.loads(pickle.dumps(calendar))  # noqa: S301 - written one line above
        assert back == calendar
        assert back.add_working_days(date(2026, 9, 18), 3) == date(2026, 9, 23)

    def test_calendars_do_not_leak_into_each_other(self) -> None:
        WorkingCalendar(self.OVERRIDES).is_working(date(2026, 9, 21))
        assert WorkingCalendar().is_working(date(2026, 9, 21))
