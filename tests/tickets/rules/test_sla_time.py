"""Alarms and working time: every row shows its arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest

from klingdesk.core.calendar import WorkingCalendar
from tickets.rules.sla import (
    ZONE,
    AlarmLevel,
    ClockKind,
    Policy,
    WorkingHours,
    alarms,
    due,
    time_left,
    working_minutes,
)

CALENDAR = WorkingCalendar()
HOURS = WorkingHours()
PROMISE = Policy(ClockKind.CONTACT, 3, HOURS)


def at(text: str) -> datetime:
    """An instant in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("due_at", "due_soon", "last_call", "overdue"),
    [
        pytest.param(
            "2026-06-04 18:00",
            "2026-06-03 18:00",
            "2026-06-04 16:00",
            "2026-06-05 18:00",
            id="Thu: Wed same time, Thu 18-2h, Fri same time",
        ),
        pytest.param(
            "2026-10-08 18:00",
            "2026-09-30 18:00",
            "2026-10-08 16:00",
            "2026-10-09 18:00",
            id="after National Day: back over 7 days",
        ),
        pytest.param(
            "2026-10-10 18:00",
            "2026-10-09 18:00",
            "2026-10-10 16:00",
            "2026-10-12 18:00",
            id="make-up Saturday: on over Sunday",
        ),
        pytest.param(
            "2026-06-08 10:30",
            "2026-06-05 10:30",
            "2026-06-05 17:30",
            "2026-06-09 10:30",
            id="Mon 10:30: 1.5 h of Monday and 0.5 h of Friday",
        ),
        pytest.param(
            "2026-06-08 11:00",
            "2026-06-05 11:00",
            "2026-06-08 09:00",
            "2026-06-09 11:00",
            id="Mon 11:00: exactly the opening",
        ),
        pytest.param(
            "2026-06-07 12:00",
            "2026-06-05 12:00",
            "2026-06-05 16:00",
            "2026-06-08 12:00",
            id="a rest day: the last two hours of Friday",
        ),
        pytest.param(
            "2026-06-04 21:00",
            "2026-06-03 21:00",
            "2026-06-04 16:00",
            "2026-06-05 21:00",
            id="after hours: as from the close of business",
        ),
    ],
)
def test_alarms(due_at: str, due_soon: str, last_call: str, overdue: str) -> None:
    found = alarms(at(due_at), policy=PROMISE, calendar=CALENDAR)
    assert found.by_level() == {
        AlarmLevel.DUE_SOON: at(due_soon),
        AlarmLevel.LAST_CALL: at(last_call),
        AlarmLevel.BREACHED: at(due_at),
        AlarmLevel.OVERDUE_DAY: at(overdue),
    }


def test_levels_have_stable_names_in_the_order_of_escalation() -> None:
    found = alarms(at("2026-06-04 18:00"), policy=PROMISE, calendar=CALENDAR)
    assert list(found.by_level()) == ["due_soon", "last_call", "breached", "overdue_day"]
    instants = list(found.by_level().values())
    assert instants == sorted(instants)


def test_a_promise_of_one_day_is_due_soon_on_the_day_it_is_made() -> None:
    policy = Policy(ClockKind.CONTACT, 1)
    promised = due(at("2026-06-03 19:00"), policy=policy, calendar=CALENDAR)
    found = alarms(promised.due_at, policy=policy, calendar=CALENDAR)
    assert found.due_soon_at == at("2026-06-03 18:00")  # an hour before the hand-over


def test_the_last_call_over_several_days_of_half_an_hour() -> None:
    short = Policy(ClockKind.CONTACT, 3, WorkingHours(time(9), time(9, 30)))
    found = alarms(at("2026-06-05 09:30"), policy=short, calendar=CALENDAR)
    assert found.last_call_at == at("2026-06-02 09:00")  # Fri, Thu, Wed, Tue: 4 x 30 min


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param("2026-06-03 09:00", "2026-06-03 18:00", 540, id="a whole day"),
        pytest.param("2026-06-03 10:15", "2026-06-03 11:00", 45, id="within a day"),
        pytest.param("2026-06-03 17:00", "2026-06-04 10:00", 120, id="60 + night + 60"),
        pytest.param("2026-06-05 17:00", "2026-06-08 10:00", 120, id="60 + weekend + 60"),
        pytest.param("2026-09-30 17:00", "2026-10-08 10:00", 120, id="60 + National Day + 60"),
        pytest.param("2026-02-13 17:00", "2026-02-14 10:00", 120, id="60 + make-up Saturday 60"),
        pytest.param("2026-06-06 08:00", "2026-06-07 23:00", 0, id="a weekend"),
        pytest.param("2026-06-03 18:00", "2026-06-04 09:00", 0, id="a night"),
        pytest.param("2026-06-03 09:00", "2026-06-10 09:00", 2700, id="5 days of 540"),
        pytest.param("2026-06-04 10:00", "2026-06-03 17:00", -120, id="backwards"),
        pytest.param("2026-06-03 10:00", "2026-06-03 10:00", 0, id="nothing"),
    ],
)
def test_working_minutes(start: str, end: str, minutes: int) -> None:
    assert working_minutes(at(start), at(end), hours=HOURS, calendar=CALENDAR) == minutes


@pytest.mark.parametrize(
    ("now", "days", "minutes", "breached"),
    [
        pytest.param("2026-06-03 10:00", 3, 480 + 3 * 540, False, id="Wed: Thu, Fri, Mon"),
        pytest.param("2026-06-06 12:00", 1, 540, False, id="Saturday: only Monday is left"),
        pytest.param("2026-06-08 16:30", 0, 90, False, id="today, 90 minutes"),
        pytest.param("2026-06-08 18:00", 0, 0, False, id="the due instant itself is in time"),
        pytest.param("2026-06-08 18:01", 0, 0, True, id="a minute late, no working time yet"),
        pytest.param("2026-06-09 09:30", 1, 30, True, id="late by a day in days, 30 min of work"),
        pytest.param("2026-06-14 12:00", 4, 4 * 540, True, id="late by 9, 10, 11, 12"),
    ],
)
def test_time_left(now: str, days: int, minutes: int, breached: bool) -> None:
    left = time_left(at(now), at("2026-06-08 18:00"), hours=HOURS, calendar=CALENDAR)
    assert (left.working_days, left.working_minutes, left.breached) == (days, minutes, breached)


def test_time_left_is_the_same_from_any_zone() -> None:
    now, due_at = at("2026-06-05 07:00"), at("2026-06-08 18:00")
    there = timezone(timedelta(hours=-11))
    assert time_left(
        now.astimezone(there), due_at.astimezone(UTC), hours=HOURS, calendar=CALENDAR
    ) == time_left(now, due_at, hours=HOURS, calendar=CALENDAR)
