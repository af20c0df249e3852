"""A manager's day and an administrator's, in a real browser, from the first page to the last."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.browser.accessibility import troubles_in
from tests.browser.test_thread import hand_over, is_counted, is_listed
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

OVERVIEW = "/admin/reports/sla/"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_PERSON = "newcomer"
TYPED = "a-Typed-pass-phrase-4711"


def test_the_managers_day(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None], tmp_path: Path
) -> None:
    number = hand_over(open_page("agent"), "8810223344")
    page = open_page("manager")

    # From the number to its list, to the ticket and back.
    until(page, lambda: is_counted(page, "handed_over", number), "the hand-over is counted")
    page.click(f"a[href='/admin/ticket/{number}/']")
    page.wait_for_url(f"**/admin/ticket/{number}/")
    page.go_back()

    # An export: asked for, written while one may leave, told in the inbox, fetched.
    page.click(".export-offer button[value=csv]")
    page.wait_for_url("**/admin/exports/")
    page.goto("/admin/reports/weekly/")
    page.goto("/admin/exports/")
    page.wait_for_selector("a[download]")
    with page.expect_download() as coming:
        page.locator("a[download]").first.click()
    file = tmp_path / "list.csv"
    coming.value.save_as(file)
    assert number in file.read_text(encoding="utf-8-sig")
    assert not page.locator("#desk-working.is-on").count()
    fits(page, "exports")
    page.goto("/admin/inbox/?topic=desk.jobs")
    assert page.locator(".desk-notices a[href='/admin/exports/']").count() >= 1

    # Compared with the period before, and with nothing.
    page.goto(OVERVIEW)
    assert page.locator(".report-change").count()
    page.select_option("#report-compare", "none")
    page.click(".report-submit button")
    page.wait_for_url("**compare=none**")
    assert not page.locator(".report-change").count()


def test_what_would_change_is_shown_before_it_does(
    open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_page("manager")
    day = datetime.now(SHANGHAI) + timedelta(days=8)
    page.goto(f"/admin/calendar/{day:%Y-%m-%d}/")
    page.locator("[name=what]").last.check()
    page.fill("[name=reason]", "a dry run")
    page.click("[name=look]")
    page.wait_for_selector("#effect-title")
    assert page.locator("[name=confirm]").count() == 1
    page.goto("/admin/promise/changes/")
    assert "a dry run" not in page.inner_text("#content")

    page.goto("/admin/routing/")
    rules = page.locator(".routing-rules tbody tr").count()
    fits(page, "routing-rules")
    page.click("a[href='/admin/routing/new/']")
    page.fill("#rule-tag", "dry-run")
    page.select_option("#rule-team", index=1)
    page.click("[name=look]")
    page.wait_for_selector("#routing-look [name=confirm]")
    page.goto("/admin/routing/")
    assert page.locator(".routing-rules tbody tr").count() == rules

    page.goto("/admin/reports/forecast/")
    page.fill("#id_more", "1")
    with page.expect_response(lambda answer: "forecast" in answer.url):
        page.select_option("#id_team", index=1)
        page.click(".forecast-form button[type=submit]")
    page.wait_for_url("**more=1**")
    assert page.input_value("#id_more") == "1"
    fits(page, "forecast")
    assert troubles_in(page) == []


def test_a_ticket_goes_to_another_advisor(open_page: Callable[..., Any]) -> None:
    number = hand_over(open_page("agent"), "8810223355")
    page = open_page("manager")
    until(page, lambda: is_listed(page, "/admin/queue/?view=all", number), "it is routed")
    page.locator(f"input[name=number][value='{number}']").check()
    page.select_option("#bulk-do", "person")
    page.locator("#bulk-person").select_option(index=1)
    page.fill("#bulk-reason", "closer to it")
    page.click(".queue-bulk-fields button[type=submit]")
    page.wait_for_url("**/admin/queue/bulk/")
    assert number in page.inner_text("#content")
    assert page.locator("td .desk-chip--ok").count() == 1


def test_the_administrators_day(
    open_page: Callable[..., Any],
    browser: Any,
    desk_url: str,
    fits: Callable[[Any, str], None],
) -> None:
    page = open_page("admin")
    assert page.locator(".start-groups .desk-card").count() >= 5
    fits(page, "start")
    assert troubles_in(page) == []

    # A person, with a role.
    page.click("a[href='/admin/auth/user/add/']")
    page.fill("#id_username", NEW_PERSON)
    page.fill("#id_password1", TYPED)
    page.fill("#id_password2", TYPED)
    page.click("[name=_save]")
    page.wait_for_url(re.compile(r"/admin/auth/user/\d+/change/"))
    page.check("#id_is_staff")
    page.check("#id_groups label:has-text('一线坐席') input")
    page.click("[name=_save]")
    page.wait_for_selector(".messagelist .success")

    # Whoever types a wrong password too often is locked out, until somebody lifts it.
    context = browser.new_context(base_url=desk_url, locale="zh-CN")
    try:
        stranger = context.new_page()
        for _attempt in range(12):
            stranger.goto("/admin/login/")
            stranger.fill("[name=username]", NEW_PERSON)
            stranger.fill("[name=password]", "wrong")
            stranger.click("[type=submit]")
            stranger.wait_for_load_state()
            page.goto("/admin/lockouts/")
            if page.locator("form [name=name]").count():
                break
        assert page.inner_text("tbody th") == NEW_PERSON
        fits(page, "lock-outs")
        page.click("tbody form button")
        page.wait_for_selector(".messagelist .success")
        assert not page.locator("tbody th").count()
    finally:
        context.close()

    # A token of one's own, shown once, and revoked.
    page.goto("/admin/account/")
    page.fill("#token-name", "nightly")
    page.locator("form:has(#token-name) button").last.click()
    token = page.inner_text(".desk-token")
    assert page.request.get(
        "/api/v1/kb/questions/", headers={"Authorization": f"Token {token}", "Cookie": ""}
    ).ok
    fits(page, "account")
    page.locator("[name=revoke]").first.click()
    page.wait_for_load_state()
    assert not page.locator("[name=revoke]").count()

    # Nothing waits undelivered, and the page says what would.
    page.goto("/admin/undelivered/")
    assert page.locator(".desk-empty-title").count() == 1
