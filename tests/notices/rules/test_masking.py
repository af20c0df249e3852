"""Long numbers and mail addresses never pass; numbers of tickets and dates do."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.rules.excerpt import LONGEST_ERROR, safe_error
from notices.rules.masking import LONG_RUN, MAIL, NUMBER, mask_numbers, mask_values

SEPARATED = st.lists(st.sampled_from(list("0123456789")), min_size=LONG_RUN, max_size=20).flatmap(
    lambda digits: st.lists(
        st.sampled_from(["", "-", " ", ".", "  ", "·"]), min_size=len(digits), max_size=len(digits)
    ).map(lambda gaps: "".join(a + b for a, b in zip(digits, gaps, strict=True)))
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请回拨 13800138000", f"请回拨 {NUMBER}"),
        ("138-0013-8000", NUMBER),
        ("１３８００１３８０００", NUMBER),
        ("一三八零零一三八零零零", NUMBER),
        ("+86 (138) 0013 8000", f"+{NUMBER}"),
        ("写信给 li.si@example.com 吧", f"写信给 {MAIL} 吧"),
        ("工单 T00001234", "工单 T00001234"),
        ("AT00001234", f"AT{NUMBER}"),
        ("与T00001234重复", "与T00001234重复"),
        ("2026/3/9、2026.3.10 12:30", "2026/3/9、2026.3.10 12:30"),
        ("2026/3-9 1234", NUMBER),
        ("2026-03-09 18:00", "2026-03-09 18:00"),
        ("到 2026-03-09 18:00：灵感值", "到 2026-03-09 18:00：灵感值"),
        ("1380-01-3800", NUMBER),
        ("扣了 120 灵感值", "扣了 120 灵感值"),
        ("139—7120—3945", NUMBER),
        ("139 - 7120 - 3945", NUMBER),
        ("13\u200b9712\u200b03945", NUMBER),
        ("a@b.c+z@d.e 和 x@y", f"{MAIL} 和 {MAIL}"),
        ("13800138000@qq.com", MAIL),
        ("T00001234.li@qq.com", MAIL),
        ("@advisor 看一下 a@", "@advisor 看一下 a@"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


@given(st.text(max_size=30), SEPARATED, st.text(max_size=30))
def test_no_long_run_of_digits_is_left(before: str, number: str, after: str) -> None:
    masked = mask_numbers(f"{before} {number} {after}")
    kept = re.sub(r"T[0-9]{8,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9:]{5,8})?", "", masked)
    assert not re.search(r"\d{7}", kept)


@pytest.mark.parametrize("part", ["a", "a.", "a-", "1-", "1.", "a@", "@", "1\u200b", "T1", "1 - x"])
def test_a_long_text_is_read_once(part: str) -> None:
    """With what is read again and again this takes hours."""
    mask_numbers(part * (400_000 // len(part)))


@given(st.text(max_size=200))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_numbers(text)
    assert mask_numbers(once) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: (
        st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=5), each, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON)
def test_values_keep_their_shape(values: object) -> None:
    masked = mask_values(values)
    assert json.dumps(masked) is not None
    assert isinstance(masked, type(values)) or masked == NUMBER


def test_numbers_inside_values_are_masked() -> None:
    values = {"phone": 13800138000, "note": ["打 13800138000"], "chases": 3, "on": True}
    assert mask_values(values) == {
        "phone": NUMBER,
        "note": [f"打 {NUMBER}"],
        "chases": 3,
        "on": True,
    }


def test_an_error_keeps_no_secret_and_no_number() -> None:
    url = "/robot/send?access_token=abcdef0123456789"
    text = f"bad token abcdef0123456789\nfor {url} and SECabcdef, call 13800138000"
    safe = safe_error(text, secrets=(url, "SECabcdef"))
    assert "abcdef" not in safe
    assert "13800138000" not in safe
    assert "\n" not in safe
    assert len(safe_error("x" * 5_000)) == LONGEST_ERROR


@given(st.text("abcdef0123456789-_/?=&", min_size=6, max_size=60), st.text(max_size=40))
def test_a_secret_never_survives(secret: str, around: str) -> None:
    assert secret not in safe_error(f"{around} {secret} {around}", secrets=(secret,))
