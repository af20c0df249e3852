"""Two editors at one flow: both texts are shown, nothing typed is lost, the second one decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from kb.models import Flow, FlowDraft
from kb.services.flow_drafts import create_flow, discard_flow_draft, save_flow_draft
from kb.services.flow_publishing import publish_flow
from klingdesk.moments import moment_words
from tests.admin.flow_text_desk import CHANGED, PAGE, FlowTextDesk, current, draft, typed
from tests.conftest import FLOW, NOW

THEIRS = FLOW.replace("很高兴帮到您。", "很高兴能帮到您。")
MINE = CHANGED


@pytest.fixture(autouse=True)
def at_later() -> Any:
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        yield


@pytest.fixture
def window(editor: Any, questions: Any) -> FlowTextDesk:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    desk = FlowTextDesk(browser)
    desk.open()
    return desk


def they_save(user: Any, text: str = THEIRS) -> FlowDraft:
    return save_flow_draft(key="twice", text=text, acting_user=user, now=NOW)


def they_publish(user: Any, text: str = THEIRS) -> Any:
    return publish_flow(key="twice", text=text, acting_user=user, reason="更好", now=NOW)


def refused(window: FlowTextDesk, step: str = "save", **values: Any) -> str:
    response = window.press(step, text=typed(MINE), **values)
    assert response.status_code == 409
    html = str(response.content.decode())
    assert window.fields["text"] == typed(MINE)
    assert " data-typed-in" in html
    assert 'id="flow-conflict"' in html
    return html


# --- somebody saved -----------------------------------------------------------------------------


def test_a_draft_that_was_saved_meanwhile(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    page = refused(window)
    at = moment_words(NOW, now=timezone.now())
    assert f"admin saved the draft (version 1), {at}." in page
    assert "<del>能</del>" in page
    assert "<ins>" in page
    assert "很高兴能帮到您" in page  # their text, whole
    assert draft().text == THEIRS
    window.press("save")
    assert (draft().text, draft().version) == (MINE, 2)


def test_taking_theirs_is_a_link(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    assert f'<a href="{PAGE}">Drop what I typed' in refused(window)
    window.open()
    assert (window.fields["text"], window.fields["expected_version"]) == (typed(THEIRS), "1")


def test_a_third_save_is_noticed_again(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    refused(window)
    they_save(admin_person, "again")
    assert "version 2" in refused(window)
    window.press("save")
    assert draft().text == MINE


def test_ones_own_other_window(window: FlowTextDesk, editor: Any) -> None:
    they_save(editor)
    assert "You yourself (in another window) saved the draft" in refused(window)


def test_publishing_over_a_draft_is_noticed(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    refused(window, "publish", reason="r")
    assert (draft().text, current().number, window.fields["reason"]) == (THEIRS, 1, "r")
    window.press("publish")
    assert current().source == MINE
    assert not FlowDraft.objects.exists()


def test_throwing_away_what_one_has_not_seen(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    window.open()
    they_save(admin_person, "newer")
    response = window.press("discard")
    assert response.status_code == 409
    assert draft().text == "newer"


# --- somebody published -------------------------------------------------------------------------


def test_a_version_that_was_published_meanwhile(window: FlowTextDesk, admin_person: Any) -> None:
    they_publish(admin_person)
    page = refused(window, "publish", reason="r")
    at = moment_words(NOW, now=timezone.now())
    assert f"admin published version 2, {at}. Reason: 更好" in page
    assert "<del>能</del>" in page
    assert current().source == THEIRS
    window.press("publish")
    assert (current().number, current().source) == (3, MINE)


def test_a_draft_that_is_behind_says_so_and_is_not_published_blindly(
    window: FlowTextDesk, editor: Any, admin_person: Any
) -> None:
    they_save(editor, MINE)
    they_publish(admin_person)
    assert "Version 2 was published after this draft was begun on version 1." in window.open()
    refused(window, "publish", reason="r")
    assert current().source == THEIRS
    window.press("publish")
    assert current().source == MINE


def test_saving_again_takes_the_new_base(
    window: FlowTextDesk, editor: Any, admin_person: Any
) -> None:
    they_save(editor, MINE)
    window.open()
    they_publish(admin_person)
    refused(window, "publish", reason="r")
    window.press("save")
    assert draft().base_number == 2
    assert "was begun on" not in window.open()


def test_a_draft_that_was_published_meanwhile(window: FlowTextDesk, admin_person: Any) -> None:
    they_save(admin_person)
    window.open()
    publish_flow(
        key="twice",
        text=THEIRS,
        acting_user=admin_person,
        reason="更好",
        now=NOW,
        replaces_draft=1,
    )
    page = refused(window)
    assert "admin published version 2" in page
    assert "The draft is no longer there" in page
    window.press("save")
    assert (draft().text, draft().base_number) == (MINE, 2)


# --- gone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["save", "publish", "look", "discard"])
def test_a_flow_that_was_thrown_away_can_be_begun_anew(
    step: str, window: FlowTextDesk, editor: Any, admin_person: Any
) -> None:
    create_flow(key="idea", title="想法", text="", acting_user=editor, now=NOW)
    desk = FlowTextDesk(window.client, "/admin/kb-flows/idea/")
    desk.open()
    discard_flow_draft(key="idea", acting_user=admin_person, expected_version=1)
    text = MINE.replace("key: twice", "key: idea")
    response = desk.press(step, text=typed(text), reason="r")
    assert response.status_code == 409
    page = response.content.decode()
    assert "This flow was thrown away meanwhile." in page
    assert "请您先刷新一下页面" in page
    sending = {"title": "想法", "key": "idea", "text": text, "question": "price"}
    begun = window.client.post("/admin/kb-flow-new/", sending)
    assert begun["Location"] == "/admin/kb-flows/idea/"
    assert FlowDraft.objects.get().text == text
    assert Flow.objects.filter(key="idea").exists()
