"""Keys from titles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.keys import key_for


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("会员能退吗", "hui-yuan-neng-tui-ma"),
        ("API 怎么收费？", "api-zen-me-shou-fei"),
        ("？！", "question"),
        ("x" * 100, "x" * 60),
    ],
)
def test_readable_keys(title: str, key: str) -> None:
    assert key_for(title) == key


def test_a_taken_key_gets_a_number() -> None:
    taken = {"hui-yuan", "hui-yuan-2"}
    assert key_for("会员", taken=taken) == "hui-yuan-3"


def test_a_title_of_nothing_gets_the_word_for_that() -> None:
    assert key_for("？！", taken={"step"}, nameless="step") == "step-2"


@given(
    st.one_of(st.text(max_size=150), st.just("x" * 60)),
    st.sets(st.sampled_from(["question", "a", "a-2", "x" * 60])),
)
def test_always_a_free_slug_that_fits(title: str, taken: set[str]) -> None:
    key = key_for(title, taken=taken)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
    assert len(key) <= 60
    assert key not in taken
