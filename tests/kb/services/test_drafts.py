"""Drafts: seen by editors alone, each step guarded by what its doer began from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kb.models import Disagreement, Draft, StandardQuestion
from kb.selectors.answers import answer_of
from kb.selectors.questions import question_for
from kb.selectors.search import search_questions
from kb.services.content import FollowUpContent, QuestionContent, published_content
from kb.services.drafts import (
    discard_draft,
    publish_draft,
    save_draft,
    send_back_draft,
    submit_content,
    submit_draft,
)
from kb.services.publishing import publish_question
from klingdesk.core.errors import Conflict, Invalid, NotFound
from notices.selectors import notices_for, unread_count
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)
CONTENT = QuestionContent(
    title="会员能退吗", category="credits", status="online", script="您好。", phrasings=("退会员",)
)


def save(content: QuestionContent = CONTENT, key: str = "refund", **more: Any) -> Draft:
    return save_draft(key=key, content=content, **{"acting_user": None, "now": NOW, **more})


def refund() -> StandardQuestion:
    return StandardQuestion.objects.get(key="refund")


# --- saving --------------------------------------------------------------------------------------


def test_a_new_question_is_known_to_editors_alone(
    questions: Any, agent: Any, editor: Any, stranger: Any
) -> None:
    draft = save(acting_user=editor)
    assert (draft.version, draft.base_revision, draft.state) == (1, 0, "draft")
    assert question_for(user=editor, key="refund").status == "draft"
    assert not search_questions("退会员").hits
    for user in (agent, stranger):
        with pytest.raises(NotFound):
            question_for(user=user, key="refund")


def test_the_row_of_an_unpublished_question_follows_its_draft(questions: Any) -> None:
    save()
    save(replace(CONTENT, title="改了标题"))
    assert (refund().title, refund().revision_number) == ("改了标题", 0)


def test_what_is_published_stays(questions: Any, editor: Any) -> None:
    draft = save(replace(CONTENT, title="新"), key="price", acting_user=editor, reason="因为")
    price = StandardQuestion.objects.get(key="price")
    assert (price.title, price.status, price.revision_number) == ("灵感值的价格", "online", 1)
    assert (draft.author, draft.reason, draft.base_revision) == (editor, "因为", 1)


@pytest.mark.parametrize(
    "incomplete", [{"script": ""}, {"escalates": True}, {"status": "draft"}, {"phrasings": ()}]
)
def test_a_draft_may_be_incomplete(incomplete: dict[str, Any], questions: Any) -> None:
    assert save(replace(CONTENT, **incomplete)).version == 1


@pytest.mark.parametrize(
    "unfit",
    [
        {"title": ""},
        {"title": "长" * 121},
        {"category": "gone"},
        {"flow": "gone"},
        {"script": "长" * 10_001},
        {"script": "{{nothing}}"},
        {"phrasings": ("长" * 201,)},
        {"follow_ups": (FollowUpContent("", "好"),)},
    ],
)
def test_a_draft_must_fit_what_holds_it(unfit: dict[str, Any], questions: Any) -> None:
    with pytest.raises(Invalid) as refused:
        save(replace(CONTENT, **unfit))
    assert set(refused.value.fields) == set(unfit)
    assert not Draft.objects.exists()
    assert not StandardQuestion.objects.filter(key="refund").exists()


@pytest.mark.parametrize(
    ("begun_from", "state"),
    [
        ({"expected_version": 0}, {"revision": 0, "version": 2, "draft": "draft"}),
        ({"expected_version": 1}, {"revision": 0, "version": 2, "draft": "draft"}),
        ({"expected_revision": 3}, {"revision": 0}),
    ],
)
def test_the_second_writer_overwrites_nothing(
    begun_from: dict[str, int], state: dict[str, Any], questions: Any
) -> None:
    save()
    save(replace(CONTENT, script="甲"), expected_version=1)
    with pytest.raises(Conflict) as second:
        save(replace(CONTENT, script="乙"), **begun_from)
    assert second.value.state == state
    assert Draft.objects.get().content["script"] == "甲"


def test_who_has_seen_the_new_revision_writes_on_it(questions: Any) -> None:
    save(key="price")
    publish_question(
        key="price", content=replace(CONTENT, title="二"), acting_user=None, reason="", now=NOW
    )
    assert save(key="price").base_revision == 1  # says nothing of what he has seen
    assert save(key="price", expected_revision=2).base_revision == 2


def test_saving_takes_a_text_out_of_review_and_out_of_its_schedule(questions: Any) -> None:
    draft = save(key="price")
    submit_draft(key="price", acting_user=None, now=NOW, expected_version=draft.version)
    assert save(key="price").state == "draft"
    later = replace(CONTENT, effective_from=LATER)
    version = save(later, key="price").version
    publish_draft(key="price", acting_user=None, reason="x", now=NOW, expected_version=version)
    assert Draft.objects.get().state == "scheduled"
    draft = save(later, key="price")
    assert (draft.state, draft.publish_at) == ("draft", None)
    assert StandardQuestion.objects.get(key="price").replaced_at is None


# --- review --------------------------------------------------------------------------------------


def test_submitted_sent_back_submitted_published(questions: Any, editor: Any) -> None:
    version = save(acting_user=editor).version
    draft = submit_draft(key="refund", acting_user=editor, now=LATER, expected_version=version)
    assert (draft.state, draft.version, draft.updated_at) == ("in_review", version, LATER)
    assert refund().status == "in_review"
    draft = send_back_draft(
        key="refund", acting_user=editor, comment=" 再写 ", now=NOW, expected_version=version
    )
    assert (draft.state, draft.review_comment) == ("draft", "再写")
    assert refund().status == "draft"
    submit_draft(key="refund", acting_user=editor, now=NOW, expected_version=version)
    question = publish_draft(
        key="refund", acting_user=editor, reason="审过", now=NOW, expected_version=version
    )
    assert (question.status, question.revision_number) == ("online", 1)
    assert not Draft.objects.exists()
    assert search_questions("退会员").hits[0].key == "refund"


def test_saved_and_submitted_together_or_not_at_all(questions: Any, editor: Any) -> None:
    values: dict[str, Any] = {"key": "refund", "acting_user": editor, "now": NOW}
    with pytest.raises(Invalid) as refused:
        submit_content(content=replace(CONTENT, script=""), **values)
    assert set(refused.value.fields) == {"script"}
    assert not StandardQuestion.objects.filter(key="refund").exists()
    draft = submit_content(content=CONTENT, expected_version=0, expected_revision=0, **values)
    assert (draft.state, draft.author) == ("in_review", editor)
    with pytest.raises(Conflict):
        submit_content(content=CONTENT, expected_version=0, **values)


def test_an_incomplete_draft_is_not_submitted(questions: Any) -> None:
    save(replace(CONTENT, script=""))
    with pytest.raises(Invalid):
        submit_draft(key="refund", acting_user=None, now=NOW, expected_version=1)
    assert Draft.objects.get().state == "draft"


def test_sending_back_needs_a_comment_and_a_review(questions: Any, editor: Any) -> None:
    save()

    def send_back(comment: str) -> None:
        send_back_draft(
            key="refund", acting_user=editor, comment=comment, now=NOW, expected_version=1
        )

    with pytest.raises(Invalid) as refused:
        send_back(" \n ")
    assert set(refused.value.fields) == {"comment"}
    with pytest.raises(Conflict) as early:
        send_back("再写")  # nobody has asked for a review
    assert early.value.state["draft"] == "draft"


@pytest.mark.parametrize("step", [submit_draft, send_back_draft, discard_draft, publish_draft])
@pytest.mark.parametrize(("key", "expected"), [("nothing", NotFound), ("price", NotFound)])
def test_a_draft_that_is_not_there(
    step: Any, key: str, expected: type[Exception], questions: Any, editor: Any
) -> None:
    with pytest.raises(expected):
        do(step, key, editor, 1)


@pytest.mark.parametrize("step", [submit_draft, send_back_draft, discard_draft, publish_draft])
def test_a_draft_that_has_moved_on(step: Any, questions: Any, editor: Any) -> None:
    save()
    save(replace(CONTENT, script="又写了"))
    with pytest.raises(Conflict) as late:
        do(step, "refund", editor, 1)
    assert late.value.state["version"] == 2
    assert Draft.objects.get().content["script"] == "又写了"


def do(step: Any, key: str, user: Any, version: int) -> None:
    more: dict[str, Any] = {
        submit_draft: {"now": NOW},
        send_back_draft: {"now": NOW, "comment": "再写"},
        discard_draft: {"now": NOW},
        publish_draft: {"now": NOW, "reason": "x"},
    }[step]
    step(key=key, acting_user=user, expected_version=version, **more)


# --- publishing and discarding -------------------------------------------------------------------


def test_a_draft_begun_on_an_older_revision_is_not_published(questions: Any) -> None:
    save(key="price")
    price = StandardQuestion.objects.get(key="price")
    newer = replace(published_content(price), script="别人改的。")
    publish_question(key="price", content=newer, acting_user=None, reason="", now=NOW)
    with pytest.raises(Conflict) as late:
        publish_draft(key="price", acting_user=None, reason="x", now=NOW, expected_version=1)
    assert late.value.state == {"revision": 2}
    price.refresh_from_db()
    assert price.script == "别人改的。"


def test_discarding_leaves_what_is_published(questions: Any) -> None:
    save(key="price")
    discard_draft(key="price", acting_user=None, now=NOW, expected_version=1)
    assert not Draft.objects.exists()
    assert StandardQuestion.objects.get(key="price").revision_number == 1


def test_discarding_a_scheduled_text_lets_the_present_one_go_on(questions: Any) -> None:
    version = save(replace(CONTENT, effective_from=LATER), key="price").version
    publish_draft(key="price", acting_user=None, reason="x", now=NOW, expected_version=version)
    version = Draft.objects.get().version
    discard_draft(key="price", acting_user=None, now=NOW, expected_version=version)
    assert StandardQuestion.objects.get(key="price").replaced_at is None


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=5)])
def test_discarding_a_text_that_was_due_gives_the_old_one_no_more(
    late: timedelta, questions: Any
) -> None:
    version = save(replace(CONTENT, effective_from=LATER), key="price").version
    publish_draft(key="price", acting_user=None, reason="x", now=NOW, expected_version=version)
    version = Draft.objects.get().version
    discard_draft(key="price", acting_user=None, now=LATER + late, expected_version=version)
    price = StandardQuestion.objects.get(key="price")
    assert price.replaced_at == LATER
    assert not answer_of(price, now=LATER + late).is_in_force


def test_what_was_never_published_goes_with_its_draft(questions: Any) -> None:
    save()
    discard_draft(key="refund", acting_user=None, now=NOW, expected_version=1)
    assert not StandardQuestion.objects.filter(key="refund").exists()


def test_what_is_referred_to_is_not_thrown_away(questions: Any) -> None:
    draft = save()
    Disagreement.objects.create(question=draft.question, key="a", caution="小心", opened_at=NOW)
    with pytest.raises(Conflict) as refused:
        discard_draft(key="refund", acting_user=None, now=NOW, expected_version=1)
    assert refused.value.state["version"] == 1
    assert Draft.objects.get().question.key == "refund"


def test_a_review_is_asked_of_the_others_and_its_outcome_told_to_the_writer(
    questions: dict[str, StandardQuestion], editor: Any, admin_person: Any
) -> None:
    draft = save_draft(
        key="price",
        content=published_content(questions["price"]),
        acting_user=editor,
        now=NOW,
    )
    submit_draft(key="price", acting_user=editor, now=NOW, expected_version=draft.version)
    assert [notice.code for notice in notices_for(admin_person)] == ["kb.review_wanted"]
    assert unread_count(editor) == 0
    send_back_draft(
        key="price",
        acting_user=admin_person,
        comment="请核对价格",
        now=NOW,
        expected_version=draft.version,
    )
    assert [notice.params["comment"] for notice in notices_for(editor)] == ["请核对价格"]
