"""Hours of work as people write them."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.shift_hours import HoursOverlap, NotHours, read_hours, write_hours


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("9:00-12:00", "09:00-12:00"),
        ("13:30–18:00, 09:00-12:00", "09:00-12:00, 13:30-18:00"),
        ("9：00至12：00、13：00～18：00", "09:00-12:00, 13:00-18:00"),
        ("09:00-12:00,12:00-18:00,", "09:00-12:00, 12:00-18:00"),
    ],
)
def test_hours_that_are_understood(text: str, written: str) -> None:
    assert write_hours(read_hours(text)) == written


@pytest.mark.parametrize(
    "text", ["9-12", "12:00-09:00", "09:00-09:00", "24:00-25:00", "late", "9:00-9:60"]
)
def test_hours_that_are_none(text: str) -> None:
    with pytest.raises(NotHours):
        read_hours(text)


def test_hours_that_overlap() -> None:
    with pytest.raises(HoursOverlap):
        read_hours("09:00-12:00, 11:59-18:00")


@given(st.lists(st.integers(0, 1439), unique=True, max_size=8))
def test_what_is_written_is_read_again(minutes: list[int]) -> None:
    points = [time(*divmod(minute, 60)) for minute in sorted(minutes)]
    stretches = tuple(zip(points[::2], points[1::2], strict=False))
    assert read_hours(write_hours(stretches)) == stretches


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read_hours(text)
    except (NotHours, HoursOverlap):
        return
    assert all(starts < ends for starts, ends in found)
