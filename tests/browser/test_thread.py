"""One contact from the user's words to the manager's numbers, as its people do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.waiting import until

pytestmark = pytest.mark.browser

WORDS = "我做一个视频扣了我两次点数"
ACCOUNT = "3412007788"
REACH = "/admin/queue/?view=reach"
"""What an advisor could take next."""


def copied(page: Any) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def search_and_open(page: Any, words: str) -> None:
    """Type, wait for the results of just these words, open the first by Enter."""
    page.locator("#q").press_sequentially(words, delay=10)
    page.wait_for_selector(f'#found [data-typed="{words}"]')
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel .desk-script")
    page.wait_for_function("() => document.activeElement.id !== 'q'")  # keys are shortcuts again


def walk_to_hand_over(page: Any) -> None:
    """Double charge, only one page open: straight to the capture, by number keys."""
    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    page.locator(".console-choice").nth(2).wait_for()
    page.keyboard.press("3")
    page.wait_for_selector("form[data-capture]")


def fill_capture(page: Any, account: str) -> None:
    page.fill("[name=demand]", "退回多扣的灵感值")
    page.fill("[name=account_id]", account)
    page.check("[name=contact_channel][value=call_back]")
    page.fill("[name=contact_value]", "13800138000")
    page.fill("[name='extra.times_charged']", "2")
    page.fill("[name='extra.charged_at']", "今天上午十点左右")
    page.fill("[name='extra.work']", "一只猫在草地上跑")


def hand_over(page: Any, account: str) -> str:
    """From the console to a ticket; returns its number."""
    page.goto("/admin/console/")
    search_and_open(page, WORDS)
    walk_to_hand_over(page)
    fill_capture(page, account)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticket-number")
    return str(page.inner_text("#ticket-number"))


def test_the_agent_finds_copies_walks_and_hands_over(
    open_page: Callable[..., Any], keep: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    assert page.url.endswith("/admin/console/")
    search_and_open(page, WORDS)
    assert page.locator("#found mark").count() > 0
    keep(page, "agent-1-question")

    page.keyboard.press("c")
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.length > 20)")
    internal = page.locator(".desk-card--internal").first.inner_text()
    script = copied(page)
    assert "Edge" in script
    assert not any(line and line in script for line in internal.splitlines()[1:])

    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/console/contacts/\d+/"))
    first_prompt = page.inner_text(".console-prompt")
    page.keyboard.press("1")
    page.wait_for_function(
        "before => document.querySelector('.console-prompt').innerText !== before",
        arg=first_prompt,
    )
    assert page.locator(".console-path li").count() == 1
    keep(page, "agent-2-flow")

    # a reload and another tab stand at the same step
    second_prompt = page.inner_text(".console-prompt")
    page.reload()
    assert page.inner_text(".console-prompt") == second_prompt
    other = page.context.new_page()
    other.goto(page.url)
    assert other.inner_text(".console-prompt") == second_prompt
    other.close()

    page.keyboard.press("b")
    page.wait_for_function(
        "before => document.querySelector('.console-prompt').innerText === before",
        arg=first_prompt,
    )
    page.keyboard.press("3")
    page.wait_for_selector("form[data-capture]")
    assert WORDS in page.input_value("[name=problem]")

    page.fill("[name=account_id]", "13800138000")
    page.wait_for_selector('[data-account="bad"]')
    fill_capture(page, ACCOUNT)
    page.wait_for_selector('[data-account="ok"]')
    keep(page, "agent-3-capture")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticket-number")
    assert re.search(r"\d+月\d+日（周.）18:00", page.inner_text("#script-main"))
    assert page.locator(".console-days tbody tr").count() >= 3
    assert page.locator(".console-days tbody tr:not(.console-day--off)").count() == 3
    keep(page, "agent-4-handed-over")

    # back does not undo or repeat a hand-over
    page.go_back()
    page.reload()
    assert page.locator("form[data-capture]").count() == 0


def test_all_mistakes_are_shown_at_once_and_nothing_typed_is_lost(
    open_page: Callable[..., Any], keep: Callable[[Any, str], None]
) -> None:
    page = open_page("agent")
    search_and_open(page, WORDS)
    walk_to_hand_over(page)
    page.fill("[name=problem]", "写了很久的 <b>问题</b> & 经过")
    page.fill("[name=account_id]", "kling_fan")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("form[data-capture] [role=alert]")
    assert page.locator("form[data-capture] [aria-invalid=true]").count() >= 4
    assert page.input_value("[name=problem]") == "写了很久的 <b>问题</b> & 经过"
    assert page.input_value("[name=account_id]") == "kling_fan"
    keep(page, "agent-5-mistakes")


def test_a_second_contact_about_the_same_becomes_a_chase(open_page: Callable[..., Any]) -> None:
    page = open_page("agent")
    number = hand_over(page, "5500112233")
    colleague = open_page("agent2")
    search_and_open(colleague, WORDS)
    walk_to_hand_over(colleague)
    colleague.fill("[name=account_id]", "5500112233")
    colleague.wait_for_selector(f"#account-check :text('{number}')")
    colleague.click("#account-check button[formaction*=chase]")
    colleague.wait_for_selector("#ticket-number")
    assert colleague.inner_text("#ticket-number") == number


def test_the_advisor_takes_contacts_and_resolves_and_the_manager_sees_it(
    open_page: Callable[..., Any], keep: Callable[[Any, str], None]
) -> None:
    number = hand_over(open_page("agent"), "7700889911")
    page = open_page("advisor")
    assert "/admin/day/" in page.url
    until(page, lambda: is_listed(page, REACH, number), "it is routed")
    page.goto("/admin/queue/")
    keep(page, "advisor-1-queue")
    page.goto(f"/admin/ticket/{number}/")
    page.click("form:has(input[name=action][value=claim]) button")
    page.wait_for_selector("#action-contact")
    assert "7700889911" in page.inner_text(".ticket-facts")

    log_contact(page, "call_back:no_answer", "响铃无人接听")
    log_contact(page, "private_message:sent", "已私信说明")
    keep(page, "advisor-2-contacts")
    if not page.locator("#action-resolve[open]").count():
        page.click("#action-resolve > summary")
    page.select_option("#action-resolve [name=code]", "refunded")
    page.fill("#action-resolve [name=summary]", "核实重复扣除，已退回灵感值。")
    page.click("#action-resolve button[type=submit]")
    page.wait_for_selector(".desk-timeline :text('核实重复扣除')")
    assert page.locator(".desk-timeline li.sla-ok").count()
    timeline = page.inner_text(".desk-timeline")
    for step in ("响铃无人接听", "已私信说明", "核实重复扣除，已退回灵感值。"):
        assert step in timeline
    keep(page, "advisor-3-resolved")

    manager = open_page("manager")
    assert "/admin/reports/sla/" in manager.url
    until(manager, lambda: is_counted(manager, "met", number), "the kept promise is counted")
    keep(manager, "manager-2-list")
    manager.go_back()
    keep(manager, "manager-1-sla")


def is_listed(page: Any, path: str, number: str) -> bool:
    page.goto(path)
    return page.locator(f"a:has-text('{number}')").count() > 0


def is_counted(page: Any, metric: str, number: str) -> bool:
    """Whether the list behind a number of the overview has this ticket by now."""
    page.goto("/admin/reports/sla/")
    link = page.locator(f"a[href*='metric={metric}']").first
    if not link.count():
        return False
    link.click()
    page.wait_for_url(re.compile(r"/reports/sla/tickets/"))
    return number in page.inner_text("#content")


def log_contact(page: Any, outcome: str, note: str) -> None:
    if not page.locator("#action-contact[open]").count():
        page.click("#action-contact > summary")
    page.check(f"#action-contact [name=outcome][value='{outcome}']")
    page.fill("#action-contact [name=note]", note)
    page.click("#action-contact button[type=submit]")
    page.wait_for_selector(f".desk-timeline :text('{note}')")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("agent", "/admin/console/"),
        ("agent", "/admin/console/questions/double-charge/"),
        ("advisor", "/admin/queue/"),
        ("manager", "/admin/reports/sla/"),
        ("editor", "/admin/kb/standardquestion/"),
    ],
    ids=["console", "question", "queue", "report", "knowledge"],
)
def test_pages_fit_the_screen(
    person: str,
    path: str,
    width: int,
    dark: bool,
    open_page: Callable[..., Any],
    keep: Callable[[Any, str], None],
) -> None:
    page = open_page(person, width=width, dark=dark)
    page.goto(path)
    keep(page, f"page-{path.strip('/').replace('/', '-')}-{width}-{'dark' if dark else 'light'}")
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
