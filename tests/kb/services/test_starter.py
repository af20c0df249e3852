"""The starter knowledge base: loaded once, never over what a person has done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kb.models import Category, Flow, FlowVersion, Revision, StandardQuestion, Synonym
from kb.selectors.search import search_questions
from kb.services.categories import add_category, delete_category
from kb.services.content import QuestionContent, published_content
from kb.services.publishing import publish_question
from kb.services.starter import load_starter
from kb.services.synonyms import delete_synonyms, save_synonym
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)


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


def test_the_starter_leaves_what_a_person_edited(starter: None, editor: Any) -> None:
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


@pytest.mark.parametrize("change", ["retired", "expires", "expired"])
def test_the_desk_comes_up_whatever_an_editor_did_to_what_a_flow_refers_to(
    starter: None, editor: Any, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    before = Flow.objects.get(key="api").current
    content = published_content(StandardQuestion.objects.get(key="api-usage"))
    changes: dict[str, dict[str, Any]] = {
        "retired": {"status": "retired"},
        "expires": {"expires_at": LATER + timedelta(days=1)},
        "expired": {"expires_at": LATER - timedelta(hours=1)},
    }
    publish_question(
        key="api-usage",
        content=replace(content, **changes[change]),
        acting_user=editor,
        reason="not ours any more",
        now=NOW,
    )
    done = load_starter(now=LATER)
    assert Flow.objects.get(key="api").current == before
    assert done.kept == 2, "the question and the flow"
    assert "the starter flow api stays as it is" in caplog.text
    assert "api-usage" in caplog.text


def test_a_group_that_an_editor_emptied_and_deleted_does_not_come_back(
    desk: None, editor: Any, tmp_path: Path
) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "synonyms.yaml").write_text("[]", encoding="utf-8")
    (tmp_path / "questions" / "a.yaml").write_text(
        "category: {slug: a, title: A, order: 1}\n"
        "questions: [{key: fine, title: 好, status: online, script: 好}]\n",
        encoding="utf-8",
    )
    load_starter(now=NOW, data=tmp_path)
    add_category(slug="b", title="B")
    content = QuestionContent(title="好", category="b", status="online", script="好")
    publish_question(key="fine", content=content, acting_user=editor, reason="换组", now=NOW)
    delete_category(slug="a")
    load_starter(now=LATER, data=tmp_path)
    assert list(Category.objects.values_list("slug", flat=True)) == ["b"]


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


def test_what_an_editor_did_to_the_synonyms_stays_and_the_search_lives(starter: None) -> None:
    gone = Synonym.objects.get(variant="积分")
    delete_synonyms(synonym_ids=[gone.pk])
    save_synonym(variant="会员分", canonical="积分")
    load_starter(now=LATER)
    assert not Synonym.objects.filter(variant="积分").exists()
    assert search_questions("灵感值多少钱").hits
