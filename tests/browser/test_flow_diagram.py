"""The picture of a flow in a real browser: drawn under the strict policy, whatever stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kb.flows.diagram import draw, escaped
from kb.flows.readable import readable
from tests.kb.flows.test_diagram import NASTY

pytestmark = pytest.mark.browser

DRAWN = "[data-flow-drawing][data-drawn=yes]"
WATCHED = """window.reports = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.reports.push(`${event.violatedDirective} ${event.sample}`);
});"""
PARSED = """async (text) => {
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  return [diagram.db.getVertices().size, diagram.db.getEdges().length];
}"""
REDRAWN = """(text) => {
  const source = document.getElementById("flow-drawing-data");
  source.textContent = JSON.stringify({ ...JSON.parse(source.textContent), text });
  delete document.querySelector("[data-flow-drawing]").dataset.drawn;
  document.dispatchEvent(new Event("DOMContentLoaded"));
}"""


@pytest.fixture
def open_room(open_page: Callable[..., Any]) -> Callable[..., Any]:
    """A page of the editor on which every report of the policy is noted."""

    def opened(path: str, **more: Any) -> Any:
        page = open_page("editor", **more)
        page.add_init_script(WATCHED)
        page.goto(path)
        return page

    return opened


def reports(page: Any) -> list[str]:
    page.wait_for_timeout(300)  # reports come after the fact
    return list(page.evaluate("window.reports"))


@pytest.mark.parametrize("key", ["api", "membership-order", "watermark"])
def test_it_is_drawn_under_the_strict_policy(
    key: str, open_room: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_room(f"/admin/kb-flows/{key}/diagram/")
    page.wait_for_selector(DRAWN)
    drawn = page.evaluate(
        "Object.keys(JSON.parse(document.getElementById('flow-drawing-data').textContent).nodes).length"
    )
    assert page.locator(".flow-canvas g.node").count() == drawn > 5
    assert page.locator("style").count() == 0
    assert reports(page) == []
    fits(page, f"flow-diagram-{key}")


def test_a_step_is_opened_from_the_picture_and_from_the_list(open_room: Callable[..., Any]) -> None:
    page = open_room("/admin/kb-flows/api/diagram/")
    page.wait_for_selector(DRAWN)
    page.locator('.flow-canvas g.node[data-key="topic"]').click()
    page.wait_for_selector('#flow-node[data-flow-chosen="topic"]')
    assert page.locator("g.node.is-chosen").get_attribute("data-key") == "topic"
    assert "用户想解决的是哪一类问题" in page.inner_text("#flow-node")
    page.locator('.flow-outline [data-flow-node="paste"]').first.press("Enter")
    page.wait_for_selector('#flow-node[data-flow-chosen="paste"]')
    assert page.locator("g.node.is-chosen").get_attribute("data-key") == "paste"
    assert reports(page) == []


def test_it_is_enlarged_by_its_buttons(open_room: Callable[..., Any]) -> None:
    page = open_room("/admin/kb-flows/api/diagram/", width=390, dark=True)
    page.wait_for_selector(DRAWN)

    def width() -> int:
        return int(page.locator("#flow-svg").get_attribute("width"))

    first = width()
    page.click("[data-zoom=in]")
    assert width() > first
    page.click("[data-zoom=fit]")
    assert width() <= page.evaluate("document.querySelector('.flow-canvas').clientWidth")
    page.click("[data-zoom=full]")
    natural = width()
    page.click("[data-zoom=out]")
    assert width() < natural
    assert reports(page) == []


def test_no_text_breaks_the_language_or_the_picture(open_room: Callable[..., Any]) -> None:
    page = open_room("/admin/kb-flows/watermark/diagram/")
    page.wait_for_selector(DRAWN)
    for text in (
        *NASTY,
        *map(chr, range(0x20, 0x7F)),
        *(f"{chr(c)} end {chr(c)}" for c in range(0x21, 0x40)),
    ):
        script = text.encode("utf-8", "replace").decode()
        nodes = {
            "end": {
                "kind": "choice",
                "prompt": script,
                "choices": [
                    {"value": "a", "label": script, "next": "graph"},
                    {"value": "b", "label": "乙", "next": "end"},
                ],
            }
            if script.strip()
            else {"kind": "say", "script": "x", "next": "graph"},
            "graph": {"kind": "end", "outcome": "answered", "script": script or "x"},
            script: "cannot be read",
        }
        diagram = draw(readable({"start": "end", "nodes": nodes}).draft)
        found = page.evaluate(PARSED, diagram.mermaid())
        assert found == [len(diagram.nodes), len(diagram.ways)], script


def test_what_was_written_is_shown_and_not_run(open_room: Callable[..., Any]) -> None:
    page = open_room("/admin/kb-flows/watermark/diagram/")
    page.wait_for_selector(DRAWN)
    label = escaped('<img src=x onerror="window.bad=1"> #35; **b** `t`')
    page.evaluate(REDRAWN, f'flowchart TB\n  n0["{label}"]\n')
    page.wait_for_selector(DRAWN)
    text = "".join(page.locator(".flow-canvas g.node text").all_text_contents())
    assert text.replace(" ", "") == '<imgsrc=xonerror="window.bad=1">#35;**b**`t`'
    assert page.evaluate("window.bad") is None
    assert reports(page) == []


def test_without_scripts_the_list_says_the_same(
    browser: Any, desk_url: str, open_page: Callable[..., Any]
) -> None:
    signed_in = open_page("editor")
    context = browser.new_context(
        base_url=desk_url,
        java_script_enabled=False,
        storage_state=signed_in.context.storage_state(),
    )
    page = context.new_page()
    page.goto("/admin/kb-flows/api/diagram/")
    assert page.locator(".flow-canvas").is_hidden()
    page.click('.flow-outline a:has-text("topic")')
    assert "用户想解决的是哪一类问题" in page.inner_text("#flow-node")
    context.close()


def test_a_flow_is_tried_by_keyboard(
    open_room: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_room("/admin/kb-flows/double-charge/try/")
    page.keyboard.press("1")
    page.wait_for_selector(".console-path li")
    page.keyboard.press("b")
    page.wait_for_selector(".console-path", state="detached")
    page.keyboard.press("3")
    page.wait_for_selector("form[data-capture]")
    page.fill("[name=demand]", "退回")
    page.fill("[name=account_id]", "3412007788")
    page.fill("[name=contact_value]", "12")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert page.input_value("[name=demand]") == "退回"
    fits(page, "flow-try")
    assert reports(page) == []


def test_two_texts_are_drawn_as_one(
    open_room: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_room("/admin/kb-flows/mini-program/")
    area = page.locator("#flow-form textarea[name=text]")
    text = area.input_value()
    first = text.index("prompt: ") + len("prompt: ")
    area.fill(f"{text[:first]}改过的问题，{text[first:]}")
    with page.expect_navigation():  # the page asks the desk before it sends
        page.click("#flow-form [name=step][value=save]")
    page.goto("/admin/kb-flows/mini-program/compare/")
    page.wait_for_selector(DRAWN)
    assert page.locator("g.node.is-changed").count() == 1
    assert "改过的问题" in page.inner_text(".flow-change ins")
    page.locator("g.node.is-changed").click()
    assert page.evaluate("location.hash").startswith("#step-")
    assert reports(page) == []
    fits(page, "flow-compare")
