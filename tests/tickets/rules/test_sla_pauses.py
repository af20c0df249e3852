"""Clocks that stand still: a slow reference that looks at every minute, and the laws of pauses."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import Override, WorkingCalendar
from tickets.rules.sla import ZONE, AlarmLevel, Policy, WorkingHours, add_working_minutes, due
from tickets.rules.sla import working_minutes as minutes_between
from tickets.rules.sla_pauses import (
    NOTHING_HAPPENED,
    CountBook,
    Happened,
    History,
    Pause,
    PauseReason,
    count,
    history,
    next_alarm,
    paused_minutes,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
START = datetime(2026, 2, 9, 10, 30, tzinfo=ZONE)
"""A Monday; the Spring Festival begins on Sunday, and the Saturday before it is worked."""

POLICY = Policy("resolve", 3)
PLAIN = WorkingCalendar()

near = st.integers(min_value=-2 * 1440, max_value=25 * 1440).map(lambda n: START + n * MINUTE)
calendars = st.builds(
    WorkingCalendar,
    st.dictionaries(
        st.dates(date(2026, 2, 1), date(2026, 3, 31)),
        st.builds(Override, st.booleans(), st.just("drawn")),
        max_size=8,
    ),
)
hours = (
    st.lists(st.integers(min_value=0, max_value=1439), min_size=2, max_size=2, unique=True)
    .map(sorted)
    .map(lambda pair: WorkingHours(time(*divmod(pair[0], 60)), time(*divmod(pair[1], 60))))
)
policies = st.builds(Policy, st.just("resolve"), st.integers(1, 6), hours)
stood_still = st.lists(
    st.tuples(near, near).map(
        lambda pair: Pause(min(pair), max(pair), PauseReason.WAITING),
    ),
    max_size=4,
)


def is_worked(minute: datetime, policy: Policy, calendar: WorkingCalendar) -> bool:
    return calendar.is_working(minute.date()) and (
        policy.hours.opens <= minute.time() < policy.hours.closes
    )


def slow_due(
    start: datetime, stood: list[Pause], policy: Policy, calendar: WorkingCalendar
) -> datetime:
    """Counts the days, looks at every minute of the pauses, then waits for as many minutes."""
    day, missing = start.date(), policy.working_days
    while missing:
        day += DAY
        missing -= calendar.is_working(day)
    lost: set[datetime] = set()
    for pause in stood:
        assert pause.end is not None
        minute = max(pause.start, start)
        while minute < pause.end:
            if is_worked(minute, policy, calendar):
                lost.add(minute)
            minute += MINUTE
    now = datetime.combine(day, policy.hours.closes, tzinfo=ZONE)
    for _lost in lost:
        while not is_worked(now, policy, calendar):
            now += MINUTE
        now += MINUTE
    return now


@given(stood_still, policies, calendars)
def test_due_moves_by_the_minutes_worked_inside_the_pauses(
    stood: list[Pause], policy: Policy, calendar: WorkingCalendar
) -> None:
    start = START.replace(second=0)
    counted = count(start, History(tuple(stood)), policy=policy, calendar=calendar)
    assert counted.due_at == slow_due(start, stood, policy, calendar)
    assert counted.unpaused_due_at == due(start, policy=policy, calendar=calendar).due_at
    assert counted.alarms.breached_at == counted.due_at


@given(stood_still, st.randoms(use_true_random=False), policies, calendars)
def test_the_order_of_pauses_does_not_matter(
    stood: list[Pause], draw: object, policy: Policy, calendar: WorkingCalendar
) -> None:
    mixed = list(stood)
    draw.shuffle(mixed)  # type: ignore[attr-defined]

    def minutes(found: list[Pause]) -> int:
        return paused_minutes(found, since=START, hours=policy.hours, calendar=calendar)

    assert minutes(mixed) == minutes(stood)
    assert minutes(stood + stood) == minutes(stood)


@given(st.integers(0, 59), st.integers(0, 14 * 60), hours, calendars)
def test_a_pause_outside_the_working_hours_moves_nothing(
    late: int, length: int, open_hours: WorkingHours, calendar: WorkingCalendar
) -> None:
    worked = calendar.next_working_day(START.date())
    closing = datetime.combine(worked, open_hours.closes, tzinfo=ZONE)
    opening = datetime.combine(calendar.next_working_day(worked), open_hours.opens, tzinfo=ZONE)
    begins = min(closing + timedelta(minutes=late), opening)
    pause = Pause(begins, min(begins + timedelta(minutes=length), opening), PauseReason.WAITING)
    policy = Policy("resolve", 3, open_hours)
    counted = count(START, History((pause,)), policy=policy, calendar=calendar)
    assert counted.due_at == counted.unpaused_due_at
    assert counted.paused_minutes == 0


@given(near, st.integers(0, 3_000), hours, calendars)
def test_adding_working_minutes_is_the_inverse_of_counting_them(
    start: datetime, minutes: int, open_hours: WorkingHours, calendar: WorkingCalendar
) -> None:
    later = add_working_minutes(start, minutes, hours=open_hours, calendar=calendar)
    assert minutes_between(start, later, hours=open_hours, calendar=calendar) == minutes
    if minutes:
        before = later - MINUTE
        assert minutes_between(start, before, hours=open_hours, calendar=calendar) == minutes - 1
    else:
        assert later == start


def test_working_time_is_never_taken_away() -> None:
    with pytest.raises(ValueError, match="added"):
        add_working_minutes(START, -1, hours=WorkingHours(), calendar=PLAIN)


@pytest.mark.parametrize(
    ("day", "due_day"),
    [
        ("2026-02-13", "2026-02-25"),
        ("2026-02-26", "2026-03-02"),
        ("2026-04-29", "2026-05-07"),
        ("2026-09-18", "2026-09-22"),
        ("2026-09-30", "2026-10-10"),
    ],
)
def test_without_pauses_the_promise_is_as_ever(day: str, due_day: str) -> None:
    start = datetime.fromisoformat(f"{day}T11:00:00+08:00")
    counted = count(start, NOTHING_HAPPENED, policy=POLICY, calendar=PLAIN)
    assert counted.due_at == datetime.fromisoformat(f"{due_day}T18:00:00+08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}:00+08:00")


def counted_due(started: str, past: History, days: int = 3) -> datetime:
    return count(at(started), past, policy=Policy("resolve", days), calendar=PLAIN).due_at


def test_a_pause_of_two_hours_moves_the_close_of_business_into_the_next_day() -> None:
    pause = Pause(at("05T10:00"), at("05T12:00"), PauseReason.WAITING)
    assert counted_due("04T10:30", History((pause,))) == at("10T11:00")


def test_a_whole_working_day_of_waiting_is_due_at_the_close_not_at_the_opening() -> None:
    pause = Pause(at("05T09:00"), at("06T09:00"), PauseReason.WAITING)
    assert counted_due("04T10:30", History((pause,))) == at("10T18:00")


def test_waiting_before_the_clock_started_moves_nothing() -> None:
    pause = Pause(at("03T09:00"), at("04T10:30"), PauseReason.WAITING)
    assert counted_due("04T10:30", History((pause,))) == at("09T18:00")


def test_a_pause_that_lasts_moves_nothing_until_it_ends() -> None:
    past = History((Pause(at("05T09:00"), None, PauseReason.WAITING),))
    assert counted_due("04T10:30", past) == at("09T18:00")
    assert counted_due("04T10:30", past.ended_at(at("06T09:00"))) == at("10T18:00")
    assert past.ended_at(at("06T09:00")).ended_at(at("20T09:00")) == past.ended_at(at("06T09:00"))


def test_a_reopened_ticket_leaves_a_working_day() -> None:
    late = History((Pause(at("09T17:50"), at("12T11:00"), PauseReason.SOLVED),), (at("12T11:00"),))
    # Three days and the solved time alone would give the 12th, 17:50, on which it was reopened.
    assert counted_due("04T10:30", late) == at("13T18:00")


def test_a_reopening_with_time_left_leaves_what_is_left() -> None:
    past = History((Pause(at("05T09:00"), at("06T09:00"), PauseReason.SOLVED),), (at("06T09:00"),))
    assert counted_due("04T10:30", past, days=8) == at("17T18:00")


def test_waiting_after_a_reopening_moves_the_day_that_it_leaves() -> None:
    past = History(
        (
            Pause(at("09T17:50"), at("12T11:00"), PauseReason.SOLVED),
            Pause(at("13T09:00"), at("13T12:00"), PauseReason.WAITING),
        ),
        (at("12T11:00"),),
    )
    assert counted_due("04T10:30", past) == at("16T12:00")


def pauses(events: list[Happened]) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((pause.start, pause.end) for pause in history(events).pauses)


class TestReadingTheHistory:
    def test_waiting_and_solved_time_are_pauses(self) -> None:
        past = history(
            [
                Happened(at("04T10:30"), None),
                Happened(at("04T11:00"), "queued"),
                Happened(at("04T12:00"), "assigned"),
                Happened(at("05T10:00"), "waiting"),
                Happened(at("05T11:00"), None),
                Happened(at("06T10:00"), "assigned"),
                Happened(at("09T10:00"), "resolved"),
                Happened(at("10T10:00"), "assigned"),
            ]
        )
        assert past == History(
            (
                Pause(at("05T10:00"), at("06T10:00"), PauseReason.WAITING),
                Pause(at("09T10:00"), at("10T10:00"), PauseReason.SOLVED),
            ),
            (at("10T10:00"),),
        )

    def test_whatever_ends_the_waiting_ends_the_pause(self) -> None:
        for status in ("assigned", "queued", "returned"):
            events = [Happened(at("05T10:00"), "waiting"), Happened(at("06T10:00"), status)]
            assert pauses(events) == ((at("05T10:00"), at("06T10:00")),)

    def test_waiting_that_ends_solved_is_two_pauses(self) -> None:
        events = [
            Happened(at("05T10:00"), "waiting"),
            Happened(at("06T10:00"), "resolved"),
            Happened(at("06T10:30"), "closed"),
        ]
        assert pauses(events) == ((at("05T10:00"), at("06T10:00")), (at("06T10:00"), None))

    def test_saying_it_twice_changes_nothing(self) -> None:
        events = [Happened(at("05T10:00"), "waiting"), Happened(at("05T11:00"), "waiting")]
        assert pauses(events) == ((at("05T10:00"), None),)

    def test_clocks_of_two_machines_never_make_a_negative_pause(self) -> None:
        events = [Happened(at("05T10:00"), "waiting"), Happened(at("05T09:59"), "assigned")]
        assert pauses(events) == ((at("05T10:00"), at("05T10:00")),)

    def test_an_adopted_clock_brings_its_own_history(self) -> None:
        theirs = History(
            (Pause(at("03T10:00"), at("03T12:00"), PauseReason.WAITING),), (at("03T14:00"),)
        )
        events = [
            Happened(at("05T10:00"), "waiting"),
            Happened(at("05T12:00"), None, theirs),
            Happened(at("05T13:00"), "assigned"),
        ]
        assert history(events) == History(
            (*theirs.pauses, Pause(at("05T12:00"), at("05T13:00"), PauseReason.WAITING)),
            theirs.reopened,
        )


@given(st.lists(st.sampled_from(list(AlarmLevel)), unique=True))
def test_the_next_alarm_is_the_earliest_that_has_not_fired(fired: list[AlarmLevel]) -> None:
    alarms = count(START, NOTHING_HAPPENED, policy=POLICY, calendar=PLAIN).alarms
    left = [moment for level, moment in alarms.by_level().items() if level not in fired]
    assert next_alarm(alarms, fired) == (min(left) if left else None)


def test_a_pause_into_an_unknown_year_makes_the_date_provisional() -> None:
    started = datetime(2026, 12, 14, 10, tzinfo=ZONE)
    known = count(started, NOTHING_HAPPENED, policy=POLICY, calendar=PLAIN)
    waited = Pause(started + DAY, started + 20 * DAY, PauseReason.WAITING)
    moved = count(started, History((waited,)), policy=POLICY, calendar=PLAIN)
    assert (known.provisional, moved.provisional) == (False, True)


def test_clocks_of_one_day_are_counted_once() -> None:
    book = CountBook({"resolve": POLICY}, PLAIN)
    first = book.counted("resolve", START, NOTHING_HAPPENED)
    assert book.counted("resolve", START + timedelta(hours=3), NOTHING_HAPPENED) is first
    paused = History((Pause(START, START + DAY, PauseReason.WAITING),))
    assert book.counted("resolve", START, paused).due_at > first.due_at
