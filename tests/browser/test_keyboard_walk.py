"""The whole thread without a mouse, and what axe says of the pages on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.browser.accessibility import troubles_in
from tests.browser.test_thread import search_and_open
from tests.browser.test_tier2 import wait_until_queued
from tests.browser.walking import Hand, at_contact

pytestmark = pytest.mark.browser

WORDS = "我做一个视频扣了我两次点数"


def headings(page: Any) -> list[int]:
    """Levels of the headings that are shown, in their order."""
    return [
        int(level)
        for level in page.evaluate(
            """[...document.querySelectorAll("h1, h2, h3, h4")]
                .filter(each => each.checkVisibility()).map(each => each.tagName[1])"""
        )
    ]


def is_sound(page: Any) -> None:
    """One first heading, none left out on the way down, one main landmark, nothing from axe."""
    levels = headings(page)
    assert levels.count(1) == 1, levels
    assert all(lower <= upper + 1 for upper, lower in pairwise(levels)), levels
    assert page.locator("main, [role=main]").count() == 1
    assert troubles_in(page) == []


def test_from_words_to_a_solved_ticket_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    hand = Hand(page)
    is_sound(page)
    hand.has_focus("#q")
    search_and_open(page, WORDS)
    is_sound(page)
    hand.press("s")
    at_contact(page)
    assert page.locator("#console-live").inner_text()
    is_sound(page)
    hand.press("3")
    hand.has_focus("[name=demand]")
    # Sent too early: the summary is read out, the first wrong field has the focus.
    hand.press("Control+Enter")
    page.wait_for_selector(".console-wrong[role=alert] a")
    hand.has_focus("[name=demand][aria-invalid=true]")
    assert hand.shows_focus()
    described = page.get_attribute("[name=demand]", "aria-describedby")
    assert page.inner_text(f"#{described}")
    is_sound(page)
    hand.type("退回多扣的灵感值")
    for name, text in (
        ("account_id", "3412001122"),
        ("contact_value", "13800138000"),
        ("extra.charged_at", "今天上午十点左右"),
        ("extra.work", "一只猫在草地上跑"),
    ):
        hand.next_field(name)
        hand.type(text)
    hand.press("Control+Enter")
    page.wait_for_selector("#ticket-number")
    number = page.inner_text("#ticket-number")
    is_sound(page)

    page = open_page("advisor")
    hand = Hand(page)
    is_sound(page)
    wait_until_queued(page, number)
    is_sound(page)
    hand.press("t")
    page.wait_for_selector("#action-contact")
    hand.press("c")
    hand.has_focus("#action-contact input[type=radio]")
    # A group of choices is walked with the arrows; the message was sent.
    hand.next("[value='private_message:sent']", key="ArrowDown")
    hand.next("#action-contact [name=note]")
    hand.type("已私信说明")
    hand.next("#action-contact button[type=submit]")
    assert hand.shows_focus()
    hand.press("Enter")
    page.wait_for_selector(".desk-timeline :text('已私信说明')")
    hand.press("s")
    hand.has_focus("#action-resolve select")
    # Sent empty: what is wrong is said, with a way to each field.
    hand.next("#action-resolve button[type=submit]")
    hand.press("Enter")
    page.wait_for_selector(".ticket-wrong a")
    hand.has_focus("#ticket-refused")
    hand.next(".ticket-wrong a[href='#resolve-code']")
    hand.press("Enter")
    hand.next("#action-resolve [name=code]")
    page.keyboard.press("ArrowDown")
    hand.next("#action-resolve [name=summary]")
    hand.type("核实重复扣除，已退回灵感值。")
    hand.next("#action-resolve button[type=submit]")
    with page.expect_navigation():
        hand.press("Enter")
    page.wait_for_selector(".desk-timeline li.sla-ok")
    is_sound(page)


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("agent", "/admin/console/waiting/"),
        ("advisor", "/admin/queue/"),
        ("manager", "/admin/queue/?view=open&sort=newest"),
        ("manager", "/admin/contacts/"),
    ],
    ids=["waiting", "queue", "all", "contacts"],
)
def test_a_page_beside_the_thread_is_sound(
    open_page: Callable[..., Any], person: str, path: str
) -> None:
    page = open_page(person)
    page.goto(path)
    is_sound(page)
