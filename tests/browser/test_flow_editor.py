"""The text of a flow in a real browser: the check beside it, keys, and two editors at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.knowledge_steps import told

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]
TEXT = "textarea[name=text]"
LINES = re.compile(r"\d+")


def begin(page: Any, title: str) -> str:
    """A new flow; the address of its text."""
    page.goto("/admin/kb-flow-new/")
    page.fill("[name=title]", title)
    page.press("[name=title]", "Enter")
    page.wait_for_url(re.compile(r"/admin/kb-flows/[a-z0-9-]+/$"))
    return str(page.url)


def change(page: Any, old: str, new: str) -> None:
    text = page.input_value(TEXT)
    assert old in text
    page.fill(TEXT, text.replace(old, new))


def selected(page: Any) -> str:
    return str(page.eval_on_selector(TEXT, "e => e.value.slice(e.selectionStart, e.selectionEnd)"))


def test_a_flow_is_written_checked_and_published(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    begin(page, "作品忽然打不开")
    page.wait_for_selector("#flow-count .desk-chip--ok")

    change(page, "next: answered", "next: nowhere")
    page.wait_for_selector(".flow-finding.is-error:has-text('nowhere')")
    page.click(".flow-finding:has-text('nowhere') .flow-jump")
    assert "nowhere" in selected(page)
    assert page.inner_text("#flow-gutter .is-error >> nth=0").isdigit()
    fits(page, "flow-text")
    change(page, "next: nowhere", "next: answered")
    page.wait_for_selector("#flow-count .desk-chip--ok")

    change(page, "label: 需要进一步处理", "label: 可以稍后处理")
    page.check(".flow-finding.is-warning input[name=accepted]")
    change(page, "您遇到的是什么情况", "您遇到了什么情况")
    page.wait_for_function(
        "() => !document.querySelector('#flow-findings').classList.contains('htmx-request')"
    )
    assert page.is_checked("input[name=accepted]")
    page.fill("[name=reason]", "第一版")
    page.click("button[value=publish]")
    page.wait_for_url("**/versions/")
    assert LINES.findall(told(page)) == ["1"]


def test_keys(open_page: Opener) -> None:
    page = open_page("editor")
    begin(page, "积分忽然少了")
    page.eval_on_selector(
        TEXT,
        "e => { const at = e.value.indexOf('kind: choice') + 12; e.setSelectionRange(at, at) }",
    )
    page.focus(TEXT)
    page.keyboard.press("Enter")
    page.keyboard.type("hint: x")
    assert "    kind: choice\n    hint: x\n" in page.input_value(TEXT)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.focus(TEXT)

    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("location.assign('/admin/kb-flows/')")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]

    page.eval_on_selector(TEXT, "e => { e.setSelectionRange(120, 120); e.scrollTop = 40 }")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    page.wait_for_selector(".messagelist")
    caret = "e => [e.selectionStart, document.activeElement === e]"
    assert page.eval_on_selector(TEXT, caret) == [120, True]
    assert "hint: x" in page.input_value(TEXT)


def test_two_editors(open_page: Opener, fits: Shots) -> None:
    one, other = open_page("editor"), open_page("admin")
    address = begin(one, "会员忽然没了")
    other.goto(address)
    change(one, "您遇到的是什么情况", "您遇到了什么问题")
    one.focus(TEXT)
    one.keyboard.press("Control+s")
    one.wait_for_selector(".messagelist")
    change(other, "很高兴帮到您", "很高兴能帮到您")
    other.focus(TEXT)
    other.keyboard.press("Control+s")
    other.wait_for_selector("#flow-conflict")
    assert other.evaluate("document.activeElement.id") == "flow-conflict"
    assert other.locator("#flow-conflict del").count() > 0
    assert "很高兴能帮到您" in other.input_value(TEXT)
    fits(other, "flow-conflict")
    other.click("[data-saves]")
    other.wait_for_selector(".messagelist")
    one.reload()
    assert "很高兴能帮到您" in one.input_value(TEXT)
