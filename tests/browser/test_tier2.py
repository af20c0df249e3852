"""A day of tier 2, as its people do it: by keyboard, with a colleague on the same ticket."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.browser.test_thread import REACH, hand_over, is_listed
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

SHANGHAI = ZoneInfo("Asia/Shanghai")


def in_two_days() -> str:
    return f"{datetime.now(SHANGHAI) + timedelta(days=2):%Y-%m-%dT%H:%M}"


def wait_until_queued(page: Any, number: str) -> None:
    """The worker routes it within a moment; before, an advisor may not see it."""

    def can_be_taken() -> bool:
        page.goto(f"/admin/ticket/{number}/?list=view%3Dreach")
        return page.locator("[data-key=t]").count() > 0

    until(page, lambda: is_listed(page, REACH, number), f"{number} is routed")
    until(page, can_be_taken, f"{number} can be taken")


def unfold(page: Any, action: str) -> Any:
    """The form of an action, unfolded by its key or, where it has none, by its menu."""
    form = page.locator(f"#action-{action}")
    if not form.evaluate("each => each.open"):
        page.keyboard.press(form.get_attribute("data-key"))
    form.locator("form").wait_for(state="visible")
    return form


def send(page: Any, form: Any) -> None:
    # A form is sent when the desk has said that the person is still logged in.
    with page.expect_navigation():
        form.locator("form button[type=submit]").click()
    page.wait_for_selector(".messagelist .success")
    page.keyboard.press("Escape")


def status(page: Any) -> str:
    return str(page.inner_text(".ticket-head .desk-chip--info"))


def test_a_ticket_through_the_hands_of_four_people(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    agent = open_page("agent")
    number = hand_over(agent, "6600112233")
    other = hand_over(agent, "6600112244")
    page = open_page("advisor")
    assert page.url.endswith("/admin/day/")
    wait_until_queued(page, other)
    wait_until_queued(page, number)

    page.keyboard.press("t")
    page.wait_for_selector("#action-contact")
    assert "6600112233" in page.inner_text(".ticket-facts")
    form = unfold(page, "contact")
    form.locator("[value='call_back:no_answer']").check()
    form.locator("[name=next_try_at]").fill(in_two_days())
    form.locator("[name=note]").fill("响铃无人接听")
    send(page, form)
    assert "响铃无人接听" in page.inner_text(".desk-timeline")

    form = unfold(page, "wait")
    form.locator("[name=note]").fill("等用户补充截图")
    form.locator("[name=next_try_at]").fill(in_two_days())
    send(page, form)
    assert status(page) == "等待用户"
    fits(page, "tier2-waiting")
    send(page, unfold(page, "resume"))
    assert status(page) == "处理中"

    form = unfold(page, "transfer")
    form.locator("[name=person]").select_option("advisor2")
    form.locator("[name=reason]").fill("您更熟悉退款")
    send(page, form)

    colleague = open_page("advisor2")
    colleague.goto(f"/admin/ticket/{number}/")
    form = unfold(colleague, "return")
    form.locator("[name='is.account_id']").check()
    form.locator("[name='why.account_id']").fill("与截图不一致")
    form.locator("[name=reason]").fill("请再核对账号")
    fits(colleague, "tier2-return")
    send(colleague, form)
    assert status(colleague) == "退回一线"

    agent.goto("/admin/console/")
    agent.click(f"section[aria-labelledby=returned-title] a:has-text('{number}')")
    agent.wait_for_selector("#content :text('与截图不一致')")
    fits(agent, "tier1-returned")
    form = agent.locator("#action-complete")
    form.locator("[name=account_id]").fill("6600112255")
    form.locator("[name=note]").fill("已向用户核实")
    send(agent, form)

    colleague.goto("/admin/day/")
    colleague.wait_for_selector(f"section[aria-labelledby=day-came_back] a:has-text('{number}')")
    fits(colleague, "tier2-day")

    manager = open_page("manager")
    manager.goto("/admin/queue/?view=open&sort=newest")
    fits(manager, "tier2-list")
    for each in (number, other):
        manager.check(f"input[name=number][value={each}]")
    manager.select_option("#bulk-do", "person")
    manager.select_option("#bulk-person", "advisor")
    manager.fill("#bulk-reason", "集中处理")
    manager.click(".queue-bulk button[type=submit]")
    manager.wait_for_selector(".desk-notice--ok")
    assert manager.locator("td .desk-chip--ok").count() == 2
    fits(manager, "tier2-bulk")


def test_two_advisors_on_one_ticket(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    number = hand_over(open_page("agent"), "6600223344")
    first, second = open_page("advisor"), open_page("advisor2")
    wait_until_queued(first, number)
    first.keyboard.press("t")
    first.wait_for_selector("#action-contact")
    second.goto(f"/admin/ticket/{number}/")
    second.wait_for_selector("[data-here-others]:not(:empty)")
    form = unfold(second, "note")
    form.locator("[name=note]").fill("我也看过日志，确有重复扣除")
    first.reload()
    first.wait_for_selector("[data-here-others]:not(:empty)")
    assert "正在" in first.inner_text("[data-here-others]")

    release = unfold(first, "release")
    release.locator("[name=note]").fill("明天休假")
    release.locator("form button[type=submit]").click()
    first.wait_for_url(re.compile(r"/admin/queue/"))
    form.locator("form button[type=submit]").click()
    second.wait_for_selector(".ticket-compare")
    compared = second.inner_text(".ticket-compare")
    assert "明天休假" in compared
    assert second.input_value(".ticket-compare textarea") == "我也看过日志，确有重复扣除"
    fits(second, "tier2-stale")
    send(second, second.locator("#action-note"))
    assert "我也看过日志，确有重复扣除" in second.inner_text(".desk-timeline")


def test_through_the_list_by_keyboard(open_page: Callable[..., Any]) -> None:
    agent = open_page("agent")
    numbers = [hand_over(agent, f"66003344{n}") for n in (11, 22)]
    page = open_page("advisor")
    for number in numbers:
        wait_until_queued(page, number)
    page.goto("/admin/queue/?view=waiting&sort=newest")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(numbers[1]))
    page.keyboard.press("n")
    page.wait_for_url(re.compile(numbers[0]))
    page.keyboard.press("p")
    page.wait_for_url(re.compile(numbers[1]))
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.keyboard.type("n")  # typed into the note, and no way to the next ticket
    assert page.input_value("#action-note [name=note]") == "n"
    assert numbers[1] in page.url
