"""Two editors at once: the second learns what the first did, loses nothing, overwrites nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kb.models import Draft, StandardQuestion
from kb.services.content import published_content
from kb.services.publishing import publish_question
from tests.admin.question_desk import Desk
from tests.conftest import NOW


@pytest.fixture
def twice(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["twice-charged"]


@pytest.fixture
def first(editor: Any) -> Desk:
    editor.first_name = "编辑甲"
    editor.save()
    return Desk(editor)


@pytest.fixture
def second(admin_person: Any) -> Desk:
    return Desk(admin_person)


def test_the_second_to_publish_learns_it_and_loses_nothing(
    first: Desk, second: Desk, twice: StandardQuestion
) -> None:
    first.open(twice)
    second.open(twice)
    first.done(
        "publish",
        script="请您先刷新所有页面。",
        title="第一位改的标题",
        follow_ups__0__script="第一位改的追问",
        reason="第一位的原因",
    )
    response = second.send("publish", script="请您先关闭单个页面。", reason="第二位")
    assert response.status_code == 409
    page = response.content.decode()
    assert "编辑甲 published revision 2, " in page
    assert "第一位的原因" in page
    assert "<del>单个</del><ins>所有</ins>" in page
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (2, "请您先刷新所有页面。")

    # What both changed stays as typed; what only the first one changed is not overwritten.
    assert second.fields["script"] == "请您先关闭单个页面。"
    assert second.fields["title"] == "第一位改的标题"
    assert second.fields["follow_ups-0-script"] == "第一位改的追问"
    assert "the form shows theirs now: Title、Follow-ups" in page
    assert "the form keeps your text: Reference script" in page

    # Having read it, the second editor decides and sends what the page now holds.
    second.done("publish")
    twice.refresh_from_db()
    assert (twice.revision_number, twice.script) == (3, "请您先关闭单个页面。")
    assert twice.title == "第一位改的标题"


def test_the_second_to_save_a_draft(first: Desk, second: Desk, twice: StandardQuestion) -> None:
    first.open(twice)
    first.done("save", script="草稿")
    first.open(twice)
    second.open(twice)
    first.done("save", script="第一位的草稿", fallback="第一位的备用话术")
    response = second.send("save", script="第二位的草稿")
    assert response.status_code == 409
    page = response.content.decode()
    assert "编辑甲 saved the draft (version 2), " in page
    assert "<ins>第一位的</ins>草稿" in page
    assert second.fields["script"] == "第二位的草稿"
    assert second.fields["fallback"] == "第一位的备用话术"
    assert Draft.objects.get().content["script"] == "第一位的草稿"
    second.done("save")
    content = Draft.objects.get().content
    assert (content["script"], content["fallback"]) == ("第二位的草稿", "第一位的备用话术")


def test_a_draft_that_came_meanwhile(first: Desk, second: Desk, twice: StandardQuestion) -> None:
    second.open(twice)
    first.open(twice)
    first.done("save", internal_note="第一位的备注")
    response = second.send("publish", script="第二位", reason="x")
    assert response.status_code == 409
    assert "编辑甲 saved the draft (version 1)" in response.content.decode()
    assert second.fields["internal_note"] == "第一位的备注"
    second.done("publish")
    twice.refresh_from_db()
    assert (twice.script, twice.internal_note) == ("第二位", "第一位的备注")
    assert not Draft.objects.exists()


def test_a_draft_that_was_published_meanwhile(
    first: Desk, second: Desk, twice: StandardQuestion
) -> None:
    first.open(twice)
    first.done("save", script="草稿")
    first.open(twice)
    second.open(twice)
    first.done("publish", reason="上线")
    for step in ("submit", "send_back", "discard"):
        response = second.send(step, script="草稿，再改一点", comment="x")
        # Nothing may be thrown away, sent back or saved over what is published by now.
        assert response.status_code in (409, 422), step
        assert second.fields["script"] == "草稿，再改一点"
    assert twice.revisions.count() == 2


def test_a_draft_that_was_thrown_away_meanwhile(
    first: Desk, second: Desk, twice: StandardQuestion
) -> None:
    first.open(twice)
    first.done("save", script="草稿")
    first.open(twice)
    second.open(twice)
    first.done("discard")
    response = second.send("save", script="第二位的草稿")
    assert response.status_code == 409
    assert "The draft was thrown away meanwhile." in response.content.decode()
    second.done("save")
    assert Draft.objects.get().content["script"] == "第二位的草稿"


def test_a_question_that_was_thrown_away_meanwhile(
    first: Desk, second: Desk, questions: Any
) -> None:
    first.open()
    first.done("save", title="新的", category="credits", key="fresh")
    question = StandardQuestion.objects.get(key="fresh")
    first.open(question)
    second.open(question)
    first.done("discard")
    response = second.send("save", script="写了很久")
    assert response.status_code == 409
    assert "The question was thrown away meanwhile." in response.content.decode()
    assert (second.fields["script"], second.fields["key"]) == ("写了很久", "fresh")
    second.done("save")
    assert Draft.objects.get(question__key="fresh").content["script"] == "写了很久"


def test_the_same_key_made_at_once(first: Desk, second: Desk, questions: Any) -> None:
    first.open()
    second.open()
    first.done("save", title="甲", category="credits", key="same")
    response = second.send("save", title="乙", category="credits", key="same")
    assert response.status_code == 422
    assert list(second.errors(response)) == ["key"]
    second.done("save", key="other")
    assert StandardQuestion.objects.filter(key__in=["same", "other"]).count() == 2


def test_a_draft_begun_on_an_older_revision_says_so_and_is_a_decision(
    first: Desk, twice: StandardQuestion
) -> None:
    """A bulk change, an import or another editor has published beside the draft."""
    first.open(twice)
    first.done("save", script="草稿")
    publish_question(
        key=twice.key,
        content=replace(published_content(twice), internal_note="别处改的备注"),
        acting_user=None,
        reason="批量",
        now=NOW,
    )
    page = first.open(twice)
    assert "Something was published since this draft was begun." in page
    assert "the starter knowledge base published revision 2" in page
    response = first.send("publish", reason="x")
    assert response.status_code == 409
    assert first.fields["internal_note"] == "别处改的备注"
    assert first.fields["script"] == "草稿"
    first.done("save")
    assert Draft.objects.get().base_revision == 2
    assert "Something was published since" not in first.open(twice)
    first.done("publish")
    twice.refresh_from_db()
    assert (twice.script, twice.internal_note) == ("草稿", "别处改的备注")


def test_both_a_revision_and_a_draft_meanwhile(
    first: Desk, second: Desk, twice: StandardQuestion
) -> None:
    second.open(twice)
    first.open(twice)
    first.done("publish", title="新标题", reason="一")
    first.open(twice)
    first.done("save", fallback="新备用")
    response = second.send("publish", script="第二位", reason="二")
    page = response.content.decode()
    assert "编辑甲 published revision 2" in page
    assert "编辑甲 saved the draft (version 1)" in page
    assert (second.fields["title"], second.fields["fallback"]) == ("新标题", "新备用")


def test_one_and_the_same_editor_in_two_windows(
    first: Desk, editor: Any, twice: StandardQuestion
) -> None:
    other_window = Desk(editor)
    first.open(twice)
    other_window.open(twice)
    first.done("save", script="一")
    response = other_window.send("save", script="二")
    assert response.status_code == 409
    assert "You yourself (in another window) saved the draft" in response.content.decode()


@pytest.mark.parametrize("revision", ["0", "7", "2147483647"])
def test_a_revision_that_never_was_is_a_conflict(
    revision: str, first: Desk, twice: StandardQuestion
) -> None:
    first.open(twice)
    response = first.send("publish", reason="x", expected_revision=revision, script="新")
    assert response.status_code == 409
    assert first.fields["script"] == "新"
    assert twice.revisions.count() == 1


@pytest.mark.parametrize("loaded", ["", "nonsense", "a:b:c"])
def test_a_page_that_does_not_say_what_it_began_from(
    loaded: str, first: Desk, second: Desk, twice: StandardQuestion
) -> None:
    """Without it nothing is taken over, but nothing is lost either."""
    first.open(twice)
    first.done("save", script="草稿")
    first.open(twice)
    second.open(twice)
    first.done("save", title="第一位的标题")
    response = second.send("save", script="第二位的", loaded=loaded)
    assert response.status_code == 409
    assert "第一位的标题" in response.content.decode()
    assert second.fields["script"] == "第二位的"
