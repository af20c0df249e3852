"""A number that the user has said already is filled in only when there is no doubt about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.said_count import number_of, said_count

ASKED = "一共扣了几次"


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("我做一个视频扣了我两次点数", 2),
        ("扣了3次，太过分了", 3),
        ("扣了 12 次", 12),
        ("一个月扣了二十一次，对，二十一次", 21),
        ("生成一次却扣了两次", None),
        ("生成一次却被扣了多次", None),
        ("就这一次", None),
        ("扣了十几次", None),
        ("第二次扣的", None),
        ("扣了两个灵感值", None),
        ("", None),
    ],
)
def test_what_users_say(words: str, number: int | None) -> None:
    assert said_count(ASKED, words) == number


def test_a_field_that_counts_nothing_is_left_alone() -> None:
    assert said_count("订单号", "扣了两次") is None
    assert said_count("几个账号", "扣了两次，有三个账号") == 3


def chinese(number: int) -> str:
    signs = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if not tens:
        return signs[ones]
    return ("" if tens == 1 else signs[tens]) + "十" + (signs[ones] if ones else "")


@given(st.integers(2, 99))
def test_every_number_is_read_in_both_ways_of_writing(number: int) -> None:
    assert number_of(chinese(number)) == number
    assert said_count(ASKED, f"一共扣了我{chinese(number)}次") == number
    assert said_count(ASKED, f"一共扣了我{number}次") == number


@given(st.integers(2, 99), st.integers(2, 99))
def test_two_numbers_say_none(one: int, other: int) -> None:
    found = said_count(ASKED, f"先是{one}次，后来{chinese(other)}次")
    assert found == (one if one == other else None)


@given(st.text(max_size=80), st.text(max_size=200))
def test_nothing_that_is_typed_breaks_it(asked: str, words: str) -> None:
    found = said_count(asked, words)
    assert found is None or 0 <= found < 1000
