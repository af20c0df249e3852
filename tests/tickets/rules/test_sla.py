"""Due dates: the oracle and the edges; every row shows its arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from klingdesk.core.calendar import DayKind, NoWorkingDay, Override, WorkingCalendar
from tickets.rules.sla import (
    ZONE,
    ClockKind,
    Policy,
    WorkingHours,
    alarms,
    due,
    working_minutes,
)

CALENDAR = WorkingCalendar()
HOURS = WorkingHours()
PROMISE = Policy(ClockKind.CONTACT, 3, HOURS)


def at(text: str) -> datetime:
    """An instant in Shanghai: ``at("2026-02-13 10:00")``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("handed_over", "due_at", "provisional"),
    [
        pytest.param(
            "2026-02-13 10:00", "2026-02-25 18:00", False, id="make-up 14=1, 15-23, 24=2, 25=3"
        ),
        pytest.param(
            "2026-02-26 10:00", "2026-03-02 18:00", False, id="27=1, make-up 28=2, Sun, 2=3"
        ),
        pytest.param(
            "2026-04-29 10:00", "2026-05-07 18:00", False, id="30=1, Labour 1-5, 6=2, 7=3"
        ),
        pytest.param(
            "2026-09-18 10:00", "2026-09-22 18:00", False, id="Sat, make-up 20=1, 21=2, 22=3"
        ),
        pytest.param(
            "2026-09-30 10:00", "2026-10-10 18:00", False, id="1-7, 8=1, 9=2, make-up 10=3"
        ),
        pytest.param(
            "2026-12-21 10:00", "2026-12-24 18:00", False, id="22=1, 23=2, 24=3: all settled"
        ),
        pytest.param(
            "2026-12-22 10:00", "2026-12-25 18:00", True, id="23=1, 24=2, 25=3: last week"
        ),
        pytest.param("2026-12-23 10:00", "2026-12-28 18:00", True, id="24=1, 25=2, Sat, Sun, 28=3"),
        pytest.param(
            "2026-12-29 10:00", "2027-01-04 18:00", True, id="30=1, 31=2, fixed 1, Sat, Sun, 4=3"
        ),
        pytest.param(
            "2026-12-31 23:59", "2027-01-06 18:00", True, id="fixed 1, Sat, Sun, 4=1, 5=2, 6=3"
        ),
        pytest.param(
            "2027-04-30 10:00", "2027-05-05 18:00", True, id="fixed 1 Sat, 2 Sun, 3=1, 4=2, 5=3"
        ),
    ],
)
def test_three_working_days(handed_over: str, due_at: str, provisional: bool) -> None:
    promised = due(at(handed_over), policy=PROMISE, calendar=CALENDAR)
    assert promised.due_at == at(due_at)
    assert promised.provisional is provisional


@pytest.mark.parametrize("clock", ["00:00", "08:59", "09:00", "17:59", "18:00", "23:59"])
def test_the_time_of_day_of_the_hand_over_does_not_matter(clock: str) -> None:
    """Art. 201: the day itself is not counted, however early the contact was."""
    promised = due(at(f"2026-06-03 {clock}"), policy=PROMISE, calendar=CALENDAR)
    assert promised.due_at == at("2026-06-08 18:00")  # Thu 4, Fri 5, Mon 8


@pytest.mark.parametrize(
    ("utc", "due_at"),
    [
        pytest.param("2026-06-03T15:59:59", "2026-06-08 18:00", id="23:59:59 on Wed 3: 4, 5, 8"),
        pytest.param("2026-06-03T16:00:00", "2026-06-09 18:00", id="00:00:00 on Thu 4: 5, 8, 9"),
    ],
)
def test_the_day_is_the_day_in_shanghai(utc: str, due_at: str) -> None:
    instant = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert due(instant, policy=PROMISE, calendar=CALENDAR).due_at == at(due_at)


def test_the_result_is_written_in_the_zone_of_the_hours() -> None:
    instant = datetime(2026, 6, 3, 2, tzinfo=ZoneInfo("America/New_York"))
    promised = due(instant, policy=PROMISE, calendar=CALENDAR)
    assert promised.due_at.tzinfo is ZONE
    assert promised.due_at.utcoffset() == timedelta(hours=8)


def test_another_zone_has_its_own_days() -> None:
    tokyo = Policy(ClockKind.CONTACT, 1, WorkingHours(zone=ZoneInfo("Asia/Tokyo")))
    late = at("2026-06-03 23:30")  # 00:30 on the 4th in Tokyo
    assert due(late, policy=tokyo, calendar=CALENDAR).due_at == datetime(
        2026, 6, 5, 18, tzinfo=ZoneInfo("Asia/Tokyo")
    )


def test_a_due_date_explains_itself() -> None:
    promised = due(at("2026-09-30 10:00"), policy=PROMISE, calendar=CALENDAR)
    assert [(day.date.day, day.counted, day.why) for day in promised.days] == [
        *((n, False, DayKind.HOLIDAY) for n in range(1, 8)),
        (8, True, DayKind.WORKDAY),
        (9, True, DayKind.WORKDAY),
        (10, True, DayKind.MAKE_UP),
    ]
    assert {day.name for day in promised.days[:7]} == {"National Day"}


def test_an_override_shows_its_reason_and_moves_the_due_date() -> None:
    calendar = WorkingCalendar({date(2026, 6, 4): Override(False, "power cut")})
    promised = due(at("2026-06-03 10:00"), policy=PROMISE, calendar=calendar)
    assert promised.due_at == at("2026-06-09 18:00")  # not 4, so 5, 8, 9
    first = promised.days[0]
    assert (first.counted, first.why, first.name) == (False, DayKind.OVERRIDE_REST, "power cut")


def test_a_provisional_day_that_is_not_counted_makes_the_promise_provisional() -> None:
    """25 and 28 December are settled by hand, the weekend before them is not."""
    settled = {date(2026, 12, n): Override(True, "settled") for n in (25, 28)}
    promised = due(
        at("2026-12-24 10:00"),
        policy=Policy(ClockKind.CONTACT, 2),
        calendar=WorkingCalendar(settled),
    )
    assert promised.due_at == at("2026-12-28 18:00")
    assert [day.provisional for day in promised.days] == [False, True, True, False]
    assert promised.provisional


def test_close_of_business_is_the_policys() -> None:
    late = Policy(ClockKind.CONTACT, 3, WorkingHours(time(10), time(20, 30)))
    assert due(at("2026-06-03 10:00"), policy=late, calendar=CALENDAR).due_at == at(
        "2026-06-08 20:30"
    )


class TestRefusals:
    def test_a_naive_instant(self) -> None:
        naive = datetime(2026, 6, 3, 10)  # noqa: DTZ001 - the very thing that is refused
        aware = at("2026-06-03 10:00")
        for call in (
            lambda: due(naive, policy=PROMISE, calendar=CALENDAR),
            lambda: alarms(naive, policy=PROMISE, calendar=CALENDAR),
            lambda: working_minutes(naive, aware, hours=HOURS, calendar=CALENDAR),
            lambda: working_minutes(aware, naive, hours=HOURS, calendar=CALENDAR),
        ):
            with pytest.raises(ValueError, match="time zone"):
                call()

    @pytest.mark.parametrize("days", [0, -3])
    def test_a_promise_without_a_working_day(self, days: int) -> None:
        with pytest.raises(ValueError, match=str(days)):
            Policy(ClockKind.CONTACT, days)

    @pytest.mark.parametrize(
        ("opens", "closes"),
        [
            (time(18), time(9)),
            (time(9), time(9)),
            (time(9, 0, 30), time(18)),
            (time(9), time(18, 0, 0, 1)),
            (time(9, tzinfo=UTC), time(18, tzinfo=UTC)),
        ],
        ids=["reversed", "empty", "seconds", "microseconds", "with a zone"],
    )
    def test_impossible_hours(self, opens: time, closes: time) -> None:
        with pytest.raises(ValueError, match=r"close|whole minutes"):
            WorkingHours(opens, closes)

    def test_a_calendar_without_working_days(self) -> None:
        closed = {date(2028, 1, 1) + timedelta(days=n): Override(False) for n in range(800)}
        with pytest.raises(NoWorkingDay):
            due(at("2027-12-31 10:00"), policy=PROMISE, calendar=WorkingCalendar(closed))
