"""A flow's text: the lint beside it, drafts, publishing, throwing away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kb.flows.source import SOURCE_LIMIT
from kb.models import Flow, FlowDraft, FlowVersion
from kb.services.flow_drafts import create_flow, save_flow_draft
from klingdesk.moments import moment_words
from tests.admin.dates import in_words
from tests.admin.flow_text_desk import (
    ALIKE,
    BROKEN,
    CHANGED,
    PAGE,
    FlowTextDesk,
    current,
    draft,
    typed,
)
from tests.conftest import FLOW, NOW

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_later() -> Any:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def client(editor: Any, questions: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


@pytest.fixture
def window(client: Client) -> FlowTextDesk:
    desk = FlowTextDesk(client)
    desk.open()
    return desk


def messages_of(client: Client, response: Any) -> str:
    return str(client.get(response["Location"]).content.decode())


def lines_in(html: str) -> list[int]:
    return [int(line) for line in re.findall(r'data-line="(\d+)"', html)]


# --- looking ------------------------------------------------------------------------------------


def test_the_published_text_is_shown_as_it_was_written(window: FlowTextDesk) -> None:
    assert window.fields["text"] == typed(FLOW)
    assert (window.fields["expected_version"], window.fields["base_number"]) == ("0", "1")


def test_the_draft_is_shown_before_it(client: Client, admin_person: Any) -> None:
    save_flow_draft(key="twice", text="mine", acting_user=admin_person, now=NOW)
    desk = FlowTextDesk(client)
    page = desk.open()
    assert desk.fields["text"] == "mine"
    assert f"Draft of admin, {moment_words(NOW, now=timezone.now())}" in in_words(page)
    assert "Version 1 is published" in page


def test_a_flow_without_text_shows_a_beginning(client: Client, questions: Any) -> None:
    questions["price"].flow = Flow.objects.create(key="bare", title="空的")
    questions["price"].save(update_fields=["flow"])
    desk = FlowTextDesk(client, "/admin/kb-flows/bare/")
    page = desk.open()
    assert "never published" in page
    assert "title: 空的" in desk.fields["text"]
    assert "question: price" in desk.fields["text"]
    assert "No findings" in page


def test_the_pages_of_the_flow_are_linked(window: FlowTextDesk) -> None:
    page = window.open()
    assert f'href="{PAGE}" aria-current="page"' in page
    assert f'href="{PAGE}versions/"' in page


def test_looking_costs_few_queries(window: FlowTextDesk) -> None:
    with CaptureQueriesContext(connection) as queries:
        window.open()
    # Session, account with roles, two of permissions, unread notices; the flow, and the questions
    # that the check asks for.
    assert len(queries) == 7, "\n".join(query["sql"] for query in queries.captured_queries)


# --- the check beside the text --------------------------------------------------------------------


def test_each_finding_has_its_line(window: FlowTextDesk) -> None:
    found = window.check(typed(BROKEN))
    assert "1 error" in found or "2 errors" in found
    assert "there is no node “nowhere”" in found
    number = BROKEN.splitlines().index(
        next(line for line in BROKEN.splitlines() if "nowhere" in line)
    )
    assert number + 1 in lines_in(found)
    assert "Choose one that exists, or make it first." in found
    assert 'name="accepted"' not in found


def test_nothing_wrong(window: FlowTextDesk) -> None:
    assert "No findings" in window.check(typed(CHANGED))


def test_a_warning_keeps_its_tick(window: FlowTextDesk) -> None:
    found = window.check(typed(ALIKE))
    value = re.search(r'name="accepted" value="([^"]+)"', found)
    assert value is not None
    assert " checked" not in found
    assert " checked" in window.check(typed(ALIKE), accepted=[value[1]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FLOW.replace("prompt: 是否", "prompt: 问: 是否"), "a colon where none can be"),
        (FLOW.replace("nodes:", "nodes："), "a full-width colon"),
        (FLOW.replace("    prompt: ", "    prompt："), "a full-width colon"),
        (FLOW.replace("    prompt:", "\tprompt:"), "a tab; indent with blanks"),
        (FLOW.replace('"yes"', '"yes'), "line "),
        (FLOW + "key: again\n", "the key “key” is there twice"),
        (FLOW.replace("nodes:", "nodes: &all"), "anchors and aliases"),
        (FLOW + "\nloose\n", "a line without “:”"),
        ("a: " + "[" * 40 + "]" * 40, "nested too deeply"),
        ("a: [1, 2", "a bracket is not closed"),
        ("a: `x", "cannot begin with this character"),
        ('a: "x', "a quotation mark is not closed"),
        ("a: 2026-13-45", "cannot be read as YAML"),
        ("a:\n  b: 1\n c: 2", "the indent does not fit"),
    ],
)
def test_what_cannot_be_read_is_told_in_plain_words(
    text: str, words: str, window: FlowTextDesk
) -> None:
    found = window.check(typed(text))
    assert words in found
    assert "1 error" in found


@pytest.mark.parametrize("text", ["", "-", "42", "x" * (SOURCE_LIMIT + 1), "a\x00b"])
def test_nonsense_is_told_too(text: str, window: FlowTextDesk) -> None:
    assert "1 error" in window.check(text)


def test_texts_are_escaped(window: FlowTextDesk) -> None:
    found = window.check(BROKEN.replace("nowhere", "<script>alert(1)</script>"))
    assert "<script>" not in found


def test_another_flows_key_is_told_at_once(window: FlowTextDesk) -> None:
    found = window.check(FLOW.replace("key: twice", "key: thrice"))
    assert "a flow keeps its key" in found
    assert lines_in(found) == [3]


def test_checking_keeps_nothing(window: FlowTextDesk) -> None:
    window.check(CHANGED)
    window.press("look", text=CHANGED)
    assert not FlowDraft.objects.exists()
    assert FlowVersion.objects.count() == 1


def test_without_scripts_the_button_checks(window: FlowTextDesk) -> None:
    page = window.press("look", text=BROKEN)
    assert page.status_code == 200
    assert "there is no node “nowhere”" in page.content.decode()
    assert window.fields["text"] == typed(BROKEN)


# --- saving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [CHANGED, BROKEN, "nodes: [", "", "\n  leading\n\n"])
def test_a_draft_is_saved_whatever_is_wrong_with_it(
    text: str, window: FlowTextDesk, editor: Any
) -> None:
    done = window.press("save", text=typed(text))
    assert done["Location"] == PAGE
    assert (draft().text, draft().author, draft().version) == (text, editor, 1)
    assert "The draft is saved (version 1)." in messages_of(window.client, done)
    window.open()
    assert window.fields["text"] == typed(text)


def test_a_text_that_cannot_be_kept_stays_in_the_form(window: FlowTextDesk) -> None:
    for text in ("a\x00b", "x" * (SOURCE_LIMIT + 1)):
        refused = window.press("save", text=text)
        assert refused.status_code == 422
        assert refused.context["form"].errors.keys() == {"text"}
        assert refused.context["form"]["text"].value() == text
        assert " data-typed-in" in refused.content.decode()
    assert not FlowDraft.objects.exists()


@pytest.mark.parametrize("name", ["expected_version", "base_number"])
@pytest.mark.parametrize("value", ["", "x", "-1", "9" * 12])
def test_nonsense_is_no_guard(name: str, value: str, window: FlowTextDesk) -> None:
    refused = window.press("save", text=CHANGED, **{name: value})
    assert refused.status_code == 422
    assert window.fields["text"] == typed(CHANGED)
    assert not FlowDraft.objects.exists()


# --- publishing ---------------------------------------------------------------------------------


def test_publishing(window: FlowTextDesk, editor: Any) -> None:
    done = window.press("publish", text=typed(CHANGED), reason="更顺口")
    assert done["Location"] == f"{PAGE}versions/"
    assert (current().number, current().source, current().author) == (2, CHANGED, editor)
    assert current().reason == "更顺口"
    assert "Version 2 is published" in messages_of(window.client, done)


def test_publishing_ends_the_draft(window: FlowTextDesk) -> None:
    window.press("save", text=CHANGED)
    window.open()
    window.press("publish", reason="更顺口")
    assert current().number == 2
    assert not FlowDraft.objects.exists()


def test_a_reason_is_needed(window: FlowTextDesk) -> None:
    refused = window.press("publish", text=CHANGED, reason=" ")
    assert refused.status_code == 422
    assert refused.context["form"].errors.keys() == {"reason"}
    assert window.fields["text"] == typed(CHANGED)
    assert current().number == 1


def test_errors_are_not_published(window: FlowTextDesk) -> None:
    refused = window.press("publish", text=BROKEN, reason="r")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "mend what is marked as an error first" in page
    assert "there is no node “nowhere”" in page
    assert (window.fields["text"], window.fields["reason"]) == (typed(BROKEN), "r")
    assert current().number == 1


def test_warnings_are_ticked_and_published_with_a_reason(window: FlowTextDesk) -> None:
    refused = window.press("publish", text=ALIKE, reason="读过")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "There are warnings." in page
    [value] = re.findall(r'name="accepted" value="([^"]+)"', page)
    assert value.startswith("alike_labels ")
    window.press("publish", accepted=[value])
    assert current().number == 2
    assert [each["code"] for each in current().accepted] == ["alike_labels"]


@pytest.mark.parametrize("value", ["", "alike_labels", "alike_labels elsewhere", "x y z"])
def test_a_tick_for_something_else_is_none(value: str, window: FlowTextDesk) -> None:
    assert window.press("publish", text=ALIKE, reason="r", accepted=[value]).status_code == 422
    assert current().number == 1


def test_the_same_again(window: FlowTextDesk) -> None:
    done = window.press("publish", text=typed(FLOW), reason="r")
    assert "this is version 1" in messages_of(window.client, done)
    assert FlowVersion.objects.count() == 1


@pytest.mark.parametrize("saved_before", [False, True])
def test_comments_are_kept_in_the_draft(saved_before: bool, window: FlowTextDesk) -> None:
    if saved_before:
        window.press("save", text="older")
        window.open()
    done = window.press("publish", text=typed(f"# 顺序别改\n{FLOW}"), reason="r")
    assert "kept as the draft" in messages_of(window.client, done)
    assert FlowVersion.objects.count() == 1
    assert draft().text == f"# 顺序别改\n{FLOW}"


# --- throwing away ------------------------------------------------------------------------------


def test_a_draft_is_thrown_away(window: FlowTextDesk) -> None:
    assert "Yes, discard the draft" not in window.open()
    window.press("save", text=CHANGED)
    assert "Yes, discard the draft" in window.open()
    done = window.press("discard")
    assert "The draft is thrown away." in messages_of(window.client, done)
    assert not FlowDraft.objects.exists()
    assert current().number == 1


def test_a_flow_that_was_never_published_goes_with_it(client: Client, editor: Any) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    desk = FlowTextDesk(client, "/admin/kb-flows/idea/")
    desk.open()
    done = desk.press("discard")
    assert done["Location"] == "/admin/kb-flows/"
    assert "The flow “想法” is gone" in messages_of(client, done)
    assert not Flow.objects.filter(key="idea").exists()


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["agent", "advisor", "manager"])
def test_only_editors_write(who: str, questions: Any, request: pytest.FixtureRequest) -> None:
    browser = Client()
    browser.force_login(request.getfixturevalue(who))
    sending = {"text": CHANGED, "expected_version": 0, "base_number": 1, "step": "save"}
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, sending).status_code == 403
    assert browser.post(f"{PAGE}check/", sending).status_code == 403
    assert not FlowDraft.objects.exists()


def test_a_post_needs_the_token(editor: Any, questions: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(editor)
    sending = {"text": CHANGED, "expected_version": 0, "base_number": 1, "step": "save"}
    assert browser.post(PAGE, sending).status_code == 403
    assert not FlowDraft.objects.exists()


def test_what_is_not_there(client: Client) -> None:
    assert client.get("/admin/kb-flows/none/").status_code == 404
    assert client.post("/admin/kb-flows/none/check/", {"text": ""}).status_code == 404
    assert client.get(f"{PAGE}check/").status_code == 405


def test_the_stock_addresses_lead_here(client: Client) -> None:
    flow = Flow.objects.get()
    assert client.get("/admin/kb/flow/")["Location"] == "/admin/kb-flows/"
    assert client.get("/admin/kb/flowversion/")["Location"] == "/admin/kb-flows/"
    assert client.get(f"/admin/kb/flow/{flow.pk}/change/")["Location"] == PAGE
    version = f"/admin/kb/flowversion/{flow.current_id}/change/"
    assert client.get(version)["Location"] == f"{PAGE}versions/1/"
    assert client.get("/admin/kb/flow/99999/change/").status_code == 302


def test_a_question_leads_to_its_flow(client: Client, questions: Any) -> None:
    page = client.get(f"/admin/kb/standardquestion/{questions['twice-charged'].pk}/change/")
    assert f'href="{PAGE}"' in page.content.decode()
    other = client.get(f"/admin/kb/standardquestion/{questions['price'].pk}/change/")
    assert "/admin/kb-flows/twice/" not in other.content.decode()
