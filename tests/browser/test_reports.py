"""The reports in a real browser: charts under the policy, definitions, paper, no script."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.browser.accessibility import troubles_in
from tests.browser.conftest import PASSWORD
from tests.browser.test_thread import hand_over, is_counted
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

PERIOD = "from=2025-11-01&to=2027-10-31"
OVERVIEW = f"/admin/reports/sla/?{PERIOD}"
PAGES = {
    "overview": OVERVIEW,
    "groups": f"/admin/reports/groups/?{PERIOD}",
    "months": f"/admin/reports/groups/?group=month&{PERIOD}",
    "contacts": f"/admin/reports/contacts/?{PERIOD}",
    "hand-overs": f"/admin/reports/hand-overs/?{PERIOD}",
    "knowledge": f"/admin/reports/knowledge/?{PERIOD}",
}
ACCOUNT = "7710223344"
IN_LIGHT, IN_DARK = "0,114,178", "86,180,233"
"""The first colour of charts."""

# How many colours of its own a chart has: a canvas on which nothing was drawn has none.
COLOURS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  }
  return [...found];
}"""


@pytest.fixture(scope="module")
def numbers() -> dict[str, str]:
    """The ticket that the tests of this file look for, once it was handed over."""
    return {}


@pytest.fixture
def manager(open_page: Callable[..., Any], numbers: dict[str, str]) -> Any:
    """A manager's page, with at least one ticket counted."""
    if not numbers:
        numbers["ticket"] = hand_over(open_page("agent"), ACCOUNT)
    page = open_page("manager")
    counted = partial(is_counted, page, "handed_over", numbers["ticket"])
    until(page, counted, "the hand-over is counted")
    page.goto(OVERVIEW)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_fits_and_can_be_used_by_all(
    manager: Any, fits: Callable[[Any, str], None], name: str
) -> None:
    manager.goto(PAGES[name])
    for chart in manager.locator(".report-canvas:not([hidden]) canvas").all():
        assert len(chart.evaluate(COLOURS)) > 1
        assert chart.get_attribute("aria-label")
    if name in ("overview", "months", "groups"):
        assert manager.locator(".report-canvas canvas").count() >= 1
    fits(manager, f"report-{name}")
    manager.set_viewport_size({"width": 390, "height": 900})
    assert troubles_in(manager) == []


def test_a_definition_comes_with_focus_and_pointer_and_goes_with_escape(manager: Any) -> None:
    term = manager.locator("a[href='#def-attainment']").first
    tip = manager.locator(".report-tip")
    term.focus()
    tip.wait_for(state="visible")
    assert "÷" in tip.inner_text()
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    manager.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    manager.locator("h1").hover()
    term.hover()
    tip.wait_for(state="visible")
    # One may point at the words themselves without losing them.
    tip.hover()
    assert tip.is_visible()
    manager.locator("h1").hover()
    tip.wait_for(state="hidden")
    term.click()
    manager.wait_for_function(
        "() => document.querySelector('#def-attainment').closest('details').open"
    )


def test_a_number_opens_its_list_and_the_way_back(manager: Any, numbers: dict[str, str]) -> None:
    manager.locator(".report-cards a[href*='metric=handed_over']").first.click()
    manager.wait_for_url("**/reports/sla/tickets/**")
    assert numbers["ticket"] in manager.inner_text("#content")
    manager.locator(".report-pages a").first.click()
    manager.wait_for_url("**/reports/sla/?*")


def test_charts_follow_the_theme_and_the_width(manager: Any) -> None:
    chart = manager.locator(".report-canvas:not([hidden]) canvas").first

    def has(colour: str, other: str) -> bool:
        found = set(chart.evaluate(COLOURS))
        return colour in found and other not in found

    until(manager, lambda: has(IN_LIGHT, IN_DARK), "drawn for light")
    manager.emulate_media(color_scheme="dark")
    until(manager, lambda: has(IN_DARK, IN_LIGHT), "drawn again for dark")
    manager.set_viewport_size({"width": 390, "height": 900})
    until(manager, lambda: chart.bounding_box()["width"] <= 390, "as narrow as the screen")


def test_paper_has_the_tables_and_nothing_to_click(manager: Any) -> None:
    manager.emulate_media(media="print", color_scheme="dark")
    for gone in ("#header", ".report-period", ".report-tabs", ".report-canvas", ".export-offer"):
        assert not manager.locator(gone).first.is_visible(), gone
    wrap = manager.locator(".report-scroll").first
    assert wrap.evaluate("each => each.scrollHeight <= each.clientHeight")
    ground = manager.locator("#report-trend tbody tr:nth-child(2)").evaluate(
        "each => getComputedStyle(each).backgroundColor"
    )
    assert ground in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")


def test_without_scripts_the_tables_tell_it_all(browser: Any, desk_url: str, manager: Any) -> None:
    context = browser.new_context(base_url=desk_url, java_script_enabled=False, locale="zh-CN")
    try:
        page = context.new_page()
        page.goto("/admin/")
        page.fill("input[name=username]", "manager")
        page.fill("input[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.goto(OVERVIEW)
        assert not page.locator(".report-canvas").first.is_visible()
        assert page.locator("#report-trend tbody tr").count() >= 1
        page.select_option("#report-compare", "none")
        page.click(".report-period button[type=submit]")
        assert "compare=none" in page.url
        assert page.locator(".report-change").count() == 0
    finally:
        context.close()
