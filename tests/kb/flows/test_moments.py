"""Times of day as people say them: read as they are meant, or asked for again."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.moments import NotATime, parse_datetime
from kb.flows.values import ZONE

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=ZONE)
DAY = "2026-11-20"
WORDS = ("凌晨", "早上", "上午", "中午", "下午", "傍晚", "晚上", "晚")


def read(time: str) -> datetime:
    return parse_datetime(f"{DAY} {time}", now=NOW, when=None)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("凌晨12点", "00:00"),
        ("凌晨12点半", "00:30"),
        ("凌晨0点5分", "00:05"),
        ("凌晨3点", "03:00"),
        ("早上9点半", "09:30"),
        ("上午12点", "12:00"),
        ("中午11点半", "11:30"),
        ("中午12点", "12:00"),
        ("中午12点半", "12:30"),
        ("中午1点", "13:00"),
        ("中午1点半", "13:30"),
        ("中午2:15", "14:15"),
        ("中午3点", "15:00"),
        ("中午13点", "13:00"),
        ("下午12点半", "12:30"),
        ("下午1点", "13:00"),
        ("下午15点", "15:00"),
        ("傍晚5点半", "17:30"),
        ("晚上5点", "17:00"),
        ("晚8点", "20:00"),
        ("晚上11点半", "23:30"),
        ("晚上20点", "20:00"),
        ("12点", "12:00"),
        ("0点", "00:00"),
        ("1点", "01:00"),
    ],
)
def test_the_word_before_a_time_says_which_half_of_the_day(typed: str, meant: str) -> None:
    assert read(typed).isoformat() == f"{DAY}T{meant}:00"


@pytest.mark.parametrize(
    "typed",
    [
        *("晚上12点", "晚上12点半", "晚12点", "晚上0点", "晚上24点"),
        *("晚上1点", "晚上2点半", "晚上3:20", "晚上4点", "晚4点59分"),
        *("凌晨13点", "早上12点", "上午13点", "中午4点", "中午9点"),
        *("下午24点", "傍晚1点", "傍晚12点"),
        *("半夜12点", "半夜1点", "夜里2点", "清晨6点", "晚上", "晚上8点60分", "24点"),
    ],
)
def test_what_may_be_the_night_after_or_is_no_such_time_is_asked_for(typed: str) -> None:
    with pytest.raises(NotATime):
        read(typed)


def test_full_width_digits_and_spaces_change_nothing() -> None:
    assert read("中午 １ 点 半").isoformat() == f"{DAY}T13:30:00"


@given(st.sampled_from(WORDS), st.integers(0, 30), st.integers(0, 59))
def test_a_time_keeps_its_clock_face_and_its_day_whatever_stands_before_it(
    word: str, hour: int, minute: int
) -> None:
    try:
        moment = read(f"{word}{hour}点{minute}分")
    except NotATime:
        return
    assert moment.date().isoformat() == DAY
    assert (moment.hour % 12, moment.minute) == (hour % 12, minute)
    if hour > 12:
        assert moment.hour == hour, "24 hours are said already"
    if word in ("晚上", "晚"):
        assert moment.hour >= 17
    if word == "中午":
        assert 10 <= moment.hour <= 15
    if word == "凌晨":
        assert moment.hour < 12


@given(st.sampled_from(WORDS), st.integers(0, 30))
def test_half_past_is_thirty_minutes_after_the_hour(word: str, hour: int) -> None:
    try:
        moment = read(f"{word}{hour}点半")
    except NotATime:
        with pytest.raises(NotATime):
            read(f"{word}{hour}点")
        return
    assert moment == read(f"{word}{hour}点").replace(minute=30)
