"""When a failed delivery is tried again: growing, bounded, spread, and always the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.rules.backoff import (
    FIRST_WAIT,
    LONGEST_CLOSURE,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    closed_for,
    wait_after,
)


@given(st.integers(1, 10_000), st.text(max_size=40))
def test_every_wait_is_bounded_and_repeatable(attempt: int, key: str) -> None:
    wait = wait_after(attempt, key)
    assert FIRST_WAIT / 2 <= wait <= LONGEST_WAIT
    assert wait_after(attempt, key) == wait
    assert FIRST_WAIT / 2 <= closed_for(attempt, key) <= LONGEST_CLOSURE


@given(st.integers(1, 8), st.text(max_size=40), st.text(max_size=40))
def test_a_later_attempt_waits_at_least_as_long_as_any_earlier_one(
    attempt: int, one: str, other: str
) -> None:
    if FIRST_WAIT * 2**attempt <= LONGEST_WAIT:
        assert wait_after(attempt + 1, one) >= wait_after(attempt, other)


def test_what_failed_together_is_spread() -> None:
    waits = {wait_after(5, str(number)) for number in range(1_000)}
    full = FIRST_WAIT * 16
    assert len(waits) > 900
    assert min(waits) < full * 0.55
    assert max(waits) > full * 0.95


def test_all_attempts_take_about_two_hours() -> None:
    waits = sum((wait_after(n, "x") for n in range(1, MOST_ATTEMPTS)), timedelta())
    assert timedelta(hours=1) < waits < timedelta(hours=3)


@pytest.mark.parametrize("attempt", [0, -1])
def test_attempts_are_counted_from_one(attempt: int) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        wait_after(attempt, "x")
