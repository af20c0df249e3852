"""Publishing: revisions, conflicts, texts that wait, what is retired and restored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from hypothesis import given
from hypothesis import strategies as st

from kb.models import Draft, Revision, SearchIndexVersion, StandardQuestion, Synonym
from kb.rules.lifecycle import Standing
from kb.selectors.answers import answer_of
from kb.selectors.questions import question_for, question_tree
from kb.selectors.search import search_questions
from kb.services.attachments import keep_starter_picture
from kb.services.content import (
    AttachmentContent,
    FollowUpContent,
    QuestionContent,
    published_content,
)
from kb.services.drafts import save_draft
from kb.services.publishing import (
    bump_search_index,
    publish_question,
    restore_revision,
    retire_question,
)
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)
CONTENT = QuestionContent(
    title="会员能退吗", category="credits", status="online", script="您好。", phrasings=("退会员",)
)


def publish(content: QuestionContent = CONTENT, **more: Any) -> StandardQuestion:
    values: dict[str, Any] = {"acting_user": None, "reason": "test", "now": NOW, **more}
    return publish_question(key="refund", content=content, **values)


def refund() -> StandardQuestion:
    return StandardQuestion.objects.get(key="refund")


# --- content -------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
MOMENT = st.none() | st.datetimes(timezones=st.timezones())
CONTENTS = st.builds(
    QuestionContent,
    title=TEXT,
    category=TEXT,
    status=st.sampled_from(["online", "unreleased", "retired"]),
    script=TEXT,
    fallback=TEXT,
    internal_note=TEXT,
    escalates=st.booleans(),
    flow=st.none() | TEXT,
    phrasings=st.lists(TEXT, max_size=3).map(tuple),
    learned=st.lists(TEXT, max_size=3).map(tuple),
    follow_ups=st.lists(st.builds(FollowUpContent, TEXT, TEXT), max_size=3).map(tuple),
    attachments=st.lists(st.builds(AttachmentContent, TEXT, TEXT), max_size=3).map(tuple),
    owner=st.none() | TEXT,
    effective_from=MOMENT,
    expires_at=MOMENT,
    review_due=st.none() | st.dates(),
    review_reason=TEXT,
)


@given(CONTENTS)
def test_content_survives_json(content: QuestionContent) -> None:
    assert QuestionContent.from_json(content.as_json()) == content


def test_what_is_published_can_be_read_back(questions: Any, editor: Any) -> None:
    picture = keep_starter_picture(name="a.svg", data=b"<svg/>", now=NOW)
    full = replace(
        CONTENT,
        fallback="备用",
        internal_note="备注",
        escalates=True,
        flow="twice",
        learned=("退订",),
        follow_ups=(FollowUpContent("甲", "乙"), FollowUpContent("丙", "丁")),
        attachments=(AttachmentContent(picture.digest, "步骤"),),
        contrast_group="refund",
        contrast_label="已经买了",
        owner="editor",
        effective_from=NOW - timedelta(days=1),
        expires_at=LATER,
        review_due=date(2026, 5, 1),
        review_reason="价格会变",
    )
    publish(full)
    assert published_content(refund()) == full
    assert QuestionContent.from_json(Revision.objects.get(question=refund()).content) == full


# --- revisions -----------------------------------------------------------------------------------


def test_each_publication_is_a_revision_that_holds_everything(questions: Any, editor: Any) -> None:
    publish()
    publish(replace(CONTENT, script="您好，可以。"), acting_user=editor, now=LATER)
    newest, oldest = Revision.objects.filter(question__key="refund")
    assert (newest.number, newest.author, newest.content["script"]) == (2, editor, "您好，可以。")
    assert (oldest.number, oldest.author, oldest.content["script"]) == (1, None, "您好。")


def test_the_second_of_two_editors_overwrites_nothing(questions: Any, editor: Any) -> None:
    publish()
    publish(replace(CONTENT, title="甲"), acting_user=editor, expected_revision=1)
    with pytest.raises(Conflict) as second:
        publish(replace(CONTENT, title="乙"), acting_user=editor, expected_revision=1)
    assert second.value.state == {"revision": 2}
    assert refund().title == "甲"


def test_a_published_change_is_found_at_once(questions: Any) -> None:
    assert "refund" not in {hit.key for hit in search_questions("退会员").hits}
    before = SearchIndexVersion.objects.get().number
    publish()
    assert SearchIndexVersion.objects.get().number == before + 1
    assert search_questions("退会员").hits[0].key == "refund"


def test_an_expired_answer_is_found_with_its_fallback(questions: Any, agent: Any) -> None:
    publish(replace(CONTENT, expires_at=LATER, fallback="备用。"))
    question = question_for(user=agent, key="refund")
    assert answer_of(question, now=NOW).script == "您好。"
    expired = answer_of(question, now=LATER)
    assert (expired.standing, expired.script, expired.withheld) == (Standing.EXPIRED, "备用。", "")
    assert search_questions("退会员").hits[0].key == "refund"


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "in_review"},
        {"status": "nope"},
        {"script": ""},
        {"title": ""},
        {"category": "gone"},
        {"flow": "gone"},
        {"escalates": True},
        {"script": "{{nothing}}"},
        {"fallback": "{{"},
        {"phrasings": ("a", "a")},
        {"phrasings": (" ",)},
        {"phrasings": tuple(str(n) for n in range(501))},
        {"phrasings": ("a",), "learned": ("a",)},
        {"follow_ups": (FollowUpContent("q", ""),)},
        {"follow_ups": (FollowUpContent("q", "}}"),)},
        {"follow_ups": (FollowUpContent("q" * 201, "s"),)},
        {"attachments": (AttachmentContent("0" * 64, "图"),)},
        {"contrast_group": "a"},
        {"contrast_label": "甲"},
        {"contrast_group": "A!", "contrast_label": "甲"},
        {"contrast_group": "a", "contrast_label": "长" * 41},
        {"effective_from": LATER, "expires_at": NOW},
    ],
)
def test_what_cannot_be_published(changes: dict[str, Any], questions: Any) -> None:
    """Whoever publishes, by whatever way; all problems are told at once, at their fields."""
    with pytest.raises(Invalid) as refused:
        publish(replace(CONTENT, **changes))
    assert set(refused.value.fields) <= {*changes, "phrasings", "flow", "contrast_group"} | {
        "contrast_label"
    }
    assert not StandardQuestion.objects.filter(key="refund").exists()


def test_too_many_pictures_and_the_same_twice(questions: Any) -> None:
    kept = [
        keep_starter_picture(name=f"{n}.svg", data=f"<svg id='{n}'/>".encode(), now=NOW).digest
        for n in range(11)
    ]
    for digests, told in ((kept, "At most 10"), ([kept[0], kept[0]], "twice")):
        rows = tuple(AttachmentContent(digest, "图") for digest in digests)
        with pytest.raises(Invalid) as refused:
            publish(replace(CONTENT, attachments=rows))
        assert told in str(refused.value.fields["attachments"][0])


def test_unreleased_is_for_the_desk(questions: Any, agent: Any, stranger: Any) -> None:
    publish(replace(CONTENT, status="unreleased", fallback="备用。"))
    answer = answer_of(question_for(user=agent, key="refund"), now=NOW)
    assert (answer.script, answer.withheld) == ("备用。", "您好。")
    with pytest.raises(NotFound):
        question_for(user=stranger, key="refund")


def test_the_tree_holds_what_agents_know(questions: Any, agent: Any, stranger: Any) -> None:
    save_draft(key="refund", content=CONTENT, acting_user=None, now=NOW)
    (category,) = question_tree(user=agent)
    assert [question.key for question in category.questions.all()] == ["twice-charged", "price"]
    assert list(question_tree(user=stranger)) == []


# --- a text that waits for its moment ------------------------------------------------------------


def test_an_answer_in_force_is_not_taken_away_early(questions: Any, editor: Any) -> None:
    publish()
    question = publish(
        replace(CONTENT, script="新。", effective_from=LATER), acting_user=editor, reason="调价"
    )
    assert (question.script, question.revision_number) == ("您好。", 1)
    assert question.replaced_at == LATER
    draft = Draft.objects.get(question=question)
    assert (draft.state, draft.publish_at, draft.reason) == ("scheduled", LATER, "调价")
    # Should its publication be late, the old text is withdrawn rather than given.
    assert question.standing(now=LATER - timedelta(seconds=1)) is Standing.IN_FORCE
    assert question.standing(now=LATER) is Standing.EXPIRED


@pytest.mark.parametrize(
    "published", [None, {"status": "unreleased"}, {"effective_from": LATER + timedelta(days=1)}]
)
def test_where_nothing_is_given_yet_nothing_waits(
    published: dict[str, Any] | None, questions: Any
) -> None:
    if published is not None:
        publish(replace(CONTENT, **published))
    question = publish(replace(CONTENT, script="新。", effective_from=LATER))
    assert question.script == "新。"
    assert question.standing(now=NOW) is Standing.SCHEDULED
    assert question.standing(now=LATER) is Standing.IN_FORCE
    assert not Draft.objects.exists()


def test_a_waiting_text_does_not_throw_away_what_somebody_writes(questions: Any) -> None:
    publish()
    save_draft(key="refund", content=CONTENT, acting_user=None, now=NOW)
    later = replace(CONTENT, effective_from=LATER)
    with pytest.raises(Conflict) as refused:
        publish(later)
    assert refused.value.state == {"revision": 1, "version": 1, "draft": "draft"}
    publish(later, replaces_draft=1)
    assert Draft.objects.get().state == "scheduled"


def test_another_publication_calls_a_waiting_text_back(questions: Any) -> None:
    publish()
    publish(replace(CONTENT, script="新。", effective_from=LATER))
    question = publish(replace(CONTENT, script="急。"))
    assert (question.script, question.replaced_at) == ("急。", None)
    draft = Draft.objects.get()
    assert (draft.state, draft.publish_at, draft.content["script"]) == ("draft", None, "新。")


# --- retired and restored ------------------------------------------------------------------------


def test_retiring_keeps_the_text_on_record(questions: Any, editor: Any, agent: Any) -> None:
    publish()
    retire_question(key="refund", acting_user=editor, reason="下线", now=NOW, expected_revision=1)
    question = refund()
    assert (question.status, question.script, question.revision_number) == ("retired", "您好。", 2)
    assert "refund" not in {hit.key for hit in search_questions("退会员").hits}
    with pytest.raises(NotFound):
        question_for(user=agent, key="refund")


def test_what_cannot_be_retired(questions: Any, editor: Any) -> None:
    def retire(key: str = "refund", **more: Any) -> None:
        retire_question(key=key, acting_user=editor, reason="x", now=NOW, **more)

    with pytest.raises(NotFound):
        retire("nothing")
    save_draft(key="refund", content=CONTENT, acting_user=editor, now=NOW)
    with pytest.raises(Conflict):
        retire()  # was never published
    publish()
    with pytest.raises(Conflict):
        retire(expected_revision=7)
    retire()
    with pytest.raises(Conflict):
        retire()  # is retired already
    assert refund().revision_number == 2


def test_restoring_publishes_what_was(questions: Any, editor: Any) -> None:
    publish()
    publish(replace(CONTENT, script="第二。", phrasings=()))
    restore_revision(key="refund", number=1, acting_user=editor, reason="改回", now=LATER)
    question = refund()
    assert (question.revision_number, question.script) == (3, "您好。")
    assert published_content(question) == CONTENT
    assert Revision.objects.filter(question=question).count() == 3


def test_what_cannot_be_restored(questions: Any, editor: Any) -> None:
    publish()
    publish(replace(CONTENT, script="第二。"))

    def restore(number: int, **more: Any) -> None:
        restore_revision(
            key="refund", number=number, acting_user=editor, reason="x", now=NOW, **more
        )

    with pytest.raises(NotFound):
        restore(9)
    with pytest.raises(Conflict):
        restore(1, expected_revision=1)
    with pytest.raises(NotFound):
        restore_revision(key="nothing", number=1, acting_user=editor, reason="x", now=NOW)


def test_an_old_text_that_breaks_a_later_rule_is_not_restored(questions: Any, editor: Any) -> None:
    publish()
    question = refund()
    broken = {**CONTENT.as_json(), "script": "{{gone}}"}
    Revision.objects.create(question=question, number=2, content=broken, reason="x", created_at=NOW)
    with pytest.raises(Invalid):
        restore_revision(key="refund", number=2, acting_user=editor, reason="x", now=NOW)


# --- at once, and in trouble ---------------------------------------------------------------------


def test_a_key_made_twice_at_once_is_a_conflict(
    questions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    monkeypatch.setattr(QuerySet, "first", lambda self: None)
    with pytest.raises(Conflict):
        publish()


def test_a_contradictory_table_does_not_take_the_search_away(questions: Any) -> None:
    Synonym.objects.create(variant="甲", canonical="乙")
    Synonym.objects.create(variant="乙", canonical="甲")
    bump_search_index()
    assert search_questions("灵感值重复扣除").hits[0].key == "twice-charged"
