"""Errors are kept in plain English and shown in the reader's language."""

from __future__ import annotations

import pytest

from notices.error_words import ERRORS, REFUSALS, in_error_words
from notices.rules.robots import UNREADABLE
from notices.rules.targets import Refusal


def test_every_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(Refusal)
    for why in Refusal:
        assert in_error_words(f"refused: {why.value}") == str(REFUSALS[why])


@pytest.mark.parametrize("text", [*ERRORS, UNREADABLE])
def test_what_we_say_ourselves_is_translated(text: str) -> None:
    assert in_error_words(text) == str(ERRORS[text]) != text


def test_what_others_say_stays() -> None:
    assert in_error_words("HTTP 500: 内部错误") == "HTTP 500: 内部错误"
    assert in_error_words("nothing got through since 2026-03-04 02:30 UTC") == (
        "Nothing got through there since 2026-03-04 02:30 UTC."
    )
