"""An advisor's day: what is due, the next one, nobody answers, wait, go on, pass on, solve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.test_thread import hand_over
from tests.browser.test_tier2 import in_two_days, send, status, unfold, wait_until_queued

pytestmark = pytest.mark.browser


def test_one_ticket_after_the_other(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    agent = open_page("agent")
    numbers = [hand_over(agent, f"66007788{n}") for n in (11, 22)]
    page = open_page("advisor")
    for number in numbers:
        wait_until_queued(page, number)
    page.goto("/admin/day/")
    fits(page, "advisor-day")

    # The next one is the one that is due first; whichever it is, it is mine now.
    page.keyboard.press("q")
    page.wait_for_selector("#action-contact")
    number = page.url.rstrip("/").rsplit("/", 1)[1].split("?")[0]
    assert page.locator(".ticket-summary .ticket-due").inner_text()
    form = unfold(page, "contact")
    form.locator("[value='call_back:no_answer']").check()
    form.locator("[name=next_try_at]").fill(in_two_days())
    form.locator("[name=note]").fill("响铃无人接听")
    send(page, form)
    form = unfold(page, "wait")
    form.locator("[name=note]").fill("等用户补充截图")
    form.locator("[name=next_try_at]").fill(in_two_days())
    send(page, form)
    assert status(page) == "等待用户"
    send(page, unfold(page, "resume"))
    assert status(page) == "处理中"
    form = unfold(page, "contact")
    form.locator("[value='private_message:sent']").check()
    form.locator("[name=note]").fill("已私信说明")
    send(page, form)
    assert page.locator(".ticket-summary .desk-chip--ok").count() == 1

    # What a colleague knows better goes to the colleague, who ends it.
    form = unfold(page, "transfer")
    form.locator("[name=person]").select_option("advisor2")
    form.locator("[name=reason]").fill("您更熟悉退款")
    send(page, form)
    colleague = open_page("advisor2")
    colleague.goto("/admin/queue/?view=mine")
    colleague.click(f"td a:has-text('{number}')")
    form = unfold(colleague, "resolve")
    form.locator("[name=code]").select_option("refunded")
    form.locator("[name=summary]").fill("核实重复扣除，已退回灵感值。")
    send(colleague, form)
    colleague.wait_for_selector(".desk-timeline li.sla-ok")
    fits(colleague, "advisor-solved")

    # And on to the next.
    page.goto("/admin/day/")
    page.keyboard.press("q")
    page.wait_for_selector("#action-contact")
    assert number not in page.url
