"""What a person does by mistake, and what they have typed: neither is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PASSWORD
from tests.browser.test_thread import (
    WORDS,
    fill_capture,
    hand_over,
    search_and_open,
    walk_to_hand_over,
)
from tests.browser.test_tier2 import unfold, wait_until_queued

pytestmark = pytest.mark.browser

CANARY = "内部备注"


def log_in_here(page: Any, person: str) -> None:
    page.fill("input[name=username]", person)
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(re.compile(r"/admin/(?!login)"))


def take(page: Any, number: str) -> None:
    wait_until_queued(page, number)
    page.locator("[data-key=t]").first.click()
    page.wait_for_selector("#action-note")


def test_undo_and_what_was_typed(open_page: Callable[..., Any]) -> None:
    number = hand_over(open_page("agent"), "6600556677")
    page = open_page("advisor")
    take(page, number)
    here = f"/admin/ticket/{number}/"

    # A release by mistake: the offer counts down on the next page, and the button takes it back.
    form = unfold(page, "release")
    form.locator("form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/admin/queue/"))
    page.wait_for_selector("#desk-toasts.toasts .toast-undo .toast-left:not(:empty)")
    assert page.evaluate("document.activeElement === document.body")
    page.click(".toast-undo button")
    page.wait_for_url(re.compile(number))
    assert page.locator("#action-resolve, #action-contact").count() > 0

    # A note in the wrong ticket: taken back by key, and gone after a reload.
    form = unfold(page, "note")
    form.locator("[name=note]").fill("这句写错工单了")
    form.locator("form button[type=submit]").click()
    page.wait_for_selector(".toast-undo")
    assert "这句写错工单了" in page.inner_text("#content")
    page.keyboard.press("z")
    page.wait_for_selector("#desk-toasts li.success:not(:has(form))")
    page.reload()
    assert "这句写错工单了" not in page.inner_text("#content")
    assert page.locator("[data-draft-drop]").count() == 0, "the desk had it: no draft is left"

    # Typed and not sent: back after a reload, in this tab alone; discarded when asked.
    form = unfold(page, "note")
    form.locator("[name=note]").fill("还没写完")
    page.reload()
    page.wait_for_selector("[data-draft-drop]")
    assert page.input_value("#action-note [name=note]") == "还没写完"
    other = page.context.new_page()
    other.goto(here)
    assert other.input_value("#action-note [name=note]") == ""
    page.click("[data-draft-drop]")
    assert page.input_value("#action-note [name=note]") == ""
    page.reload()
    assert page.locator("[data-draft-drop]").count() == 0

    # The session ends meanwhile: nothing is sent, nothing lost; the login brings back the page.
    page.locator("#action-note summary").click()
    page.locator("#action-note [name=note]").fill("会话过期前写的")
    page.context.clear_cookies(name="sessionid")
    page.locator("#action-note form button[type=submit]").click()
    page.wait_for_selector("#desk-logged-out:visible")
    assert page.input_value("#action-note [name=note]") == "会话过期前写的"
    page.goto(here)
    log_in_here(page, "advisor")
    page.wait_for_selector("[data-draft-drop]")
    assert page.input_value("#action-note [name=note]") == "会话过期前写的"
    page.locator("#action-note form button[type=submit]").click()
    page.wait_for_selector(".toast-undo")
    page.goto(here)
    assert page.locator("[data-draft-drop]").count() == 0
    assert "会话过期前写的" in page.inner_text(".desk-timeline")

    # Logging out forgets everything, and so does somebody else at the same tab.
    unfold(page, "note").locator("[name=note]").fill("只给我自己看")
    page.wait_for_function(
        "() => Object.keys(sessionStorage).some((key) => key.startsWith('desk:draft:'))"
    )
    page.evaluate("document.getElementById('logout-form').requestSubmit()")
    page.wait_for_url(re.compile("logout"))
    assert page.evaluate("JSON.stringify(sessionStorage)").count("只给我自己看") == 0


def test_another_person_at_the_same_tab_finds_nothing(open_page: Callable[..., Any]) -> None:
    page = open_page("advisor")
    page.evaluate("sessionStorage.setItem('desk:draft:0:/admin/x/:note', '{\"values\": {}}')")
    page.reload()
    assert (
        page.evaluate("Object.keys(sessionStorage).filter((key) => key.includes(':0:')).length")
        == 0
    )


def to_capture(page: Any) -> None:
    page.goto("/admin/console/")
    search_and_open(page, WORDS)
    walk_to_hand_over(page)


def test_a_refused_hand_over_comes_back_as_it_was_sent(open_page: Callable[..., Any]) -> None:
    """Not as it was a moment before, when it was last kept."""
    page = open_page("agent")
    to_capture(page)
    page.fill("[name=demand]", "甲")
    page.wait_for_function(
        "() => Object.values(sessionStorage).some((kept) => kept.includes('甲'))"
    )
    page.evaluate(
        """() => {
        const form = document.querySelector("form[data-capture]");
        for (const [name, value] of [["demand", "退还多扣的灵感值"], ["account_id", "6600556611"],
            ["extra.times_charged", "三次"]]) {
          form.elements[name].value = value;
          form.elements[name].dispatchEvent(new Event("input", { bubbles: true }));
        }
        form.requestSubmit();
      }"""
    )
    page.wait_for_selector("form[data-capture] [aria-invalid=true]")
    sent = {"demand": "退还多扣的灵感值", "account_id": "6600556611", "extra.times_charged": "三次"}
    assert {name: page.input_value(f"[name='{name}']") for name in sent} == sent
    page.reload()
    page.wait_for_selector("[data-draft-drop]")
    assert {name: page.input_value(f"[name='{name}']") for name in sent} == sent


def test_a_hand_over_survives_the_end_of_the_session(
    open_page: Callable[..., Any], troubles: list[str]
) -> None:
    page = open_page("agent")
    to_capture(page)
    fill_capture(page, "6600556612")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#console-logged-out:visible")
    assert page.locator("#console-failed:visible").count() == 0
    assert [each.split(":")[0] for each in troubles] == ["401"]
    troubles.clear()
    page.reload()
    log_in_here(page, "agent")
    page.wait_for_selector("[data-draft-drop]")
    assert page.input_value("[name=account_id]") == "6600556612"
    assert page.input_value("[name=demand]") == "退回多扣的灵感值"
    page.locator("[name=account_id]").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticket-number")


def test_what_is_copied_holds_nothing_internal(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    page.goto("/admin/console/")
    search_and_open(page, WORDS)
    button = page.locator("[data-copy]:visible").first
    button.wait_for()
    script = page.locator(button.get_attribute("data-copy"))
    internal = [text.strip() for text in page.locator(".console-internal-text").all_inner_texts()]

    button.click()
    page.wait_for_function("() => document.getElementById('desk-said').textContent !== ''")
    assert page.inner_text("#desk-said") == button.get_attribute("data-done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == script.inner_text().strip()
    selected = script.evaluate(
        "each => { getSelection().selectAllChildren(each); return getSelection().toString(); }"
    )
    for text in (copied, selected):
        assert not any(note in text for note in internal if note)
        assert CANARY not in text

    # Where the browser refuses, the text stands selected for the person's own hands.
    page.evaluate("getSelection().removeAllRanges()")
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )
    button.click()
    page.wait_for_function("() => getSelection().toString() !== ''")
    assert page.evaluate("getSelection().toString()").strip() == script.inner_text().strip()
    assert button.inner_text() == button.get_attribute("data-failed")
