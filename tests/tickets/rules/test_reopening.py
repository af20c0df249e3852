"""A week to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tickets.rules.reopening import may_reopen

RESOLVED = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)


def test_seven_days_to_the_second() -> None:
    last = RESOLVED + timedelta(days=7)
    assert may_reopen(RESOLVED, now=RESOLVED)
    assert may_reopen(RESOLVED, now=last)
    assert not may_reopen(RESOLVED, now=last + timedelta(seconds=1))
