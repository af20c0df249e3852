"""Two texts of a flow beside each other: words, ways and one picture."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kb.services.flow_drafts import save_flow_draft
from kb.services.flow_publishing import keep_version
from tests.conftest import FLOW, NOW

CHANGED = (
    FLOW.replace("是否开了多个页面", "同时开着几个页面")
    .replace("label: 好了, next: done", "label: 好了, next: thanks")
    .replace("  done: {", "  thanks: {")
    .replace("很高兴帮到您。", "谢谢您。")
)


@pytest.fixture
def desk_client(editor: Any, questions: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(editor)
    return client


@pytest.fixture
def draft(editor: Any, questions: Any) -> Any:
    def save(text: str) -> None:
        save_flow_draft(key="twice", text=text, acting_user=editor, now=NOW)

    return save


def shown(client: Client, status: int = 200, key: str = "twice", **query: str) -> str:
    names = {"since": "from", "to": "to"}
    query = {names[name]: value for name, value in query.items()}
    response = client.get(reverse("admin:kb_flow_compare", args=[key]), query)
    assert response.status_code == status
    return response.content.decode()


def words(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def step(page: str, key: str) -> str:
    return page[page.index(f'id="step-{key}"') :].split("</article>")[0]


def test_what_is_published_and_the_draft_are_compared(desk_client: Client, draft: Any) -> None:
    draft(CHANGED)
    page = shown(desk_client)
    assert 'name="from"' in page
    assert re.search(r'<option value="1" selected>', page)
    assert re.search(r'<option value="draft" selected>', page)
    changed = step(page, "pages")
    assert "<del>是否开了多个</del>" in changed or "<del>" in changed
    assert "question for the agent" in changed
    assert "Changed" in changed
    assert "New" in step(page, "thanks")
    assert "谢谢您。" in step(page, "thanks")
    assert "Removed" in step(page, "done")
    assert 'id="step-tier2"' not in page


def test_ways_that_lead_elsewhere_are_listed(desk_client: Client, draft: Any) -> None:
    draft(CHANGED)
    ways = shown(desk_client).split("Ways that lead elsewhere")[1].split("</table>")[0]
    assert "好了" in ways
    assert "<del><code>done</code></del>" in ways
    assert "<ins><code>thanks</code></ins>" in ways


def test_both_are_drawn_as_one_picture(desk_client: Client, draft: Any) -> None:
    draft(CHANGED)
    page = shown(desk_client)
    found = re.search(r'<script id="flow-drawing-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert {"done", "thanks", "pages"} <= set(data["nodes"].values())
    assert {"is-added", "is-removed", "is-changed"} <= set(re.findall(r"is-\w+", data["text"]))
    assert set(data["ways"].values()) == {"added", "removed"}


def test_layout_and_comments_are_no_difference_of_the_flow(desk_client: Client, draft: Any) -> None:
    draft("# only a remark\n" + FLOW)
    page = shown(desk_client)
    assert "Both ask and say the same." in page
    assert "flow-drawing-data" not in page
    assert "only a remark" in page


def test_any_two_versions(desk_client: Client) -> None:
    keep_version(text=CHANGED, acting_user=None, reason="two", now=NOW)
    keep_version(text=FLOW.replace("依旧", "还是"), acting_user=None, reason="three", now=NOW)
    usual = shown(desk_client)
    assert re.search(r'id="flow-from".*?<option value="2" selected>', usual, re.DOTALL)
    assert re.search(r'id="flow-to".*?<option value="3" selected>', usual, re.DOTALL)
    page = shown(desk_client, since="1", to="3")
    assert 'id="step-refresh"' in page
    assert 'id="step-pages"' not in page
    back = words(shown(desk_client, since="3", to="1"))
    assert "Changed" in back


def test_a_text_that_cannot_be_read_is_compared_as_it_is_written(
    desk_client: Client, draft: Any
) -> None:
    draft(FLOW.replace("kind: retry", "kind: retyr"))
    page = shown(desk_client)
    assert "cannot be read whole" in page
    assert "kind" in step(page, "refresh")
    draft(": : :")
    page = shown(desk_client)
    assert page.count("Removed") >= 4
    assert ": : :" in words(page)


def test_one_text_alone_is_said_to_be_alone(desk_client: Client) -> None:
    assert "There is only one text of this flow" in shown(desk_client)


def test_what_is_not_there_is_said(desk_client: Client, draft: Any) -> None:
    keep_version(text=CHANGED, acting_user=None, reason="two", now=NOW)
    for query in ({"since": "9"}, {"to": "draft"}, {"since": "x"}, {"since": "1" * 30}):
        assert "One of the two is not there" in shown(desk_client, 404, **query)
    shown(desk_client, 404, key="nope")


def test_what_somebody_wrote_stays_text(desk_client: Client, draft: Any) -> None:
    draft(FLOW.replace("是否开了多个页面", "'<img src=x onerror=alert(1)>'"))
    page = shown(desk_client)
    assert "<img" not in page
    assert "onerror" in words(page)


@pytest.mark.parametrize("who", ["agent", "advisor", "manager"])
def test_only_editors_see_it(who: str, questions: Any, request: pytest.FixtureRequest) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse("admin:kb_flow_compare", args=["twice"])).status_code == 403
