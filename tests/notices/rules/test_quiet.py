"""What does not press waits for the next opening; a breach never does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.calendar import Override, WorkingCalendar
from notices.rules.quiet import Hours, sending_time
from notices.rules.topics import Severity

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = Hours(WorkingCalendar(), time(9), time(18), ZONE)
MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=ZONE) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        ("2026-03-04 10:30", "2026-03-04 10:30"),
        ("2026-03-04 08:59", "2026-03-04 09:00"),
        ("2026-03-04 09:00", "2026-03-04 09:00"),
        ("2026-03-04 17:59", "2026-03-04 17:59"),
        ("2026-03-04 18:00", "2026-03-05 09:00"),
        ("2026-03-06 19:00", "2026-03-09 09:00"),  # over a weekend
        ("2026-02-14 10:00", "2026-02-14 10:00"),  # a make-up Saturday
        ("2026-09-30 20:00", "2026-10-08 09:00"),  # over the National Day holiday
    ],
)
def test_when_it_is_sent(at: str, sent: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    expected = datetime.fromisoformat(sent).replace(tzinfo=ZONE)
    assert sending_time(moment, severity=Severity.WARNING, hours=HOURS) == expected
    assert sending_time(moment, severity=Severity.BREACH, hours=HOURS) == moment


@given(MOMENTS, st.sampled_from([Severity.INFO, Severity.WARNING]))
def test_it_is_the_first_working_moment_from_then_on(at: datetime, severity: Severity) -> None:
    sent = sending_time(at, severity=severity, hours=HOURS)
    local = sent.astimezone(ZONE)
    assert sent >= at
    assert HOURS.calendar.is_working(local.date())
    assert HOURS.opens <= local.time() < HOURS.closes
    assert sending_time(sent, severity=severity, hours=HOURS) == sent
    # Minute by minute, nothing before it was a working moment.
    if sent > at:
        assert local.time() == HOURS.opens
        hour = at
        while hour < sent:
            here = hour.astimezone(ZONE)
            works = HOURS.calendar.is_working(here.date())
            assert not (works and HOURS.opens <= here.time() < HOURS.closes)
            hour += timedelta(hours=1)


def test_a_calendar_without_working_days_holds_nothing_back() -> None:
    rest = {
        date(2026, 1, 1) + timedelta(days=day): Override(is_working=False, reason="x")
        for day in range(365 * 4)
    }
    hours = Hours(WorkingCalendar(rest), time(9), time(18), ZONE)
    at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert sending_time(at, severity=Severity.INFO, hours=hours) == at
