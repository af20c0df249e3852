"""The guided tours in a browser: a step that points at nothing fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.test_thread import hand_over

pytestmark = pytest.mark.browser

SHOWS = """number => {
    const said = document.querySelector("[data-tour-count]")?.textContent.match(/\\d+/) ?? [];
    return said[0] === number && !document.querySelector("#desk-tour").hidden;
}"""


def walk(page: Any) -> list[str]:
    """Through a tour from its first step to its last, by keyboard; the steps' titles."""
    titles: list[str] = []
    box = page.locator("#desk-tour")
    box.wait_for(state="visible")
    many = int(re.findall(r"\d+", box.locator("[data-tour-count]").inner_text())[-1])
    for number in range(1, many + 1):
        page.wait_for_function(SHOWS, arg=str(number))
        title = box.locator("[data-tour-title]").inner_text()
        assert box.get_attribute("data-missing") is None, f"{title}: points at nothing ({page.url})"
        marked = page.locator(".desk-tour-target")
        assert marked.count() == 1, title
        assert marked.is_visible(), title
        assert page.evaluate("document.activeElement.id") == "desk-tour", title
        titles.append(title)
        if number < many:
            page.keyboard.press("ArrowRight" if number % 2 else "Enter")
    page.keyboard.press("Enter")
    box.wait_for(state="hidden")
    assert page.locator(".desk-tour-target").count() == 0
    return titles


@pytest.mark.parametrize("role", ["agent", "advisor", "manager", "editor", "admin"])
def test_every_step_finds_what_it_is_about(open_page: Callable[..., Any], role: str) -> None:
    if role in ("agent", "advisor"):
        worker = open_page("agent")
        if role == "advisor":
            number = hand_over(worker, "6600119911")
            worker.goto(f"/admin/ticket/{number}/")
        else:
            worker.goto("/admin/help/")
            question = next(
                step["url"]
                for step in worker.request.get("/admin/help/agent/tour/").json()["steps"]
                if "/questions/" in step["url"]
            )
            worker.goto(question)
            worker.click(".console-begin button.console-big")
            worker.wait_for_selector("#contact")
    page = open_page(role)
    page.goto("/admin/help/")
    expected = page.request.get(f"/admin/help/{role}/tour/").json()["steps"]
    page.click(".help-lead [data-tour-start]")
    assert walk(page) == [step["title"] for step in expected]
    if role == "agent":
        assert any(step["target"] == "#contact" for step in expected)
    if role == "advisor":
        assert any("/ticket/" in step["url"] for step in expected)


def test_it_stands_aside_and_ends(open_page: Callable[..., Any]) -> None:
    page = open_page("editor", width=390, height=800, dark=True)
    page.goto("/admin/help/")
    page.click(".help-lead [data-tour-start]")
    page.wait_for_url(re.compile("kb-room"))
    box = page.locator("#desk-tour")
    box.wait_for(state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # The page below can be used, and the tour waits where somebody goes elsewhere meanwhile.
    page.goto("/admin/inbox/")
    box.wait_for(state="visible")
    assert page.locator(".desk-tour-target").count() == 0
    assert page.evaluate("document.activeElement.id") != "desk-tour"
    page.click("[data-tour-on]")
    page.wait_for_url(re.compile("kb-room"))
    page.wait_for_function("() => document.activeElement.id === 'desk-tour'")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("standardquestion"))
    page.wait_for_selector(".desk-tour-target")
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    page.reload()
    assert box.is_hidden()
