"""The beginning of what a user said: short, masked, and no half of a placeholder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.masking import NUMBER, mask
from tickets.selectors.first_words import FIRST_WORDS, first_words


def test_short_words_stay_whole() -> None:
    assert first_words(" 扣了两次\n请退款 ") == "扣了两次 请退款"
    assert first_words("字" * FIRST_WORDS) == "字" * FIRST_WORDS
    assert first_words("字" * (FIRST_WORDS + 1)) == "字" * FIRST_WORDS + "…"


@pytest.mark.parametrize("inside", [1, 2])
def test_a_placeholder_is_shown_whole_or_not_at_all(inside: int) -> None:
    before = "字" * (FIRST_WORDS - inside)
    assert first_words(f"{before}13800138000 是我的号码") == f"{before}…"
    whole = before[: FIRST_WORDS - 3]
    assert first_words(f"{whole}13800138000 是我的号码") == f"{whole}{NUMBER}…"


@given(st.text(alphabet="字扣 1358-a‹›#@.", max_size=200))
def test_they_begin_what_is_kept_of_the_words(words: str) -> None:
    shown, kept = first_words(words), mask(words)
    if len(kept) <= FIRST_WORDS:
        assert shown == kept
    else:
        assert shown.endswith("…")
        assert len(shown) <= FIRST_WORDS + 1
        assert kept.startswith(shown[:-1])
