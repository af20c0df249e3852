"""A long list of boxes: found in it, counted, and sent as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PASSWORD
from tests.browser.walking import Hand

pytestmark = pytest.mark.browser


def test_finding_in_a_long_list(open_page: Callable[..., Any]) -> None:
    page = open_page("manager")
    page.goto("/admin/design/")
    many = page.locator("[data-boxes]").first
    shown = many.locator("label:visible")
    count, none = many.locator("[data-boxes-count]"), many.locator("[data-boxes-none]")
    assert shown.count() == 12
    assert "1" in count.inner_text()
    assert "12" in count.inner_text()

    hand = Hand(page)
    many.locator("[data-boxes-filter]").focus()
    hand.type("kl -07")
    assert shown.all_inner_texts() == ["KL-07"]
    # Enter leads on to what was found, and sends nothing.
    hand.press("Enter")
    hand.has_focus("input[type=checkbox]")
    assert hand.shows_focus()
    hand.press("Space")
    assert "2" in count.inner_text().replace("12", "")
    assert page.url.endswith("/admin/design/")

    many.locator("[data-boxes-filter]").focus()
    hand.type(" nobody")
    assert none.is_visible()
    assert shown.count() == 0
    hand.press("Escape")
    assert shown.count() == 12
    assert none.is_hidden()
    # What was hidden meanwhile is ticked as before.
    assert many.locator("input:checked").count() == 2


def test_without_a_script_it_is_a_list_of_boxes(browser: Any, desk_url: str) -> None:
    """Nothing is offered that would not work."""
    context = browser.new_context(base_url=desk_url, java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto("/admin/login/?next=/admin/design/")
        page.fill("input[name=username]", "manager")
        page.fill("input[name=password]", PASSWORD)
        page.click("[type=submit]")
        many = page.locator("[data-boxes]").first
        assert many.locator("[data-boxes-filter]").is_hidden()
        assert many.locator("label:visible").count() == 12
    finally:
        context.close()
