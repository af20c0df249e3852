"""Laws of counting working days, for any overrides and any dates around the known years."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import Override, WorkingCalendar

# Up to both ends of what the library knows and well into years that nobody knows yet.
dates = st.dates(min_value=date(2003, 6, 1), max_value=date(2029, 6, 1))
steps = st.integers(min_value=1, max_value=60)
overrides = st.dictionaries(
    dates, st.builds(Override, st.booleans(), st.just("drawn")), max_size=40
)
calendars = st.builds(
    WorkingCalendar, overrides, st.frozensets(st.sampled_from([2003, 2027, 2028]))
)


def walk(calendar: WorkingCalendar, start: date, n: int) -> date:
    """The slow way to count: day by day, by the kind of each."""
    day = start
    while n:
        day += timedelta(days=1)
        n -= calendar.day(day).working
    return day


@given(calendars, dates, steps)
def test_equal_to_walking_day_by_day(calendar: WorkingCalendar, start: date, n: int) -> None:
    assert calendar.add_working_days(start, n) == walk(calendar, start, n)


@given(calendars, dates, steps)
def test_the_result_is_a_working_day_and_the_nth(
    calendar: WorkingCalendar, start: date, n: int
) -> None:
    due = calendar.add_working_days(start, n)
    assert calendar.is_working(due)
    assert calendar.count(start, due) == n


@given(calendars, dates, steps, steps)
def test_two_steps_are_one_long_step(calendar: WorkingCalendar, x: date, a: int, b: int) -> None:
    twice = calendar.add_working_days(calendar.add_working_days(x, a), b)
    assert twice == calendar.add_working_days(x, a + b)


@given(calendars, dates, dates, steps)
def test_monotone_in_the_start(calendar: WorkingCalendar, a: date, b: date, n: int) -> None:
    first, second = sorted((a, b))
    assert calendar.add_working_days(first, n) <= calendar.add_working_days(second, n)


@given(calendars, dates, steps)
def test_strictly_monotone_in_the_length(calendar: WorkingCalendar, x: date, n: int) -> None:
    assert calendar.add_working_days(x, n) < calendar.add_working_days(x, n + 1)


@given(calendars, dates, steps)
def test_a_rest_day_counts_like_the_working_day_before(
    calendar: WorkingCalendar, day: date, n: int
) -> None:
    worked = day if calendar.is_working(day) else calendar.subtract_working_days(day, 1)
    assert calendar.add_working_days(day, n) == calendar.add_working_days(worked, n)


@given(calendars, dates, steps)
def test_subtract_undoes_add_on_working_days(calendar: WorkingCalendar, day: date, n: int) -> None:
    start = calendar.next_working_day(day)
    assert calendar.subtract_working_days(calendar.add_working_days(start, n), n) == start


@given(calendars, dates, dates, dates)
def test_count_is_additive_in_any_order(
    calendar: WorkingCalendar, a: date, b: date, c: date
) -> None:
    assert calendar.count(a, c) == calendar.count(a, b) + calendar.count(b, c)


@given(calendars, dates, st.integers(min_value=0, max_value=800))
def test_count_is_the_number_of_working_dates(
    calendar: WorkingCalendar, start: date, length: int
) -> None:
    end = start + timedelta(days=length)
    assert calendar.count(start, end) == sum(day.working for day in calendar.days(start, end))


@given(calendars, dates, steps)
def test_explain_is_gapless_and_ends_on_the_due_day(
    calendar: WorkingCalendar, start: date, n: int
) -> None:
    days = calendar.explain(start, n)
    assert [day.date for day in days] == [
        start + timedelta(days=k) for k in range(1, len(days) + 1)
    ]
    assert days[-1].date == calendar.add_working_days(start, n)
    assert sum(day.working for day in days) == n


@given(overrides, dates, st.booleans(), dates, steps)
def test_override_then_revert_is_the_identity(
    said: dict[date, Override], changed: date, working: bool, start: date, n: int
) -> None:
    before = WorkingCalendar(said)
    expected = before.explain(start, n)
    edited = WorkingCalendar({**said, changed: Override(working, "for a while")})
    edited.explain(start, n)
    reverted = dict(edited.overrides)
    del reverted[changed]
    if changed in said:
        reverted[changed] = said[changed]
    assert WorkingCalendar(reverted).explain(start, n) == expected
    assert before.explain(start, n) == expected


@given(overrides, dates)
def test_an_overridden_date_is_what_the_desk_says(said: dict[date, Override], day: date) -> None:
    calendar = WorkingCalendar(said)
    for override_date, override in said.items():
        assert calendar.is_working(override_date) is override.is_working
    if day not in said:
        assert calendar.day(day) == WorkingCalendar().day(day)
