"""An editor's day: from what nobody found to the answer that every agent finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.knowledge_steps import (
    logged,
    new_question,
    open_found,
    press,
    publish,
    search,
    told,
    type_in,
)

pytestmark = pytest.mark.browser

TITLE = "在哪里关掉作品的弹幕"
SCRIPT = "您好，请打开作品详情，点击右下角的弹幕按钮即可关闭。"
WORDS = "满屏飞的字怎么弄没"


def test_from_a_search_in_vain_to_an_answer_that_is_found(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page, agent = open_page("editor"), open_page("agent")
    new_question(page, title=TITLE, script=SCRIPT)
    for _time in range(2):
        with logged(agent):
            search(agent, WORDS)

    # The day begins with what needs care.
    page.goto("/admin/")
    assert page.url.endswith("/admin/kb-room/")
    tile = page.locator("a.room-tile[href*='kb-gaps']")
    assert int(tile.locator(".room-count").inner_text()) >= 1
    tile.click()

    # The words that users have become a phrasing of the question that they mean.
    gap = page.locator(".gaps-list > li", has_text=WORDS)
    assert "2" in gap.locator(".gaps-facts").inner_text()
    gap.locator("summary").click()
    gap.locator("[name=other]").fill(TITLE)
    gap.locator("button[value=phrasing]").click()
    page.wait_for_selector(".messagelist a")
    page.click(".messagelist a")
    page.wait_for_selector("#question-form")
    assert WORDS in page.input_value("[name=learned]")

    # The preview shows what agent and user will have, before anything is published.
    better = f"{SCRIPT}再点一次就会恢复。"
    type_in(page, script=better)
    page.wait_for_selector(f".question-chat:has-text('{better}')")
    page.fill("#question-words", WORDS)
    page.click("#question-test")
    page.wait_for_selector("#question-trial .question-hit--this")
    fits(page, "editor-day-question")

    # Review, publication, and the console has it.
    type_in(page, reason="补充用户原话")
    press(page, "submit")
    assert page.locator(".messagelist .success").count() == 1, told(page)
    publish(page, "审核通过")
    open_found(agent, WORDS, TITLE)
    assert agent.inner_text("#script-main") == better


def test_what_takes_long_says_so_and_is_not_sent_twice(open_page: Callable[..., Any]) -> None:
    page = open_page("editor")
    page.goto("/admin/kb-imports/")
    waiting = page.locator("#desk-working.is-on")
    # It goes nowhere here, so that the page stays as it is while the answer is on its way.
    page.evaluate("""() => {
        window.sent = 0;
        window.addEventListener("submit", (event) => {
            if (!event.defaultPrevented) window.sent += 1;
            event.preventDefault();
        });
    }""")
    page.set_input_files(
        "[name=files]",
        [{"name": "a.md", "mimeType": "text/markdown", "buffer": "没有题目".encode()}],
    )
    assert not waiting.count()
    form, button = page.locator(".imports-upload"), page.locator(".imports-upload button")
    button.click()
    waiting.wait_for(state="visible")
    assert form.get_attribute("aria-busy") == "true"
    assert button.get_attribute("aria-disabled") == "true"
    # A page that looks for news meanwhile does not set it free.
    page.evaluate("""() => document.body.dispatchEvent(new CustomEvent(
        "htmx:afterRequest", {bubbles: true, detail: {elt: document.body}}))""")
    assert waiting.count() == 1
    button.click(force=True)
    assert page.evaluate("window.sent") == 1
    # Back from the browser's memory, it can be sent again.
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert not waiting.count()
    assert button.get_attribute("aria-disabled") is None
    button.click()
    assert page.evaluate("window.sent") == 2
