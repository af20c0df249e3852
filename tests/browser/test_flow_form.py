"""The form of a flow in a real browser: by keyboard alone, on a wide and on a narrow screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import filterfalse
from typing import Any

import pytest

from tests.browser.conftest import of_a_cut_line
from tests.browser.test_flow_editor import begin

pytestmark = pytest.mark.browser

Opener = Callable[..., Any]
Shots = Callable[[Any, str], None]
ROWS = ".flow-form-rows > [data-row]"


def key(page: Any, selector: str, *keys: str) -> None:
    """Press keys where the focus is put first."""
    page.focus(selector)
    for each in keys:
        page.keyboard.press(each)


def test_an_answer_and_a_new_step_by_keyboard(open_page: Opener, fits: Shots) -> None:
    page = open_page("editor")
    address = begin(page, "表单里改流程")
    page.goto(f"{address}form/")
    fits(page, "flow-form")
    key(page, "#step-ask a.button", "Enter")
    page.wait_for_url("**/form/step/ask/")
    fits(page, "flow-form-step")

    rows = page.locator(ROWS)
    before = rows.count()
    key(page, "[data-add-row]", "Enter")
    assert rows.count() == before + 1
    assert page.evaluate("document.activeElement.name") == f"choices-{before}-label"
    page.keyboard.type("说不清楚")
    rows.last.locator("select").select_option("+retry")
    up = rows.last.locator("[data-move=up]")
    up.focus()
    for _step in range(before):
        page.keyboard.press("Enter")
    # At the top there is no way up: the focus goes to the way down.
    assert page.evaluate("document.activeElement.dataset.move") == "down"
    assert rows.first.locator("[name$=-label]").input_value() == "说不清楚"
    page.keyboard.press("Control+s")
    page.wait_for_url("**/form/step/shuo-bu-qing-chu/")

    # What is missing is marked, and the first of it has the focus.
    page.keyboard.press("Control+s")
    page.wait_for_selector("[aria-invalid=true]")
    assert page.evaluate("document.activeElement.name") == "prompt"
    fits(page, "flow-form-errors")
    page.fill("[name=prompt]", "请用户截图")
    page.fill("[name=script]", "麻烦您截个图。")
    key(page, "[data-add-row]", "Enter")
    for number, (label, target) in enumerate((("发来了", "answered"), ("发不了", "hand-over"))):
        page.fill(f"[name=choices-{number}-label]", label)
        page.select_option(f"[name=choices-{number}-next]", target)
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/form/#step-shuo-bu-qing-chu$"))
    page.goto(address)
    text = page.input_value("textarea[name=text]")
    assert "- {value: shuo-bu-qing-chu, label: 说不清楚, next: shuo-bu-qing-chu}" in text
    page.wait_for_selector("#flow-count .desk-chip--ok, #flow-count .desk-chip--warn")


def test_only_what_the_kind_has_is_shown(open_page: Opener) -> None:
    page = open_page("editor")
    page.goto("/admin/kb-flows/membership-order/form/step/what-and-what/")
    row = page.locator(ROWS).first
    row.locator("summary").click()

    def shown() -> list[str]:
        return [
            str(part.get_attribute("name")).rpartition("-")[2]
            for part in row.locator("[data-only-for]").all()
            if part.is_visible()
        ]

    assert shown() == ["options", "ordered"]
    row.locator("select[name$=-kind]").select_option("amount")
    assert shown() == ["min", "max"]


def test_two_editors_of_one_step(open_page: Opener, fits: Shots) -> None:
    one, other = open_page("editor"), open_page("admin")
    step = f"{begin(one, '两个人改一步')}form/step/answered/"
    one.goto(step)
    other.goto(step)
    one.fill("[name=script]", "很高兴帮到您。")
    one.keyboard.press("Control+s")
    one.wait_for_selector(".messagelist")
    other.fill("[name=script]", "很高兴能够帮到您。")
    other.keyboard.press("Control+s")
    other.wait_for_selector("#flow-problem ins")
    assert other.evaluate("document.activeElement.id") == "flow-problem"
    assert other.input_value("[name=script]") == "很高兴能够帮到您。"
    fits(other, "flow-form-conflict")
    other.click("[data-saves]")
    other.wait_for_selector(".messagelist")
    one.goto(step)
    assert one.input_value("[name=script]") == "很高兴能够帮到您。"


@pytest.mark.parametrize("place", ["form/step/ask/", "form/new/", ""])
def test_sent_after_the_session_is_over_nothing_typed_is_lost(
    open_page: Opener, troubles: list[str], place: str
) -> None:
    page = open_page("editor")
    address = begin(page, "登录过期")
    page.goto(f"{address}{place}")
    field = page.locator("form[data-keeps-typed] :is(textarea, input[type=text]):visible").first
    typed = field.input_value() + "\n# 打了很久的字" if place == "" else "打了很久的字"
    field.fill(typed)
    session = [each for each in page.context.cookies() if each["name"] == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Control+s")
    page.wait_for_selector("[data-logged-out]:visible")
    assert field.input_value() == typed
    # The desk cannot be reached at all.
    page.context.add_cookies(session)
    page.context.set_offline(True)
    page.keyboard.press("Control+s")
    page.wait_for_selector("#desk-offline:visible")
    assert page.locator("[data-logged-out]").is_hidden()
    assert field.input_value() == typed
    # Logged in again, the same press goes through.
    page.context.set_offline(False)
    assert list(filterfalse(of_a_cut_line, troubles)) == []
    troubles.clear()
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    assert page.locator("#desk-offline:visible, [data-logged-out]:visible").count() == 0
