"""What open pages ask by themselves is told apart from what a person does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.waiting import until

pytestmark = pytest.mark.browser

HEADER = "x-desk-polling"


def asked_by(page: Any) -> list[tuple[str, bool]]:
    """Filled as the page asks: address, and whether it says that nobody did it."""
    found: list[tuple[str, bool]] = []

    def note(request: Any) -> None:
        if "/static/" not in request.url:
            found.append((request.url, HEADER in request.headers))

    page.on("request", note)
    return found


def test_polls_say_that_nobody_is_there(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    page.clock.install()
    page.goto("/admin/console/waiting/")
    page.wait_for_load_state("networkidle")
    asked = asked_by(page)
    page.clock.run_for(16_000)
    until(page, lambda: any("/waiting/" in url for url, _own in asked), "the list is asked for")
    page.clock.run_for(31_000)
    until(page, lambda: any("/unread/" in url for url, _own in asked), "the notices are, too")
    assert all(is_own for _url, is_own in asked), asked


def test_a_person_who_searches_is_there(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    page.goto("/admin/console/")
    asked = asked_by(page)
    page.fill("input[name=q]", "退款")
    until(page, lambda: bool(asked), "it is searched")
    assert not any(is_own for url, is_own in asked if "/unread/" not in url)


def test_a_page_that_waits_is_loaded_anew_once(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    page.clock.install()
    address = "/admin/console/waiting/"
    notice = '<p data-look-again="5">…</p>'
    waits = {"still": True}

    def answer(route: Any) -> None:
        response = route.fetch()
        text = response.text()
        if waits["still"]:
            text = text.replace("</main>", f"{notice}</main>")
        route.fulfill(response=response, body=text)

    page.route(f"**{address}", answer)
    page.goto(address)
    assert page.locator("[data-look-again]").count() == 1
    asked = asked_by(page)
    page.clock.run_for(5_500)
    until(page, lambda: bool(asked), "it is asked for")
    assert all(is_own for _url, is_own in asked), asked
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-look-again]").count() == 1
    waits["still"] = False
    page.clock.run_for(5_500)
    until(page, lambda: page.locator("[data-look-again]").count() == 0, "it is loaded anew")
