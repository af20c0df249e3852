"""When an attempt was made, and when it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.contact_time import counts_at, time_problem
from tickets.rules.sla import ZONE

NOW = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)
HANDED_OVER = NOW - timedelta(days=30)
SECOND = timedelta(seconds=1)
instants = st.integers(0, 20_000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        (NOW, None),
        (NOW + SECOND, "future"),
        (NOW - timedelta(days=7), None),
        (NOW - timedelta(days=7) - SECOND, "too_old"),
        (HANDED_OVER, "too_old"),
        (HANDED_OVER - SECOND, "before_hand_over"),
    ],
)
def test_times_of_attempts(at: datetime, problem: str | None) -> None:
    assert time_problem(at, now=NOW, handed_over_at=HANDED_OVER) == problem


def test_nothing_was_tried_before_there_was_a_ticket() -> None:
    assert time_problem(NOW - SECOND, now=NOW, handed_over_at=NOW) == "before_hand_over"
    assert time_problem(NOW, now=NOW, handed_over_at=NOW) is None


def test_a_call_of_the_same_day_counts_when_it_was_made() -> None:
    morning = datetime(2026, 3, 4, 9, 5, tzinfo=ZONE)
    night = datetime(2026, 3, 4, 23, 59, tzinfo=ZONE)
    assert counts_at(morning, now=night) == morning
    assert counts_at(night, now=night + timedelta(minutes=1)) == night + timedelta(minutes=1)


@given(instants, instants)
def test_it_never_counts_before_it_was_made_nor_after_it_was_logged(
    one: datetime, other: datetime
) -> None:
    at, now = sorted((one, other))
    counted = counts_at(at, now=now)
    assert counted in (at, now)
    assert (counted == at) is (
        at == now or at.astimezone(ZONE).date() == now.astimezone(ZONE).date()
    )
