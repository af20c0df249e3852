"""What a single date is, and from which source that is known."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest
from chinese_calendar import constants

from klingdesk.core.calendar import DayKind, Override, WorkingCalendar
from klingdesk.core.days import library_years

BARE = WorkingCalendar()
ALL_LIBRARY_DATES = [
    date(2004, 1, 1) + timedelta(days=n)
    for n in range((date(2026, 12, 31) - date(2004, 1, 1)).days + 1)
]


@pytest.mark.parametrize(
    ("day", "why", "name"),
    [
        (date(2026, 9, 21), DayKind.WORKDAY, ""),
        (date(2026, 9, 19), DayKind.WEEKEND, ""),
        (date(2026, 2, 14), DayKind.MAKE_UP, "Spring Festival"),
        (date(2026, 2, 18), DayKind.HOLIDAY, "Spring Festival"),
        (date(2026, 10, 4), DayKind.HOLIDAY, "National Day"),  # a Sunday: the holiday names it
        (date(2015, 9, 3), DayKind.HOLIDAY, "Anti-Fascist 70th Day"),
        (date(2031, 5, 2), DayKind.FIXED_HOLIDAY, "Labour Day"),
        (date(2031, 5, 5), DayKind.WORKDAY, ""),
        (date(2031, 5, 4), DayKind.WEEKEND, ""),
    ],
    ids=lambda value: str(value) or "unnamed",
)
def test_kind_and_name(day: date, why: DayKind, name: str) -> None:
    found = BARE.day(day)
    assert (found.why, found.name, found.working) == (why, name, why.working)


@pytest.mark.parametrize(
    ("why", "working"),
    [
        (DayKind.WORKDAY, True),
        (DayKind.WEEKEND, False),
        (DayKind.HOLIDAY, False),
        (DayKind.MAKE_UP, True),
        (DayKind.OVERRIDE_WORKING, True),
        (DayKind.OVERRIDE_REST, False),
        (DayKind.FIXED_HOLIDAY, False),
    ],
)
def test_every_kind_is_worked_or_not(why: DayKind, working: bool) -> None:
    assert why.working is working


def test_an_override_wins_over_the_library_and_gives_its_reason() -> None:
    calendar = WorkingCalendar(
        {
            date(2026, 9, 21): Override(False, "typhoon"),
            date(2026, 9, 19): Override(True, "stocktaking"),
        }
    )
    closed, opened = calendar.day(date(2026, 9, 21)), calendar.day(date(2026, 9, 19))
    assert (closed.working, closed.why, closed.name) == (False, DayKind.OVERRIDE_REST, "typhoon")
    assert (opened.working, opened.why) == (True, DayKind.OVERRIDE_WORKING)
    assert opened.name == "stocktaking"
    assert not calendar.is_working(date(2026, 9, 21))
    assert calendar.is_working(date(2026, 9, 19))


def test_an_override_that_repeats_the_library_keeps_the_count() -> None:
    again = WorkingCalendar({date(2026, 9, 21): Override(True, "a workday anyway")})
    assert again.count(date(2026, 9, 1), date(2026, 9, 30)) == BARE.count(
        date(2026, 9, 1), date(2026, 9, 30)
    )


def test_equal_to_the_library_on_every_day_it_covers() -> None:
    wrong = [d for d in ALL_LIBRARY_DATES if BARE.is_working(d) != chinese_calendar.is_workday(d)]
    assert wrong == []


def test_day_and_index_agree_on_every_day() -> None:
    wrong = [d for d in ALL_LIBRARY_DATES if BARE.day(d).working != BARE.is_working(d)]
    assert wrong == []


def test_a_second_library_agrees_but_for_one_day() -> None:
    """Saturday 2005-12-31: worked in exchange for 2006-01-03 says *holidays*, ours does not."""
    other = holidays.country_holidays("CN", years=range(2003, 2028))
    differing = [d for d in ALL_LIBRARY_DATES if BARE.is_working(d) != other.is_working_day(d)]
    assert differing == [date(2005, 12, 31)]


def test_library_years_are_whole_and_without_a_gap() -> None:
    years = sorted(library_years())
    assert years[0] == 2004
    assert years == list(range(2004, years[-1] + 1))
    assert years[-1] >= 2026


def test_new_year_days_alone_are_no_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first days of a year are at times published before the rest of it."""
    ahead = {**constants.holidays, date(2091, 1, 1): "New Year's Day"}
    monkeypatch.setattr(constants, "holidays", ahead)
    assert 2091 not in library_years.__wrapped__()
    monkeypatch.setitem(ahead, date(2091, 2, 20), "Spring Festival")
    assert 2091 not in library_years.__wrapped__()
    monkeypatch.setitem(ahead, date(2091, 10, 1), "National Day")
    assert 2091 in library_years.__wrapped__()


class TestProvisional:
    def test_a_known_year_is_settled(self) -> None:
        assert not BARE.is_provisional(date(2025, 12, 31))
        assert not BARE.is_provisional(date(2026, 12, 24))

    @pytest.mark.parametrize("day", range(25, 32))
    def test_the_last_week_waits_for_the_next_year(self, day: int) -> None:
        last_known = max(library_years())
        unknown_next = date(last_known, 12, day)
        assert BARE.is_provisional(unknown_next)
        loaded = WorkingCalendar(covered_years=frozenset({last_known + 1}))
        assert not loaded.is_provisional(unknown_next)

    def test_an_unknown_year_is_provisional_as_a_whole(self) -> None:
        assert all(BARE.is_provisional(date(2091, month, 3)) for month in range(1, 13))

    def test_single_overrides_do_not_make_a_year_known(self) -> None:
        calendar = WorkingCalendar({date(2091, 3, 1): Override(False, "moving house")})
        assert not calendar.is_known(2091)
        assert not calendar.is_provisional(date(2091, 3, 1))  # the desk itself has decided it
        assert calendar.is_provisional(date(2091, 3, 2))

    def test_a_covered_year_is_settled_and_keeps_the_fixed_days(self) -> None:
        calendar = WorkingCalendar(covered_years=frozenset({2091, 2092}))
        assert calendar.is_known(2091)
        fixed = calendar.day(date(2091, 10, 2))
        assert (fixed.why, fixed.provisional) == (DayKind.FIXED_HOLIDAY, False)
        assert not calendar.is_provisional(date(2091, 12, 31))
        assert calendar.is_provisional(date(2092, 12, 31))


@pytest.mark.parametrize(
    "fixed",
    [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)],
    ids=lambda value: f"{value[0]:02}-{value[1]:02}",
)
@pytest.mark.parametrize("year", [2090, 2091, 2092, 2093])
def test_fixed_days_rest_in_every_unknown_year(year: int, fixed: tuple[int, int]) -> None:
    assert BARE.day(date(year, *fixed)).why is DayKind.FIXED_HOLIDAY


def test_an_unknown_year_is_monday_to_friday_less_six_days() -> None:
    dates = [date(2091, 1, 1) + timedelta(days=n) for n in range(365)]
    rests = [d for d in dates if d.weekday() < 5 and not BARE.is_working(d)]
    # 2091: 1 January is a Monday, 1-2 May a Tuesday and Wednesday, 1-3 October Monday-Wednesday.
    assert [(d.month, d.day) for d in rests] == [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    assert not any(BARE.is_working(d) for d in dates if d.weekday() >= 5)
