"""Decision flows as agents walk them: typed values, checks, tries that take hours, colleagues.

By keyboard wherever a keyboard will do, as agents work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

SECRET = "sk-0123456789abcdef0123456789abcdef"
REQUEST = {
    "model": "kling-v2-5-turbo",
    "prompt": "海边日落",
    "seconds": 5,
    "size": "1920x1080",
}
CURL = (
    f"curl https://api.example.com/v1/videos -H 'Authorization: Bearer {SECRET}' "
    f"-H 'Content-Type: application/json' -d '{json.dumps(REQUEST, ensure_ascii=False)}'"
)


def begin(page: Any, question: str) -> None:
    """Start the flow of a standard question by its key."""
    page.goto(f"/admin/console/questions/{question}/")
    page.focus("h2.console-title")
    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    page.wait_for_selector(".console-prompt")


def prompt(page: Any) -> str:
    return str(page.inner_text(".console-prompt"))


def goes_on(page: Any, act: Callable[[], Any]) -> None:
    """Do something and wait for the step that it leads to: its heading has the focus then, or
    at a hand-over the field at which typing begins."""
    before = prompt(page)
    act()
    page.wait_for_function(
        "before => document.querySelector('.console-prompt')?.innerText !== before", arg=before
    )
    page.wait_for_function("() => document.activeElement.matches('[data-focus]')")


def key(page: Any, name: str) -> None:
    goes_on(page, lambda: page.keyboard.press(name))


def choose(page: Any, label: str) -> None:
    """The answer with this label, by its number key."""
    labels = page.locator(".console-choice span").all_inner_texts()
    key(page, str(labels.index(label) + 1))


def live(page: Any) -> str:
    return str(page.inner_text("#console-live"))


def send(page: Any) -> None:
    goes_on(page, lambda: page.keyboard.press("Control+Enter"))


def pick(page: Any, **options: str) -> None:
    for name, value in options.items():
        page.check(f"[name='values.{name}'][value='{value}']")


def to_both_ids(page: Any, case: str = "手机号和账号两端都一样") -> None:
    begin(page, "web-membership-not-synced")
    choose(page, case)
    choose(page, "还是没有")


def test_a_table_decides_what_was_filled_in_by_keyboard(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    begin(page, "second-subscription")
    assert page.evaluate("document.activeElement.matches('.console-prompt')")
    fits(page, "flow-1-collect")

    # All mistakes at once, the first of them has the focus, and nothing chosen is lost.
    pick(page, holds_plan="monthly", holds_tier="gold")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("form[data-capture] [role=alert]")
    assert page.locator("fieldset[aria-invalid=true]").count() == 2
    page.wait_for_function("() => document.activeElement.name === 'values.wants_plan'")
    assert page.is_checked("[name='values.holds_plan'][value=monthly]")

    # A number belongs to the field that has the focus; Esc leaves the field.
    page.keyboard.press("1")
    assert page.locator(".console-path li").count() == 0
    pick(page, wants_plan="quarterly", wants_tier="gold")
    send(page)
    assert "连续包季" in page.inner_text("#script-main")
    assert page.locator(".console-facts dd").count() >= 4
    fits(page, "flow-2-table")

    # One step back by Esc: what was filled in stands there again.
    key(page, "Escape")
    assert page.is_checked("[name='values.wants_tier'][value=gold]")
    pick(page, holds_plan="single-1", wants_plan="single-3")
    send(page)
    assert page.locator("form[data-capture] [name='extra.holds_tier']").count() == 1


def test_a_pasted_request_is_corrected_and_its_secret_stands_nowhere(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    sent: list[str] = []

    def received(answer: Any) -> None:
        if "text/html" in (answer.headers.get("content-type") or ""):
            sent.append(answer.text())

    begin(page, "api-usage")
    choose(page, "开发者，写程序调用")
    choose(page, "请求报错或任务失败")
    page.on("response", received)
    page.fill("textarea.console-paste", CURL)
    send(page)
    page.wait_for_selector("#corrected")
    assert page.locator(".console-checked .desk-chip--bad").count() >= 1
    assert "seconds" in page.inner_text(".console-checked")
    page.keyboard.press("x")
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.length > 20)")
    corrected = str(page.evaluate("navigator.clipboard.readText()"))
    assert "海边日落" in corrected
    assert re.search(r"[\"']seconds[\"']\s*:\s*\\?[\"']5", corrected)
    fits(page, "flow-3-checked")

    # Back to the paste: it comes back as it was kept, and can be checked again.
    key(page, "Escape")
    assert "海边日落" in page.input_value("textarea.console-paste")
    send(page)
    page.reload()
    sent.append(page.content())
    sent.append(corrected)
    page.wait_for_selector("#corrected")
    assert len(sent) >= 4
    assert [each for each in sent if SECRET in each] == []


def test_a_paste_that_is_too_long_stays_where_it_is(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    begin(page, "api-usage")
    choose(page, "开发者，写程序调用")
    choose(page, "请求报错或任务失败")
    text = '{"image": "' + "A" * 2_700_000
    page.evaluate(
        "text => { document.querySelector('textarea.console-paste').value = text; }", text
    )
    page.focus("textarea.console-paste")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-too-long]:visible")
    # Without the page's own check the desk says so, and the page keeps the text all the same.
    page.evaluate("delete document.querySelector('form[data-most]').dataset.most")
    with page.expect_response(lambda answer: answer.status == 413):
        page.keyboard.press("Control+Enter")
    page.wait_for_selector("#desk-too-large:visible")
    assert len(page.input_value("textarea.console-paste")) == len(text)
    assert page.locator("form[data-sent]").count() == 0, "it can be sent again"


def test_without_scripts_too_much_text_gives_a_page_that_says_what_to_do(
    open_page: Callable[..., Any], keep: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    begin(page, "api-usage")
    choose(page, "开发者，写程序调用")
    choose(page, "请求报错或任务失败")
    address = page.url
    state = page.context.storage_state()
    plain = page.context.browser.new_context(
        java_script_enabled=False, storage_state=state, locale="zh-CN"
    )
    other = plain.new_page()
    other.goto(address)
    other.fill("textarea.console-paste", "{" + "A" * 2_700_000)
    other.click(".console-submit button")
    other.wait_for_selector("main h1")
    assert "2.5 MB" in other.inner_text("main")
    keep(other, "flow-4-too-much")
    plain.close()


def test_a_try_waits_and_a_colleague_goes_on(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    to_both_ids(page, "从来没有绑定过快手号")
    page.fill("[name='values.web_id']", "3456712345")
    page.fill("[name='values.app_id']", "3456712345")
    send(page)
    choose(page, "确实是同一个账号")
    step = prompt(page)
    number = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto("/admin/console/")
    mine = page.locator(f".console-list li:has(a[href$='/contacts/{number}/'])")
    assert mine.locator(".desk-chip--info").count() == 1

    colleague = open_page("agent2")
    colleague.goto("/admin/console/")
    assert "3456712345" not in colleague.content()
    colleague.fill("#parked-account", "3456712345")
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("#parked :text('345****345')")
    assert colleague.evaluate("document.activeElement.id") == "parked-account"
    colleague.click("#parked details summary")
    colleague.fill("#parked details [name=note]", "用户又打来了")
    fits(colleague, "flow-5-parked")
    colleague.click("#parked details button")
    colleague.wait_for_url(re.compile(rf"/console/contacts/{number}/"))
    assert prompt(colleague) == step
    assert "用户又打来了" in colleague.inner_text(".console-path")
    choose(colleague, "显示了")
    fits(colleague, "flow-6-taken-over")

    # Whose it was comes too late.
    assert page.context.request.get(f"/admin/console/contacts/{number}/").status == 404


def test_any_earlier_answer_is_asked_again_and_what_was_typed_stays(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("agent")
    to_both_ids(page)
    page.fill("[name='values.web_id']", "1234567")
    page.fill("[name='values.app_id']", "7654321")
    send(page)
    goes_on(page, lambda: page.locator(".console-jump").nth(2).click())
    assert page.input_value("[name='values.web_id']") == "1234567"
    assert page.input_value("[name='values.app_id']") == "7654321"
    goes_on(page, lambda: page.locator(".console-jump").first.click())
    assert page.locator(".console-path li").count() == 0
    choose(page, "手机号和账号两端都一样")
    choose(page, "还是没有")
    assert page.input_value("[name='values.web_id']") == "1234567"


def test_the_step_is_announced_and_esc_is_left_to_input_methods(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("agent")
    to_both_ids(page)
    said = live(page)
    assert said
    region = page.locator("#console-live")
    assert region.get_attribute("role") == "status"

    # Esc that ends the composing of an input method goes nowhere.
    page.fill("[name='values.web_id']", "1")
    before = prompt(page)
    page.evaluate(
        """document.querySelector("[name='values.web_id']").dispatchEvent(
            new KeyboardEvent("keydown", {key: "Escape", bubbles: true, isComposing: true}))"""
    )
    assert page.evaluate("document.activeElement.name") == "values.web_id"
    # Esc leaves the field, and the next one asks before it drops what was typed.
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.console-prompt')")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    assert asked
    assert prompt(page) == before
    assert page.input_value("[name='values.web_id']") == "1"
    page.once("dialog", lambda dialog: dialog.accept())
    key(page, "Escape")
    assert live(page)
    assert live(page) != said
