"""The picture of a flow: every text of it, whatever state it is in, and each step beside it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kb.services.flow_drafts import create_flow, save_flow_draft
from kb.services.flow_publishing import keep_version
from tests.conftest import CANARY, FLOW, NOW

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk_client(editor: Any, questions: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    return client


def shown(client: Client, status: int = 200, key: str = "twice", **query: str) -> str:
    response = client.get(reverse("admin:kb_flow_diagram", args=[key]), query)
    assert response.status_code == status
    return response.content.decode()


def data(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="flow-drawing-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def draft(editor: Any, text: str) -> None:
    save_flow_draft(key="twice", text=text, acting_user=editor, now=NOW)


def test_without_a_choice_the_published_text_is_drawn(desk_client: Client) -> None:
    page = shown(desk_client)
    drawn = data(page)
    assert set(drawn["nodes"].values()) == {"pages", "refresh", "done", "tier2"}
    assert drawn["text"].startswith("flowchart TB")
    assert "是否开了多个页面" in drawn["text"]
    assert 'value="1" selected' in page
    # the outline says the same to those who do not see the picture
    outline = page[page.index("flow-outline") :]
    assert all(f'data-flow-node="{key}"' in outline for key in drawn["nodes"].values())


def test_a_draft_is_drawn_before_what_is_published(desk_client: Client, editor: Any) -> None:
    draft(editor, FLOW.replace("是否开了多个页面", "开了几个页面"))
    assert "开了几个页面" in shown(desk_client)
    assert "是否开了多个页面" in shown(desk_client, version="1")


def test_findings_are_marked_and_told_beside_the_step(desk_client: Client, editor: Any) -> None:
    draft(editor, FLOW.replace("next: refresh", "next: nowhere"))
    page = shown(desk_client)
    text = data(page)["text"]
    assert "is-error" in text
    assert "nowhere" in text
    node = desk_client.get(
        reverse("admin:kb_flow_diagram", args=["twice"]), {"node": "pages"}, headers=HTMX
    ).content.decode()
    assert "there is no node “nowhere”" in html.unescape(node)
    assert "<html" not in node


def test_a_draft_that_cannot_be_read_whole_shows_what_can(desk_client: Client, editor: Any) -> None:
    draft(editor, FLOW.replace("kind: retry", "kind: retyr"))
    page = shown(desk_client)
    assert "cannot be read whole" in page
    drawn = data(page)
    assert set(drawn["nodes"].values()) == {"pages", "refresh", "done", "tier2"}
    assert "kind-unread" in drawn["text"]
    unread = shown(desk_client, node="refresh")
    assert "Cannot be read" in unread
    assert "retyr" in unread


@pytest.mark.parametrize("text", ["", ": : :", "- 1", "nodes: 7", "nodes: {a: 1}\nstart: []"])
def test_no_text_breaks_the_page(desk_client: Client, editor: Any, text: str) -> None:
    draft(editor, text)
    page = shown(desk_client)
    assert data(page)["text"].startswith("flowchart TB")


def test_a_flow_that_was_never_published(desk_client: Client, editor: Any) -> None:
    text = FLOW.replace("key: twice", "key: new-one")
    create_flow(key="new-one", title="新", text=text, acting_user=editor, now=NOW)
    assert "是否开了多个页面" in shown(desk_client, key="new-one")


def test_a_step_shows_its_texts_with_the_hint_apart(desk_client: Client) -> None:
    page = shown(desk_client, node="pages")
    node = page[page.index('id="flow-node"') : page.index("flow-outline")]
    assert "是否开了多个页面" in node
    internal = node[node.index("desk-card--internal") :]
    assert CANARY in internal
    assert CANARY not in node[: node.index("desk-card--internal")]
    assert CANARY not in data(page)["text"]
    assert f'href="{reverse("admin:kb_flow", args=["twice"])}#line-8"' in node


def test_an_older_version_leads_to_the_present_text_without_a_line(desk_client: Client) -> None:
    keep_version(
        text=FLOW.replace("是否开了多个页面", "换了"), acting_user=None, reason="two", now=NOW
    )
    node = shown(desk_client, version="1", node="pages")
    assert "#line-" not in node
    assert "Open the present text" in node


def test_what_is_not_there_is_said(desk_client: Client) -> None:
    for version in ("7", "draft", "x", "99999999999999", "１"):
        page = shown(desk_client, 404, version=version)
        assert "There is no such version" in page
    assert "There is no step “nope”" in html.unescape(shown(desk_client, 404, node="nope"))
    shown(desk_client, 404, key="no-such-flow")


def test_what_somebody_wrote_stays_text(desk_client: Client, editor: Any) -> None:
    nasty = '</script><script>alert(1)</script>"`][end#quot;'
    draft(editor, FLOW.replace("是否开了多个页面", f"'{nasty}'"))
    page = shown(desk_client, node="pages")
    assert "<script>alert" not in page
    assert "alert(1)" in data(page)["text"].replace("#40;", "(")


@pytest.mark.parametrize("who", ["agent", "advisor", "manager"])
def test_only_editors_see_it(who: str, questions: Any, request: pytest.FixtureRequest) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse("admin:kb_flow_diagram", args=["twice"])).status_code == 403


def test_the_queries_are_few(desk_client: Client, django_assert_max_num_queries: Any) -> None:
    shown(desk_client)
    with django_assert_max_num_queries(12):
        shown(desk_client)
