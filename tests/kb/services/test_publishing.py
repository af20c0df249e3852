"""Publishing: revisions, conflicts, the search index, and the starter knowledge base."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from kb.models import FlowVersion, Revision, SearchIndexVersion, StandardQuestion, Synonym
from kb.selectors import question_for, question_tree, search_questions
from kb.services.publishing import QuestionContent, bump_search_index, publish_question
from kb.services.starter import load_starter
from kb.services.synonyms import delete_synonyms, save_synonym
from klingdesk.core.errors import Conflict, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)
CONTENT = QuestionContent(
    title="会员能退吗", category="credits", status="online", script="您好。", phrasings=("退会员",)
)


def publish(content: QuestionContent = CONTENT, **more: Any) -> StandardQuestion:
    values: dict[str, Any] = {"acting_user": None, "reason": "test", "now": NOW, **more}
    return publish_question(key="refund", content=content, **values)


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
    assert StandardQuestion.objects.get(key="refund").title == "甲"


def test_a_published_change_is_found_at_once(questions: Any) -> None:
    assert [h.key for h in search_questions("退会员", now=NOW).hits if h.key == "refund"] == []
    before = SearchIndexVersion.objects.get().number
    publish()
    assert SearchIndexVersion.objects.get().number == before + 1
    assert search_questions("退会员", now=NOW).hits[0].key == "refund"


def test_an_expired_answer_is_neither_found_nor_shown(questions: Any, agent: Any) -> None:
    publish(replace(CONTENT, expires_at=LATER))
    assert search_questions("退会员", now=NOW).hits[0].key == "refund"
    assert "refund" not in {h.key for h in search_questions("退会员", now=LATER).hits}
    question_for(user=agent, key="refund", now=NOW)
    with pytest.raises(NotFound):
        question_for(user=agent, key="refund", now=LATER)


def test_drafts_are_for_editors(questions: Any, agent: Any, editor: Any, stranger: Any) -> None:
    publish(replace(CONTENT, status="draft"))
    assert question_for(user=editor, key="refund", now=NOW).status == "draft"
    for user in (agent, stranger):
        with pytest.raises(NotFound):
            question_for(user=user, key="refund", now=NOW)


def test_the_tree_holds_what_is_visible(questions: Any, agent: Any, stranger: Any) -> None:
    publish(replace(CONTENT, status="draft"))
    (category,) = question_tree(user=agent, now=NOW)
    assert [question.key for question in category.questions.all()] == ["twice-charged", "price"]
    assert list(question_tree(user=stranger, now=NOW)) == []


def test_the_starter_knowledge_base_loads_twice_without_doubling(desk: None) -> None:
    first = load_starter(now=NOW)
    rows = (Revision.objects.count(), FlowVersion.objects.count(), Synonym.objects.count())
    second = load_starter(now=LATER)
    assert first.questions == StandardQuestion.objects.count() >= 27
    assert (second.questions, second.unchanged, second.synonyms) == (0, first.questions, 0)
    assert rows == (
        Revision.objects.count(),
        FlowVersion.objects.count(),
        Synonym.objects.count(),
    )


def test_the_starter_leaves_what_a_person_edited(desk: None, editor: Any) -> None:
    load_starter(now=NOW)
    question = StandardQuestion.objects.get(key="credits-price")
    publish_question(
        key="credits-price",
        content=QuestionContent(
            title="改过", category="credits", status="online", script="改过的话术。"
        ),
        acting_user=editor,
        reason="new wording",
        now=NOW,
        expected_revision=question.revision_number,
    )
    assert load_starter(now=LATER).kept == 1
    assert StandardQuestion.objects.get(key="credits-price").script == "改过的话术。"


def test_a_broken_starter_file_changes_nothing(desk: None, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "questions").mkdir()
    (tmp_path / "synonyms.yaml").write_text("[]", encoding="utf-8")
    (tmp_path / "questions" / "a.yaml").write_text(
        "category: {slug: a, title: A, order: 1}\n"
        "questions:\n"
        "  - {key: fine, title: 好, status: online, script: 好}\n"
        "  - {key: bad, title: 坏, status: online, script: 坏, scrpt: 错字}\n",
        encoding="utf-8",
    )
    with pytest.raises(TypeError, match="scrpt"):
        load_starter(now=NOW, data=tmp_path)
    assert not StandardQuestion.objects.exists()


def test_what_an_editor_did_to_the_synonyms_stays_and_the_search_lives(desk: None) -> None:
    load_starter(now=NOW)
    gone = Synonym.objects.get(variant="积分")
    delete_synonyms(synonym_ids=[gone.pk])
    save_synonym(variant="会员分", canonical="积分")
    load_starter(now=LATER)
    assert not Synonym.objects.filter(variant="积分").exists()
    assert search_questions("灵感值多少钱", now=NOW).hits


def test_a_contradictory_table_does_not_take_the_search_away(questions: Any) -> None:
    Synonym.objects.create(variant="甲", canonical="乙")
    Synonym.objects.create(variant="乙", canonical="甲")
    bump_search_index()
    assert search_questions("灵感值重复扣除", now=NOW).hits[0].key == "twice-charged"


def test_what_is_left_after_an_expired_best_hit_is_no_sure_match(questions: Any) -> None:
    publish(replace(CONTENT, expires_at=LATER))
    assert search_questions("退会员", now=NOW).confident
    left = search_questions("退会员", now=LATER)
    assert not left.confident


def test_a_key_made_twice_at_once_is_a_conflict(
    questions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    monkeypatch.setattr(QuerySet, "first", lambda self: None)
    with pytest.raises(Conflict):
        publish()
