"""An agent's day: answered, sent elsewhere, parked and resumed, handed over, chased, taken over."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PASSWORD
from tests.browser.test_flows_console import begin, choose
from tests.browser.test_thread import WORDS, hand_over, search_and_open, walk_to_hand_over

pytestmark = pytest.mark.browser


@pytest.fixture
def chatbot(open_page: Callable[..., Any], desk_url: str) -> Callable[..., None]:
    """``chatbot(words)`` lets a user wait for a person; an administrator has made its token."""
    page = open_page("admin")
    page.goto("/admin/auth/user/add/")
    page.fill("#id_username", "chatbot")
    page.fill("#id_password1", PASSWORD)
    page.fill("#id_password2", PASSWORD)
    page.click("[name=_continue]")
    page.wait_for_url("**/change/**")
    page.check("#id_groups label:has-text('对用户答复的程序') input")
    with page.expect_navigation():
        page.click("[name=_continue]")
    person = page.url.split("/change/")[0].rsplit("/", 1)[1]
    page.goto(f"/admin/people/{person}/login/")
    page.fill("#token-name", "chatbot")
    page.click("form:has(#token-name) button")
    token = page.inner_text("code.desk-token")

    def sent(words: str) -> None:
        body = {"external_id": "room-1", "channel": "chat", "text": words}
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{desk_url}/api/v1/intake/",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Token {token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - the same
            assert answer.status == 201

    return sent


def test_users_one_after_the_other(
    open_page: Callable[..., Any],
    chatbot: Callable[..., None],
    fits: Callable[[Any, str], None],
) -> None:
    page = open_page("agent")

    # Answered with the script alone.
    page.goto("/admin/console/questions/credits-price/")
    page.focus("h2.console-title")
    page.keyboard.press("a")
    page.wait_for_selector(".messagelist .success")

    # Sent to whom it concerns.
    begin(page, "mini-program")
    page.keyboard.press("1")
    page.wait_for_selector("[data-stage=redirect]")
    page.keyboard.press("f")
    page.wait_for_url("**/admin/console/")

    # Handed over; the next user is one key away.
    number = hand_over(page, "8800112233")
    page.keyboard.press("n")
    page.wait_for_url("**/admin/console/")
    page.wait_for_function("() => document.activeElement.id === 'q'")
    assert page.locator(f"section[aria-labelledby=latest-title] a:has-text('{number}')").count()

    # Parked while the user tries, found among the open contacts, gone on where it stood.
    begin(page, "double-charge")
    choose(page, "开了多个页面")
    step, address = page.inner_text(".console-prompt"), page.url
    assert page.inner_text(".desk-steps .is-done").startswith("开了多个页面")
    page.goto("/admin/console/")
    contact = address.rstrip("/").rsplit("/", 1)[1]
    parked = page.locator(f"#panel li:has(a[href$='/contacts/{contact}/'])")
    assert parked.locator(".desk-chip--info").count() == 1
    parked.locator("a").click()
    page.wait_for_url(address)
    assert page.inner_text(".console-prompt") == step

    # The same user about the same thing: no second ticket.
    page.goto("/admin/console/")
    search_and_open(page, WORDS)
    walk_to_hand_over(page)
    page.fill("[name=account_id]", "8800112233")
    page.wait_for_selector(f"#account-check :text('{number}')")
    fits(page, "agent-chase")
    page.click("#account-check button[formaction*=chase]")
    page.wait_for_selector("#ticket-number")
    assert page.inner_text("#ticket-number") == number

    # Somebody whom the chatbot could not help.
    chatbot("我做一个视频扣了我两次点数，转人工")
    page.goto("/admin/console/waiting/")
    fits(page, "agent-waiting")
    page.locator("button[name=question][value=double-charge]").click()
    page.wait_for_selector("#contact .console-prompt")
    assert "转人工" in page.inner_text(".console-words")
