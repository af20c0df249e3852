"""Typed values: what agents type, what is kept, and the words of every refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kb.flows.refusals import WORDS
from kb.flows.values import ZONE, ValueRefused, in_words, parse_value, parse_values, rank
from kb.flows.variables import BooleanVariable, CollectVariable, Variable

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=ZONE)
_VARIABLE: TypeAdapter[Variable] = TypeAdapter(CollectVariable)
TIERS = [{"value": "gold", "label": "黄金"}, {"value": "platinum", "label": "铂金"}]


def variable(kind: str, **more: Any) -> Variable:
    if kind == "one_of":
        more.setdefault("options", TIERS)
    return _VARIABLE.validate_python({"key": "x", "kind": kind, "label": "甲", **more})


def refused(kind: str, raw: object, **more: Any) -> str:
    with pytest.raises(ValueRefused) as caught:
        parse_value(variable(kind, **more), raw, now=NOW)
    assert WORDS[caught.value.code] % caught.value.params
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        ("account_id", " ID：１２３ ４５６７８９０ ", "1234567890"),
        ("mobile", "+86 138-1234-5678", "13812345678"),
        ("mobile", "（010）8234 5678", "010-82345678"),
        ("count", "１２", 12),
        ("count", 12, 12),
        ("amount", "￥1,299.5", "1299.50"),
        ("amount", "６６ 元", "66.00"),
        ("amount", 66, "66.00"),
        ("amount", "0.10块", "0.10"),
        ("text", " 海边\n日落\x00 ", "海边\n日落"),
        ("one_of", "gold", "gold"),
        ("one_of", "铂金", "platinum"),
        ("date", "2026-11-20", "2026-11-20"),
        ("date", "2026年1月2日", "2026-01-02"),
        ("date", "２０２６／１１／２０", "2026-11-20"),
        ("date", "11月20号", "2026-11-20"),
        ("date", "1.3", "2027-01-03"),
        ("date", "昨天", "2026-11-20"),
        ("datetime", "2026-11-20T15:30", "2026-11-20T15:30"),
        ("datetime", "2026-11-20 15:30:59", "2026-11-20T15:30"),
        ("datetime", "11月20日下午3点半", "2026-11-20T15:30"),
        ("datetime", "昨天 20：15", "2026-11-20T20:15"),
        ("datetime", "前天晚上8点", "2026-11-19T20:00"),
        ("datetime", "11-20 中午12点5分", "2026-11-20T12:05"),
    ],
)
def test_what_is_typed_is_kept_in_one_form(kind: str, raw: object, kept: object) -> None:
    value = parse_value(variable(kind), raw, now=NOW)
    assert value == kept
    assert parse_value(variable(kind), value, now=NOW) == kept, "kept values are accepted again"


@pytest.mark.parametrize(
    ("kind", "raw", "more", "code"),
    [
        ("text", " \u3000", {}, "required"),
        ("text", None, {}, "required"),
        ("text", 3, {}, "not_text"),
        ("count", True, {}, "not_text"),
        ("text", "长" * 11, {"max_length": 10}, "too_long"),
        ("account_id", "13812345678", {}, "account_id.mobile_number"),
        ("account_id", "小王", {}, "account_id.not_numeric"),
        ("account_id", "12", {}, "account_id.too_short"),
        ("account_id", "1" * 16, {}, "account_id.too_long"),
        ("account_id", "ID:", {}, "account_id.empty"),
        ("mobile", "82345678", {}, "mobile.no_area_code"),
        ("mobile", "abc", {}, "mobile.not_numeric"),
        ("mobile", "123", {}, "mobile.not_a_phone"),
        ("mobile", "\u200b", {}, "mobile.empty"),
        ("count", "两次", {}, "not_a_number"),
        ("count", "6", {"max": 5}, "out_of_range"),
        ("count", "9" * 9_999, {}, "out_of_range"),
        ("amount", "66.505", {}, "not_an_amount"),
        ("amount", "-1", {}, "not_an_amount"),
        ("amount", "5", {"min": "6"}, "amount_too_small"),
        ("amount", "7", {"max": "6.99"}, "amount_too_big"),
        ("one_of", "diamond", {}, "unknown_option"),
        ("date", "2026-02-30", {}, "not_a_date"),
        ("date", "2月30日", {}, "not_a_date"),
        ("date", "下周", {}, "not_a_date"),
        ("datetime", "2026-11-20", {}, "not_a_datetime"),
        ("datetime", "15:30", {}, "not_a_datetime"),
        ("datetime", "2026-11-20 25:00", {}, "not_a_datetime"),
        ("datetime", "2026-11-21 15:31", {"when": "past"}, "in_future"),
        ("datetime", "2026-11-21 15:29", {"when": "future"}, "in_past"),
        ("date", "2026-11-22", {"when": "past"}, "in_future"),
        ("date", "2026-11-20", {"when": "future"}, "in_past"),
    ],
)
def test_what_is_refused_and_why(kind: str, raw: object, more: dict[str, Any], code: str) -> None:
    assert refused(kind, raw, **more) == code


@pytest.mark.parametrize(
    ("when", "kept"), [("past", "2026-01-03"), ("future", "2027-01-03"), (None, "2027-01-03")]
)
def test_a_missing_year_is_told_from_now(when: str | None, kept: str) -> None:
    assert parse_value(variable("date", when=when), "1月3日", now=NOW) == kept


@pytest.mark.parametrize("raw", ["1月3日", "昨天"])
def test_without_a_clock_the_year_is_asked_for(raw: str) -> None:
    with pytest.raises(ValueRefused) as caught:
        parse_value(variable("date"), raw, now=None)
    assert caught.value.code == "year_missing"


def test_the_leap_day_has_a_year_when_there_is_one_near() -> None:
    assert refused("date", "2月29日") == "not_a_date"
    assert parse_value(variable("date"), "2月29日", now=NOW.replace(year=2027)) == "2028-02-29"


def test_all_refusals_come_at_once_in_words_of_their_own_where_there_are_any() -> None:
    clean, refusals = parse_values(
        (
            variable("count", key="a", error="请问清一共几次。"),
            variable("text", key="b", error="请写清楚。"),
            variable("text", key="c", required=False),
            variable("count", key="d"),
        ),
        {"a": "很多", "b": " ", "d": 3, "e": "x"},
        now=NOW,
    )
    assert clean == {"d": 3}
    assert {key: (each.code, each.told()) for key, each in refusals.items()} == {
        "a": ("not_a_number", "请问清一共几次。"),
        "b": ("required", WORDS["required"]),
        "e": ("unknown_field", WORDS["unknown_field"]),
    }


@given(
    kind=st.sampled_from(
        ["account_id", "mobile", "datetime", "date", "amount", "count", "text", "one_of"]
    ),
    raw=st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats(),
)
def test_anything_is_kept_in_a_storable_form_or_refused(kind: str, raw: object) -> None:
    asked = variable(kind)
    try:
        value = parse_value(asked, raw, now=NOW)
    except ValueRefused as error:
        said = WORDS[error.code] % error.params
        assert said
        return
    assert value is not None
    assert json.loads(json.dumps(value)) == value
    assert parse_value(asked, value, now=NOW) == value
    assert in_words(asked, value)


def test_values_in_words() -> None:
    assert in_words(variable("one_of"), "gold") == "黄金"
    assert in_words(variable("amount"), "66.00") == "66 元"
    assert in_words(variable("amount"), "66.50") == "66.50 元"
    assert in_words(variable("datetime"), "2026-01-02T08:05") == "2026年1月2日 08:05"
    assert in_words(variable("date"), "2026-01-02") == "2026年1月2日"
    assert in_words(BooleanVariable(kind="boolean", key="b", label="乙"), False) == "否"


def test_values_have_an_order() -> None:
    amount, tier = variable("amount"), variable("one_of", ordered=True)
    assert rank(amount, "9.00") < rank(amount, "10.00")  # type: ignore[operator]
    assert rank(tier, "gold") < rank(tier, "platinum")  # type: ignore[operator]


def test_today_is_that_of_the_desk_whatever_zone_the_clock_has() -> None:
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert parse_value(variable("date"), "今天", now=late) == "2026-11-21"
    assert parse_value(variable("datetime", when="past"), "今天 0:30", now=late)
