"""Reading the period that somebody typed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from klingdesk.core.errors import Invalid
from tickets.reports.period import (
    Period,
    last_days,
    read_period,
    this_month,
    this_week,
    today_at,
)

TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("", "", Period(date(2026, 2, 3), TODAY)),
        ("  ", "", Period(date(2026, 2, 3), TODAY)),
        ("2026-03-01", "", Period(date(2026, 3, 1), TODAY)),
        ("2026-04-01", "", Period(date(2026, 4, 1), date(2026, 4, 1))),
        ("", "2026-01-31", Period(date(2026, 1, 2), date(2026, 1, 31))),
        (" 2026-03-04 ", "2026-03-04", Period(TODAY, TODAY)),
        ("2024-03-05", "2026-03-05", Period(date(2024, 3, 5), date(2026, 3, 5))),
        ("2024-02-29", "2024-02-29", Period(date(2024, 2, 29), date(2024, 2, 29))),
        ("2000-01-01", "2000-01-01", Period(date(2000, 1, 1), date(2000, 1, 1))),
        ("2100-12-31", "2100-12-31", Period(date(2100, 12, 31), date(2100, 12, 31))),
    ],
)
def test_reads(first: str, last: str, expected: Period) -> None:
    assert read_period(first, last, today=TODAY) == expected


@pytest.mark.parametrize(
    ("first", "last", "fields", "word"),
    [
        ("2026-03-05", "2026-03-04", {"from"}, "after"),
        ("2024-03-04", "2026-03-05", {"from"}, "two years"),
        ("yesterday", "2026-03-04", {"from"}, "Write a date"),
        ("2026-03-04", "2026-02-29", {"to"}, "Write a date"),
        ("2026-3-4", "", {"from"}, "Write a date"),
        ("20260304", "", {"from"}, "Write a date"),
        ("2026-W10-3", "", {"from"}, "Write a date"),
        ("２０２６-03-04", "", {"from"}, "Write a date"),
        ("2026-03-04\x00", "", {"from"}, "Write a date"),
        ("0001-01-01", "9999-12-31", {"from", "to"}, "2000 to 2100"),
        ("x" * 5000, "-1", {"from", "to"}, "Write a date"),
    ],
)
def test_refuses_with_the_field_and_a_reason(
    first: str, last: str, fields: set[str], word: str
) -> None:
    with pytest.raises(Invalid) as caught:
        read_period(first, last, today=TODAY)
    assert set(caught.value.fields) == fields
    assert all(word in str(texts[0]) for texts in caught.value.fields.values())


@pytest.fixture(autouse=True)
def english() -> None:
    from django.utils import translation

    translation.activate("en")


def test_a_day_is_a_shanghai_day() -> None:
    period = Period(TODAY, TODAY)
    assert period.starts_at == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    assert period.ends_at == datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    assert today_at(datetime(2026, 3, 3, 16, 0, tzinfo=UTC)) == TODAY
    assert today_at(datetime(2026, 3, 3, 15, 59, tzinfo=UTC)) == date(2026, 3, 3)


def test_ready_made_periods_end_today() -> None:
    assert last_days(TODAY) == Period(date(2026, 2, 3), TODAY)
    assert last_days(TODAY).days == 30
    assert this_week(TODAY) == Period(date(2026, 3, 2), TODAY)
    assert this_week(date(2026, 3, 2)) == Period(date(2026, 3, 2), date(2026, 3, 2))
    assert this_week(date(2026, 3, 8)).first == date(2026, 3, 2)
    assert this_month(date(2026, 3, 1)) == Period(date(2026, 3, 1), date(2026, 3, 1))


def test_a_period_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(TODAY, date(2026, 3, 3))
