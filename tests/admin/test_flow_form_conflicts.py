"""Two editors at the forms of a flow: they notice each other, and lose nothing they typed."""

from __future__ import annotations

from typing import Any

import pytest

from kb.flows.source import read
from kb.models import Flow, FlowDraft
from kb.services.flow_drafts import discard_flow_draft, save_flow_draft
from kb.services.flow_publishing import keep_version
from tests.admin.flow_desk import FlowDesk
from tests.conftest import FLOW, NOW


@pytest.fixture
def first(editor: Any, questions: Any) -> FlowDesk:
    editor.first_name = "编辑甲"
    editor.save()
    return FlowDesk(editor)


@pytest.fixture
def second(admin_person: Any, first: FlowDesk) -> FlowDesk:
    return FlowDesk(admin_person)


def test_the_second_to_save_a_step_sees_what_stands_now(first: FlowDesk, second: FlowDesk) -> None:
    first.open("step/refresh/")
    second.open("step/refresh/")
    first.done(script="第一位的话。", choices__0__label="好啦")
    response = second.send(script="第二位的话。", choices__1__order="1", choices__0__order="2")
    assert response.status_code == 409
    page = response.content.decode()
    assert "编辑甲 saved the draft (version 1), " in page
    assert "<del>一</del><ins>二</ins>" in page
    assert "第一位的话。" in first.text
    # All that was typed is still there; sent again, it is a decision.
    assert second.value("script") == "第二位的话。"
    assert second.value("choices__1__order") == "1"
    second.done()
    step = read(second.text, "yaml")["nodes"]["refresh"]
    assert step["script"] == "第二位的话。"
    assert [each["value"] for each in step["choices"]] == ["again", "fixed"]


def test_a_change_elsewhere_is_noticed_and_kept(first: FlowDesk, second: FlowDesk) -> None:
    first.open("step/done/")
    second.open("step/refresh/")
    first.done(script="再见。")
    assert second.send(script="第二位的话。").status_code == 409
    second.done()
    nodes = read(second.text, "yaml")["nodes"]
    assert (nodes["done"]["script"], nodes["refresh"]["script"]) == ("再见。", "第二位的话。")


def test_a_version_published_meanwhile_is_noticed(first: FlowDesk, second: FlowDesk) -> None:
    first.open("step/refresh/")
    keep_version(
        text=FLOW.replace("请您先刷新页面再试。", "新版本。"),
        acting_user=None,
        reason="grund",
        now=NOW,
    )
    response = first.send(script="我的话。")
    assert response.status_code == 409
    assert "published version 2, " in response.content.decode()
    first.done()
    assert Flow.objects.get().draft.base_number == 2
    assert "我的话。" in first.text


def test_a_step_deleted_meanwhile_is_put_back(first: FlowDesk, second: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="end", key="spare")
    second.open("step/spare/")
    first.open("step/spare/")
    assert first.delete("spare").status_code == 302
    response = second.send(script="Ende.")
    assert response.status_code == 409
    assert "This step was deleted meanwhile. Saved again, it is put back." in (
        response.content.decode()
    )
    second.done()
    assert read(second.text, "yaml")["nodes"]["spare"] == {
        "kind": "end",
        "outcome": "answered",
        "script": "Ende.\n",
    }


def test_a_text_spoilt_meanwhile_loses_nothing(first: FlowDesk, second: FlowDesk) -> None:
    first.open("step/refresh/")
    second.drafted("nodes: [")
    response = first.send(script="我的话。", choices__0__next="tier2")
    assert response.status_code == 422
    assert "The text of this flow cannot be read any more" in response.content.decode()
    assert first.value("script") == "我的话。"
    assert first.value("choices__0__next") == "tier2"
    assert FlowDraft.objects.get().text == "nodes: ["
    second.drafted(FLOW)
    assert first.send().status_code == 409
    first.done()
    assert "我的话。" in first.text


def test_a_flow_thrown_away_meanwhile_loses_nothing(first: FlowDesk, editor: Any) -> None:
    Flow.objects.create(key="brief", title="短")
    save_flow_draft(
        key="brief", text=FLOW.replace("twice\n", "brief\n"), acting_user=editor, now=NOW
    )
    desk = FlowDesk(editor, "brief")
    desk.open("step/refresh/")
    discard_flow_draft(key="brief", acting_user=editor, expected_version=1)
    response = desk.send(script="我的话。")
    assert response.status_code == 409
    page = response.content.decode()
    assert "This flow was thrown away meanwhile" in page
    assert "我的话。" in page
    assert desk.client.get(desk.base).status_code == 404


def test_title_new_step_and_deletion_notice_others(first: FlowDesk, second: FlowDesk) -> None:
    first.open("new/")
    first.done(kind="end", key="spare")
    for page, typed in (("", {"title": "neu"}), ("new/", {"kind": "say", "name": "neu"})):
        second.open(page)
        first.open("step/refresh/")
        first.done(script=f"vor {page or 'title'}")
        response = second.send(**typed)
        assert response.status_code == 409
        assert "Somebody else changed this flow meanwhile." in response.content.decode()
        name = next(reversed(typed))
        assert second.value(name) == "neu"
        second.done()
    second.open("step/spare/")
    first.open("step/refresh/")
    first.done(script="vor dem Löschen")
    assert second.delete("spare").status_code == 409
    assert "spare" in first.text
