"""Drafts that nobody should have saved: every page of the flow still answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kb.models import FlowDraft
from kb.services.flow_drafts import save_flow_draft
from tests.conftest import FLOW, NOW

BASE = "/admin/kb-flows/twice/"
ASKED = "是否开了多个页面"
PAGES = (
    *("", "form/", "form/new/", "form/step/pages/", "form/step/tier2/", "diagram/"),
    *("compare/?from=1&to=draft", "compare/?from=draft&to=1", "try/", "replay/"),
)
MARKUP = "'\"</script><script>alert(1)</script>`]; end; A-->B #quot;'"
DRAFTS = {
    "empty": "",
    "a list": "- a",
    "half a character": FLOW.replace(ASKED, '"a\\uD800"'),
    "a control character": FLOW.replace(ASKED, '"a\\0b"'),
    "right to left": FLOW.replace(ASKED, "\u202eabc\u2028"),
    "markup": FLOW.replace(ASKED, MARKUP),
    "end": FLOW.replace("pages", "end"),
    "__proto__": FLOW.replace("pages", "__proto__"),
    "no address": FLOW.replace("pages", "'a/b \"退款'"),
    "lists for texts": FLOW.replace("next: refresh", "next: [1, {a: b}]"),
    "aliases": "a: &a [x]\nb: *a\n",
    "deep": "a: " + "[" * 5_000,
}


@pytest.mark.parametrize("name", DRAFTS)
def test_every_page_answers(editor: Any, questions: Any, name: str) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    save_flow_draft(key="twice", text=DRAFTS[name], acting_user=editor, now=NOW)
    for page in PAGES:
        response = client.get(BASE + page)
        assert response.status_code < 500, page
        assert "<script>alert" not in response.content.decode(), page
    seen = {"expected_version": 1, "base_number": 1, "text": DRAFTS[name], "reason": "x"}
    client.post(BASE, {**seen, "step": "publish"})
    sent = client.post(BASE + "check/", seen)
    assert sent.status_code == 200
    if name not in {"end", "markup"}:
        assert FlowDraft.objects.get().text == DRAFTS[name], "refused, and kept"
