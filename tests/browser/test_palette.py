"""The palette and the keys as people press them: pinyin, input methods, narrow screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import filterfalse
from typing import Any

import pytest

from tests.browser.accessibility import troubles_in
from tests.browser.conftest import of_a_cut_line
from tests.browser.test_thread import WORDS, hand_over, search_and_open

pytestmark = pytest.mark.browser

OPTION = "#desk-palette [role=option]"


def open_palette(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.wait_for_selector("#desk-palette[open] [data-kind=pages]")


def look_for(page: Any, words: str, url: str) -> None:
    """Type, and wait until the first line leads where it should."""
    page.keyboard.type(words)
    page.wait_for_function(
        """words => {
            const state = document.querySelector('#desk-palette [role=status]').textContent;
            const busy = document.querySelector('#desk-palette [aria-busy]');
            return document.activeElement.value === words && !busy && /\\d/.test(state);
        }""",
        arg=words,
    )
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(url))


def accessible(page: Any) -> None:
    assert troubles_in(page, context="#desk-palette, #desk-keys") == []


def press_composing(page: Any, key: str, code: int = 0) -> None:
    """A key that belongs to an input method: newer browsers say so, older ones send 229."""
    page.evaluate(
        """([key, code]) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {
            key, keyCode: code, isComposing: !code, ctrlKey: key === 'k',
            bubbles: true, cancelable: true }))""",
        [key, code],
    )


def test_an_agent_finds_everything_from_one_field(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    open_palette(page)
    assert page.locator(f"{OPTION}[aria-selected=true]").count() == 1
    accessible(page)
    page.keyboard.press("Escape")
    # The focus is back where it was.
    assert page.evaluate("document.activeElement.id") == "q"

    open_palette(page)
    look_for(page, "lingganzhi chongfu kouchu", r"/console/questions/[\w-]+/$")
    page.wait_for_selector(".console-title:focus")

    # It is remembered, by its key alone.
    kept = page.evaluate("localStorage.getItem('klingdesk.palette')")
    assert re.fullmatch(r'\["question:[\w-]+"\]', kept)
    open_palette(page)
    page.wait_for_selector("#desk-palette [role=group]:first-child[data-kind=recent]")
    page.keyboard.press("Escape")

    page.keyboard.press("g")
    page.wait_for_selector("#desk-go a >> nth=0")
    page.keyboard.press("i")
    page.wait_for_url(re.compile("/inbox/"))


def test_an_input_method_keeps_its_keys(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    page.locator("#q").blur()
    for key in ("k", "?", "/", "g"):
        press_composing(page, key)
        press_composing(page, key, 229)
    assert page.locator("dialog[open], #desk-go:not([hidden])").count() == 0
    assert page.evaluate("document.activeElement.id") != "q"

    open_palette(page)
    first = page.get_attribute("#desk-palette-q", "aria-activedescendant")
    for key in ("Enter", "ArrowDown"):
        press_composing(page, key)
        press_composing(page, key, 229)
    assert page.locator("#desk-palette[open]").count() == 1
    assert page.get_attribute("#desk-palette-q", "aria-activedescendant") == first
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#desk-palette-q", "aria-activedescendant") != first


def test_the_list_of_keys_and_switching_them_off(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    search_and_open(page, WORDS)
    page.keyboard.press("?")
    listed = page.locator("#desk-keys[open] [data-keys-here]")
    assert "复制" in listed.inner_text()
    assert {"/", "c", "s"} <= set(listed.locator("kbd").all_inner_texts())
    accessible(page)
    page.keyboard.press("s")  # with a window open no key of the page works
    page.uncheck("#desk-keys [data-plain-keys]")
    page.keyboard.press("Escape")
    for key in ("?", "s", "g", "/"):
        page.keyboard.press(key)
    assert page.locator("dialog[open]").count() == 0
    assert "/console/questions/" in page.url
    page.keyboard.press("Control+k")
    page.wait_for_selector("#desk-palette[open]")


def test_a_running_contact_stays_while_a_question_is_looked_up(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("agent")
    search_and_open(page, WORDS)
    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    page.wait_for_selector("#contact [data-focus]:focus")
    here = page.url
    open_palette(page)
    page.keyboard.type("去水印")
    page.wait_for_selector("#desk-palette [data-kind=questions]")
    with page.context.expect_page() as beside:
        page.keyboard.press("Enter")
    beside.value.wait_for_url(re.compile("/console/questions/"))
    assert page.url == here
    page.keyboard.press("b")  # nothing to go back to: the contact is at its first step, and lives
    assert page.locator("#contact[data-stage=step]").count() == 1


def test_tickets_and_accounts_on_a_narrow_screen(open_page: Callable[..., Any]) -> None:
    number = hand_over(open_page("agent"), "6600998877")
    page = open_page("manager", width=390, dark=True, height=800)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.click("[data-palette-open]")
    page.wait_for_selector("#desk-palette[open]")
    box = page.locator("#desk-palette").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 800)
    look_for(page, number, f"/ticket/{number}/")
    page.click("[data-palette-open]")
    page.keyboard.type("6600998877")
    page.wait_for_selector(f"{OPTION} >> text=660****877")
    accessible(page)
    assert not any("6600998877" in url for url in sent), "an account ID stands in no address"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/queue/.*{number}"))


def test_without_the_desk_the_palette_says_so(
    open_page: Callable[..., Any], troubles: list[str]
) -> None:
    page = open_page("agent")
    open_palette(page)
    page.context.set_offline(True)
    page.keyboard.type("水印")
    page.wait_for_selector(".palette-state--bad")
    page.context.set_offline(False)
    page.context.clear_cookies()
    page.keyboard.type("x")
    page.wait_for_function(
        """() => {
            const palette = document.querySelector('#desk-palette');
            return palette.querySelector('[role=status]').textContent === palette.dataset.ended;
        }"""
    )
    # What the test did itself: the line that was cut.
    troubles[:] = filterfalse(of_a_cut_line, troubles)
