"""The design system as it is drawn: its living page beside the pictures that were agreed on."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.browser import conftest, snapshots
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser

WIDTHS = (1440, 390)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def english_page(browser: Any, desk_url: str, troubles: list[str]) -> Iterator[Any]:
    """In English, whose texts stand in the templates: a better translation changes no picture."""
    context = browser.new_context(base_url=desk_url, locale="en-US", reduced_motion="reduce")
    page = context.new_page()
    watch(page, troubles)
    page.goto("/admin/login/?next=/admin/design/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", conftest.PASSWORD)
    page.click("[type=submit]")
    page.wait_for_selector("#components")
    yield page
    context.close()


def test_every_component_looks_as_agreed(english_page: Any) -> None:
    page = english_page
    assert page.locator("html").get_attribute("lang") == "en"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) <= 0
        page.wait_for_function("() => document.fonts.status === 'loaded'")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate(conftest.FADED)
            pane = page.locator(f"#components [data-theme={theme}]")
            snapshots.agrees(pane.screenshot(), f"components-{width}-{theme}", conftest.ARTEFACTS)


def test_both_modes_are_on_the_page_whatever_the_system_prefers(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("editor", dark=True)
    page.goto("/admin/design/")
    ground = "each => getComputedStyle(each).backgroundColor"
    light = page.locator("#components [data-theme=light]")
    dark = page.locator("#components [data-theme=dark]")
    assert light.evaluate(ground) == "rgb(243, 245, 248)"
    assert dark.evaluate(ground) == "rgb(17, 20, 23)"
    assert page.locator("body").evaluate(ground) == "rgb(17, 20, 23)"
    # What a script paints with is a colour by then, and that of its place.
    read = "each => getComputedStyle(each).getPropertyValue('--report-tone-ok')"
    assert (light.evaluate(read), dark.evaluate(read)) == ("rgb(0, 114, 178)", "rgb(86, 180, 233)")
    # The admin's own switch of the colour scheme wins over the system.
    page.click(".theme-toggle")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert page.locator("body").evaluate(ground) == "rgb(243, 245, 248)"


def test_a_dialog_opens_closes_and_gives_the_focus_back(open_page: Callable[..., Any]) -> None:
    page = open_page("admin")
    page.goto("/admin/design/")
    opener = page.locator("[data-opens='#light-dialog']")
    dialog = page.locator("#light-dialog")
    opener.click()
    assert dialog.evaluate("each => each.matches(':modal')")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert opener.evaluate("each => each === document.activeElement")
    opener.click()
    dialog.locator("[data-closes]").click()
    dialog.wait_for(state="hidden")


# --- the comparison itself -----------------------------------------------------------------------


def picture(*, moved: int = 0, colour: str = "#1f5c9e") -> bytes:
    drawn = Image.new("RGB", (400, 300), "#ffffff")
    ImageDraw.Draw(drawn).rectangle((40 + moved, 40, 200 + moved, 100), fill=colour)
    output = io.BytesIO()
    drawn.save(output, "PNG")
    return output.getvalue()


@pytest.fixture
def agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshots, "REFERENCES", tmp_path / "references")
    monkeypatch.setenv("KLINGDESK_SNAPSHOTS", "write")
    snapshots.agrees(picture(), "box", tmp_path)
    monkeypatch.delenv("KLINGDESK_SNAPSHOTS")
    return tmp_path


def test_a_slightly_different_edge_is_no_difference(agreed: Path) -> None:
    snapshots.agrees(picture(), "box", agreed)
    snapshots.agrees(picture(moved=1), "box", agreed)
    assert not list(agreed.glob("*.png"))


@pytest.mark.parametrize("changed", [{"moved": 12}, {"colour": "#b3161f"}])
def test_another_place_or_colour_is_a_difference(agreed: Path, changed: Any) -> None:
    with pytest.raises(AssertionError, match="looks different"):
        snapshots.agrees(picture(**changed), "box", agreed)
    assert len(list(agreed.glob("box-*.png"))) == 3


def test_a_picture_that_nobody_agreed_on_is_a_failure(agreed: Path) -> None:
    with pytest.raises(AssertionError, match="no reference"):
        snapshots.agrees(picture(), "other", agreed)
