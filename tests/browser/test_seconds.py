"""What an answer and a hand-over cost an agent, counted in interactions (see ``walking``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.walking import Hand, at_contact, found

pytestmark = pytest.mark.browser

WORDS = "我做一个视频扣了我两次点数"
MOST_TO_SCRIPT = 3
MOST_TO_TICKET = 12


def opened(page: Any, hand: Hand) -> None:
    """From the console to the answer."""
    hand.has_focus("#q")
    hand.type(WORDS)
    found(page, WORDS)
    hand.press("Enter")
    page.wait_for_selector("#panel .desk-script")
    hand.has_focus("h2.console-title")


def test_from_words_to_the_copied_script(
    open_page: Callable[..., Any], measured: Callable[[str], None]
) -> None:
    page = open_page("agent")
    hand = Hand(page)
    opened(page, hand)
    hand.press("c")
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.length > 20)")
    assert "Edge" in page.evaluate("navigator.clipboard.readText()")
    measured(f"from words to the copied script: {hand.interactions} interactions")
    assert hand.interactions <= MOST_TO_SCRIPT
    assert hand.moves == 0


def test_from_the_console_to_a_double_charge_handed_over(
    open_page: Callable[..., Any], measured: Callable[[str], None]
) -> None:
    page = open_page("agent")
    hand = Hand(page)
    opened(page, hand)
    hand.press("s")
    at_contact(page)
    hand.has_focus(".console-prompt")
    hand.press("3")
    # Where typing begins, without a key; what was said already stands there.
    hand.has_focus("[name=demand]")
    assert WORDS in page.input_value("[name=problem]")
    assert page.input_value("[name='extra.times_charged']") == "2"
    assert page.is_checked("[name=contact_channel][value=call_back]")
    hand.type("退回多扣的灵感值")
    hand.next_field("account_id")
    hand.type("3412009988")
    hand.next_field("contact_value")
    hand.type("13800138000")
    hand.next_field("extra.charged_at")
    hand.type("今天上午十点左右")
    hand.next_field("extra.work")
    hand.type("一只猫在草地上跑")
    hand.press("Control+Enter")
    page.wait_for_selector("#ticket-number")
    hand.has_focus(".console-prompt")
    measured(
        f"from the console to a handed-over double charge: {hand.interactions} interactions, "
        f"{hand.moves} times Tab between fields"
    )
    assert hand.interactions <= MOST_TO_TICKET
    assert hand.moves <= MOST_TO_TICKET
