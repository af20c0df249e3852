"""Laws of the promise, for any calendar, any working hours and any instant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import Override, WorkingCalendar
from tickets.rules.sla import (
    LAST_CALL_MINUTES,
    ZONE,
    Policy,
    WorkingHours,
    alarms,
    due,
    time_left,
    working_minutes,
)

dates = st.dates(min_value=date(2024, 1, 1), max_value=date(2028, 6, 1))
instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2028, 6, 1),  # noqa: DTZ001
    timezones=st.just(ZONE),
)
zones = st.integers(min_value=-12 * 60, max_value=14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
calendars = st.builds(
    WorkingCalendar,
    st.dictionaries(dates, st.builds(Override, st.booleans(), st.just("drawn")), max_size=20),
    st.frozensets(st.sampled_from([2027, 2028])),
)
hours = (
    st.lists(st.integers(min_value=0, max_value=1439), min_size=2, max_size=2, unique=True)
    .map(sorted)
    .map(lambda pair: WorkingHours(time(*divmod(pair[0], 60)), time(*divmod(pair[1], 60))))
)
policies = st.builds(Policy, st.just("contact"), st.integers(min_value=1, max_value=30), hours)


def by_the_minute(
    start: datetime, end: datetime, open_hours: WorkingHours, calendar: WorkingCalendar
) -> int:
    """The slow way: look at every minute between two instants on the minute."""
    minutes = int((end - start) / timedelta(minutes=1))
    return sum(
        calendar.is_working(moment.date()) and open_hours.opens <= moment.time() < open_hours.closes
        for moment in (start + timedelta(minutes=n) for n in range(minutes))
    )


@given(instants, policies, calendars)
def test_due_on_the_nth_working_day_at_close(
    start: datetime, policy: Policy, calendar: WorkingCalendar
) -> None:
    promised = due(start, policy=policy, calendar=calendar)
    last = promised.due_at.date()
    assert calendar.is_working(last)
    assert promised.due_at.time() == policy.hours.closes
    assert calendar.count(start.date(), last) == policy.working_days
    assert sum(day.counted for day in promised.days) == policy.working_days
    assert promised.due_at > start
    assert promised.provisional == any(calendar.is_provisional(day.date) for day in promised.days)


@given(instants, zones, policies, calendars)
def test_independent_of_the_zone_the_instant_is_written_in(
    start: datetime, zone: timezone, policy: Policy, calendar: WorkingCalendar
) -> None:
    here = due(start, policy=policy, calendar=calendar)
    there = due(start.astimezone(zone), policy=policy, calendar=calendar)
    assert there == here
    assert alarms(here.due_at.astimezone(zone), policy=policy, calendar=calendar) == alarms(
        here.due_at, policy=policy, calendar=calendar
    )


@given(instants, instants, policies, calendars)
def test_who_comes_first_is_due_first(
    a: datetime, b: datetime, policy: Policy, calendar: WorkingCalendar
) -> None:
    first, second = sorted((a, b))
    assert (
        due(first, policy=policy, calendar=calendar).due_at
        <= due(second, policy=policy, calendar=calendar).due_at
    )


@given(instants, policies, calendars)
def test_a_rest_day_is_like_the_working_day_before(
    start: datetime, policy: Policy, calendar: WorkingCalendar
) -> None:
    day = start.date()
    if not calendar.is_working(day):
        day = calendar.subtract_working_days(day, 1)
    worked = datetime.combine(day, time(12), tzinfo=ZONE)
    assert (
        due(worked, policy=policy, calendar=calendar).due_at
        == due(start, policy=policy, calendar=calendar).due_at
    )


@given(instants, instants, instants, hours, calendars)
def test_working_minutes_add_up_in_any_order(
    a: datetime, b: datetime, c: datetime, open_hours: WorkingHours, calendar: WorkingCalendar
) -> None:
    def minutes(start: datetime, end: datetime) -> int:
        return working_minutes(start, end, hours=open_hours, calendar=calendar)

    assert minutes(a, c) == minutes(a, b) + minutes(b, c)
    assert minutes(a, b) == -minutes(b, a)


@given(
    instants.map(lambda moment: moment.replace(second=0, microsecond=0)),
    st.integers(min_value=0, max_value=4 * 1440),
    hours,
    calendars,
)
def test_working_minutes_are_the_minutes_worked(
    start: datetime, length: int, open_hours: WorkingHours, calendar: WorkingCalendar
) -> None:
    end = start + timedelta(minutes=length)
    assert working_minutes(start, end, hours=open_hours, calendar=calendar) == by_the_minute(
        start, end, open_hours, calendar
    )


@given(dates, hours, calendars, st.data())
def test_time_outside_the_hours_adds_nothing(
    day: date, open_hours: WorkingHours, calendar: WorkingCalendar, data: st.DataObject
) -> None:
    """From any moment after one close to any moment before the next opening."""
    worked = calendar.next_working_day(day)
    closing = datetime.combine(worked, open_hours.closes, tzinfo=ZONE)
    opening = datetime.combine(calendar.next_working_day(worked), open_hours.opens, tzinfo=ZONE)
    seconds = int((opening - closing).total_seconds())
    drawn = st.lists(st.integers(0, seconds), min_size=2, max_size=2).map(sorted)
    start, end = (closing + timedelta(seconds=n) for n in data.draw(drawn))
    assert working_minutes(start, end, hours=open_hours, calendar=calendar) == 0


@given(instants, policies, calendars)
def test_alarms_are_placed_by_working_time(
    moment: datetime, policy: Policy, calendar: WorkingCalendar
) -> None:
    found = alarms(moment, policy=policy, calendar=calendar)
    day = moment.date()
    assert calendar.is_working(found.due_soon_at.date())
    assert calendar.is_working(found.overdue_at.date())
    assert calendar.count(day, found.overdue_at.date()) == 1
    assert found.due_soon_at.time() == moment.time() == found.overdue_at.time()
    assert calendar.next_working_day(found.due_soon_at.date()) >= day
    assert found.due_soon_at < found.breached_at == moment < found.overdue_at

    def before_due(start: datetime) -> int:
        return working_minutes(start, moment, hours=policy.hours, calendar=calendar)

    assert before_due(found.last_call_at) == LAST_CALL_MINUTES
    assert before_due(found.last_call_at + timedelta(minutes=1)) < LAST_CALL_MINUTES


@given(instants, instants, hours, calendars)
def test_time_left_never_counts_backwards(
    now: datetime, due_at: datetime, open_hours: WorkingHours, calendar: WorkingCalendar
) -> None:
    left = time_left(now, due_at, hours=open_hours, calendar=calendar)
    assert left.breached == (now > due_at)
    assert left.working_minutes >= 0
    assert left.working_days >= 0
    back = time_left(due_at, now, hours=open_hours, calendar=calendar)
    assert (back.working_days, back.working_minutes) == (left.working_days, left.working_minutes)
