"""What could not be delivered is sent again, by hand, once the other side works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Desk
from tests.browser.waiting import until
from tests.notices.targets import answering, serving

pytestmark = pytest.mark.browser

KEY = "6f0c8e0e-0000-4000-8000-00000000dead"
GIVEN_UP = """
INSERT INTO notices_delivery (key, channel, target, line, webhook_id, event, severity, payload,
    state, attempts, created_at, due_at, ended_at, last_error, reason)
SELECT %s, 'webhook', 'webhook:' || id, 'webhook:' || id, id, 'given-up', 'breach',
    '{"code": "notices.test", "params": {"person": "manager"}, "path": "", "topic": "other"}',
    'dead', 10, now(), now(), now(), 'HTTP 503', ''
FROM notices_webhook WHERE name = 'group chat'
"""
"""Ten refusals take two hours; what they end in is put there."""


def test_what_was_given_up_is_sent_again(
    desk: Desk, open_page: Callable[..., Any], fits: Callable[[Any, str], None]
) -> None:
    page = open_page("manager")
    with serving(answering(503)) as target:
        page.goto("/admin/webhooks/")
        page.fill("#webhook-name", "group chat")
        page.fill("#webhook-url", target.url)
        page.locator("[name=topics]").first.check()
        page.click(".manage-form button[type=submit]")
        page.wait_for_selector("#target-secret")
        page.goto("/admin/webhooks/")
        page.click("th a:has-text('group chat')")
        page.wait_for_selector("button[value=test]")
        webhook = page.url
        page.click("button[value=test]")
        # It refuses, and the desk says so.
        page.wait_for_selector(".desk-notice--bad:has-text('503')")
        desk.rows(GIVEN_UP, (KEY,))

        target.behave = answering(200)
        page.goto("/admin/undelivered/")
        assert page.locator(".notices-letter").count() == 1
        fits(page, "undelivered")
        before = len(target.received)
        page.click(".notices-letter button[value=resend]")
        page.wait_for_selector(".messagelist .success")
        assert page.locator(".notices-letter").count() == 0
        assert page.locator(".desk-empty-title").count() == 1
        until(page, lambda: len(target.received) > before, "it is sent again")
        assert [each.headers["idempotency-key"] for each in target.received[before:]] == [KEY]

        # Nothing else of these tests is told to a target that is gone.
        page.goto(webhook)
        page.click("button[value=off]")
        page.wait_for_selector("button[value=on]")
    states = desk.rows("SELECT state, attempts FROM notices_delivery WHERE key = %s", (KEY,))
    assert states == [("sent", 1)]
