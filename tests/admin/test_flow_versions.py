"""Versions of a flow: who, when, why, with which warnings; their texts; back into the draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from kb.models import FlowDraft, FlowVersion
from kb.services.flow_drafts import create_flow, save_flow_draft
from kb.services.flow_publishing import check_text, publish_flow
from tests.admin.browserless import fields_of
from tests.admin.flow_text_desk import ALIKE, CHANGED, PAGE, draft
from tests.conftest import FLOW, NOW

VERSIONS = f"{PAGE}versions/"


@pytest.fixture(autouse=True)
def at_later() -> Any:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        yield


@pytest.fixture
def client(editor: Any, questions: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


def publish(user: Any, text: str, reason: str = "更顺口") -> FlowVersion:
    accepted = [(each.code, each.path) for each in check_text(text, now=NOW)[1]]
    return publish_flow(
        key="twice", text=text, acting_user=user, reason=reason, now=NOW, accepted=accepted
    )


def again(client: Client, number: int, **typed: Any) -> Any:
    return client.post(f"{VERSIONS}{number}/draft/", {"expected_version": 0, **typed})


def test_all_versions_say_who_when_and_why(client: Client, admin_person: Any) -> None:
    publish(admin_person, ALIKE)
    page = client.get(VERSIONS).content.decode()
    for words in ("Version 1", "Version 2", "admin", "更顺口", "2026-03-04 10:30", "starter"):
        assert words in page
    assert page.count("published now") == 1
    rows = client.get(VERSIONS).context["rows"]
    assert [(row.number, row.accepted, row.is_current) for row in rows] == [
        (2, 1, True),
        (1, 0, False),
    ]


def test_many_versions_come_in_pages(client: Client, editor: Any) -> None:
    for number in range(30):
        publish(editor, FLOW.replace("请您先刷新", f"请您先刷新{number}次"))
    assert len(client.get(VERSIONS).context["rows"]) == 30
    assert [row.number for row in client.get(f"{VERSIONS}?page=2").context["rows"]] == [1]


def test_a_flow_that_was_never_published(client: Client, editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    page = client.get("/admin/kb-flows/idea/versions/").content.decode()
    assert "It was never published" in page


def test_a_version_with_its_text_and_its_warnings(client: Client, editor: Any) -> None:
    publish(editor, ALIKE)
    publish(editor, CHANGED)
    page = client.get(f"{VERSIONS}2/").content.decode()
    assert "只有两个" in page
    assert "begins like" in page
    assert f'rel="prev" href="{VERSIONS}1/"' in page
    assert f'rel="next" href="{VERSIONS}3/"' in page
    assert "published now" not in page
    assert "published now" in client.get(f"{VERSIONS}3/").content.decode()


def test_a_warning_whose_code_is_gone_is_still_told(client: Client, editor: Any) -> None:
    publish(editor, ALIKE)
    newest = FlowVersion.objects.first()
    assert newest is not None
    kept = [{**newest.accepted[0], "code": "long_forgotten"}, {**newest.accepted[0], "params": {}}]
    newest.pk, newest.number, newest.accepted = None, 9, kept
    newest.save()
    assert "long_forgotten" in client.get(f"{VERSIONS}9/").content.decode()


def test_an_old_text_becomes_the_draft(client: Client, editor: Any) -> None:
    publish(editor, CHANGED)
    shown = client.get(f"{VERSIONS}1/").content.decode()
    assert "Make this the draft again" in shown
    done = again(client, 1)
    assert done["Location"] == PAGE
    assert (draft().text, draft().author, draft().base_number) == (FLOW, editor, 2)
    assert "The text of version 1 is the draft now." in client.get(PAGE).content.decode()


def test_a_draft_is_replaced_by_whoever_has_seen_it(
    client: Client, editor: Any, admin_person: Any
) -> None:
    save_flow_draft(key="twice", text="theirs", acting_user=admin_person, now=NOW)
    refused = again(client, 1)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "the draft was changed meanwhile" in page
    assert "There is a draft of admin" in page
    assert draft().text == "theirs"
    assert again(client, 1, expected_version=1).status_code == 302
    assert draft().text == FLOW


@pytest.mark.parametrize("expected", ["", "x", "-1", "9" * 12])
def test_nonsense_is_no_guard(expected: str, client: Client) -> None:
    assert again(client, 1, expected_version=expected).status_code == 422
    assert not FlowDraft.objects.exists()


def test_what_is_not_there_and_who_may(client: Client, agent: Any, manager: Any) -> None:
    assert client.get(f"{VERSIONS}99/").status_code == 404
    assert again(client, 99).status_code == 404
    assert client.get(f"{VERSIONS}1/draft/").status_code == 405
    for who in (agent, manager):
        other = Client()
        other.force_login(who)
        assert other.get(VERSIONS).status_code == 403
        assert other.get(f"{VERSIONS}1/").status_code == 403
        assert again(other, 1).status_code == 403
    assert not FlowDraft.objects.exists()


def test_the_form_sends_what_was_seen(client: Client, editor: Any) -> None:
    save_flow_draft(key="twice", text="one", acting_user=editor, now=NOW)
    page = client.get(f"{VERSIONS}1/").content.decode()
    assert 'name="expected_version" value="1"' in page
    assert fields_of(client.get(PAGE).content.decode(), "flow-form")["text"] == "one"
