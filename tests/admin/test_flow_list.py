"""The list of flows, and beginning a new one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kb import flow_usage
from kb.flow_usage import FlowUsage, usage_at
from kb.models import Flow, FlowDraft
from kb.services.flow_drafts import create_flow, save_flow_draft
from kb.services.flow_publishing import publish_flow
from kb.services.publishing import retire_question
from klingdesk.moments import moment_words
from tests.admin.browserless import fields_of
from tests.admin.flow_text_desk import CHANGED
from tests.conftest import FLOW, NOW

LIST = "/admin/kb-flows/"
NEW = "/admin/kb-flow-new/"


@pytest.fixture(autouse=True)
def at_later() -> Any:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        yield


@pytest.fixture
def client(editor: Any, questions: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


@pytest.fixture
def only_these_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_usage, "_providers", [])


def rows(client: Client, **query: str) -> list[Any]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return list(response.context["rows"])


# --- the list -----------------------------------------------------------------------------------


def test_a_flow_with_all_there_is_to_know(
    client: Client, editor: Any, admin_person: Any, only_these_providers: None
) -> None:
    flow_usage.register(lambda now: {"twice": FlowUsage(7, 2), "gone": FlowUsage(1, 1)})
    publish_flow(key="twice", text=CHANGED, acting_user=editor, reason="更顺口", now=NOW)
    save_flow_draft(key="twice", text="x", acting_user=admin_person, now=NOW)
    [row] = rows(client)
    assert (row.title, row.key, row.number, row.questions) == ("测试：重复扣费", "twice", 2, 1)
    assert (row.usage.runs_30_days, row.usage.open_now) == (7, 2)
    at = moment_words(NOW, now=timezone.now())
    assert (row.published_by, row.published_at) == ("editor", at)
    page = client.get(LIST).content.decode()
    for words in ("Version 2", "更顺口", "Being written", f"admin, {at}"):
        assert words in page
    assert "behind what is published" not in page


def test_usage_of_several_providers_is_added_up(only_these_providers: None) -> None:
    def one(now: datetime) -> dict[str, FlowUsage]:
        return {"a": FlowUsage(1, 1), "b": FlowUsage(5, 0)}

    flow_usage.register(one)
    flow_usage.register(one)  # the same again is the same
    flow_usage.register(lambda now: {"a": FlowUsage(2, 3)})
    assert usage_at(NOW) == {"a": FlowUsage(3, 4), "b": FlowUsage(5, 0)}


def test_retired_questions_do_not_count(client: Client, editor: Any) -> None:
    retire_question(key="twice-charged", acting_user=editor, reason="t", now=NOW)
    assert rows(client)[0].questions == 0


def test_never_published_and_behind(client: Client, editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    save_flow_draft(key="twice", text="x", acting_user=editor, now=NOW)
    publish_flow(key="twice", text=CHANGED, acting_user=editor, reason="r", now=NOW)
    by_key = {row.key: row for row in rows(client)}
    assert by_key["idea"].number == 0
    assert by_key["twice"].is_behind
    page = client.get(LIST).content.decode()
    assert "never published" in page
    assert "behind what is published" in page


def test_searching_and_what_is_being_written(client: Client, editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    assert [row.key for row in rows(client, q="想")] == ["idea"]
    assert [row.key for row in rows(client, q="TWI")] == ["twice"]
    assert [row.key for row in rows(client, draft="1")] == ["idea"]
    assert rows(client, q="\x00%_") == []
    assert "No flow is like that." in client.get(LIST, {"q": "zz"}).content.decode()


def test_many_flows_come_in_pages_and_cost_the_same(client: Client, editor: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    few = cost()
    for number in range(60):
        create_flow(key=f"f{number}", title=f"流程{number}", text="", acting_user=editor, now=NOW)
    # Session, account, roles, two of permissions, unread notices; count, flows, and their runs.
    assert cost() == few <= 10
    assert len(rows(client)) == 50
    assert len(rows(client, page="2")) == 11


def test_a_desk_without_flows(editor: Any) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    assert "There is no flow yet." in browser.get(LIST).content.decode()


def test_editors_find_the_list(client: Client, agent: Any) -> None:
    assert f'href="{LIST}"' in client.get("/admin/kb-room/").content.decode()
    other = Client()
    other.force_login(agent)
    assert LIST not in other.get("/admin/console/").content.decode()


# --- a new one ----------------------------------------------------------------------------------


def begin(client: Client, **typed: Any) -> Any:
    fields = fields_of(client.get(NEW).content.decode(), "new-flow-form")
    return client.post(NEW, {**fields, "question": "twice-charged", **typed})


def test_a_new_flow_begins_with_something_that_works(client: Client, editor: Any) -> None:
    begun = begin(client, title="作品不见了", key="lost-work")
    assert begun["Location"] == f"{LIST}lost-work/"
    page = client.get(begun["Location"]).content.decode()
    assert "No findings" in page
    assert "Nobody walks it before it is published." in page
    made = FlowDraft.objects.get()
    assert (made.flow.title, made.author, made.flow.current) == ("作品不见了", editor, None)


def test_the_key_is_made_from_the_title(client: Client) -> None:
    assert begin(client, title="作品不见了")["Location"] == f"{LIST}zuo-pin-bu-jian-le/"
    assert begin(client, title="作品不见了")["Location"] == f"{LIST}zuo-pin-bu-jian-le-2/"


def test_a_copy(client: Client) -> None:
    begin(client, title="另一个", key="other-one", copy_of="twice")
    text = FlowDraft.objects.get().text
    assert text == FLOW.replace("key: twice", "key: other-one").replace("测试：重复扣费", "另一个")


def test_a_copy_of_a_draft(client: Client, editor: Any) -> None:
    save_flow_draft(key="twice", text=CHANGED, acting_user=editor, now=NOW)
    begin(client, title="另一个", key="other-one", copy_of="twice")
    assert "刷新一下" in FlowDraft.objects.get(flow__key="other-one").text


def test_a_copy_of_something_unreadable(client: Client, editor: Any) -> None:
    save_flow_draft(key="twice", text="nodes: [", acting_user=editor, now=NOW)
    refused = begin(client, title="另一个", key="other-one", copy_of="twice")
    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {"copy_of"}
    assert "另一个" in refused.content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "长" * 81}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"key": "Not A Key"}, "key"),
        ({"key": "k" * 61}, "key"),
        ({"question": "none"}, "question"),
        ({"copy_of": "none"}, "copy_of"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    typed: dict[str, str], field: str, client: Client
) -> None:
    refused = begin(client, **{"title": "好", "key": "fine", **typed})
    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {field}
    assert Flow.objects.count() == 1


def test_a_key_that_is_taken(client: Client) -> None:
    refused = begin(client, title="又一个", key="twice")
    assert refused.status_code == 409
    assert "There is a flow with this key already." in refused.content.decode()
    assert "又一个" in refused.content.decode()


def test_only_editors_begin_flows(agent: Any, manager: Any, questions: Any) -> None:
    for who in (agent, manager):
        browser = Client()
        browser.force_login(who)
        assert browser.get(LIST).status_code == 403
        assert browser.post(NEW, {"title": "x", "question": "price"}).status_code == 403
    assert Flow.objects.count() == 1
