"""One change to many questions: a revision for each, refusals row by row, drafts not lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kb.models import Draft, Revision, StandardQuestion
from kb.services import bulk
from kb.services.bulk import assign_owner, retire_questions, set_review
from kb.services.content import QuestionContent, published_content
from kb.services.drafts import publish_draft, save_draft, submit_draft
from kb.services.publishing import publish_question, retire_question
from klingdesk.core.errors import Conflict, Invalid
from tests.conftest import CANARY, NOW

DAY = timedelta(days=1)
BOTH = {"price": 1, "twice-charged": 1}
FRESH = QuestionContent(title="新问题", category="credits", status="online", script="")


def owners() -> dict[str, str | None]:
    return dict(StandardQuestion.objects.values_list("key", "owner__username"))


def draft_of(key: str) -> Draft:
    return Draft.objects.get(question__key=key)


def write(question: StandardQuestion, user: Any, **changes: Any) -> Draft:
    return save_draft(
        key=question.key,
        content=replace(published_content(question), **changes),
        acting_user=user,
        now=NOW,
        reason="改写",
    )


# --- owners -------------------------------------------------------------------------------------


def test_each_question_gets_the_owner_and_a_revision(questions: Any, editor: Any) -> None:
    before = {key: published_content(question) for key, question in questions.items()}
    done = assign_owner(
        rows=BOTH, owner="editor", acting_user=editor, reason=" 接手 ", now=NOW + DAY
    )
    assert [(row.key, row.problem) for row in done] == [("price", ""), ("twice-charged", "")]
    assert owners() == {"price": "editor", "twice-charged": "editor"}
    for revision in Revision.objects.filter(number=2):
        assert (revision.author, revision.reason) == (editor, "接手")
        key = revision.question.key
        assert QuestionContent.from_json(revision.content) == replace(before[key], owner="editor")
    assert Revision.objects.filter(number=2).count() == 2


def test_nobody_is_an_owner_too(questions: Any, editor: Any) -> None:
    assign_owner(rows=BOTH, owner="editor", acting_user=editor, reason="接手", now=NOW)
    assign_owner(rows={"price": 2}, owner="", acting_user=editor, reason="离职", now=NOW)
    assert owners() == {"price": None, "twice-charged": "editor"}


def test_a_row_that_moved_on_is_refused_and_the_others_are_done(
    questions: dict[str, StandardQuestion], editor: Any, admin_person: Any
) -> None:
    newer = replace(published_content(questions["price"]), script="另一份话术")
    publish_question(key="price", content=newer, acting_user=admin_person, reason="改", now=NOW)
    done = assign_owner(
        rows={"price": 1, "gone": 1, "twice-charged": 1},
        owner="editor",
        acting_user=editor,
        reason="接手",
        now=NOW,
    )
    assert [(row.title, bool(row.problem)) for row in done] == [
        ("灵感值的价格", True),
        ("gone", True),
        ("生成一次被扣了多次灵感值", False),
    ]
    assert owners() == {"price": None, "twice-charged": "editor"}
    price = StandardQuestion.objects.get(key="price")
    assert (price.revision_number, price.script) == (2, "另一份话术")


def test_a_text_that_breaks_a_later_rule_is_refused_with_the_reason(
    questions: Any, editor: Any
) -> None:
    StandardQuestion.objects.filter(key="price").update(script="价格见 {{no_such}}")
    done = assign_owner(rows=BOTH, owner="editor", acting_user=editor, reason="接手", now=NOW)
    assert "no_such" in done[0].problem
    assert done[1].problem == ""
    assert owners()["price"] is None


# --- drafts beside them -------------------------------------------------------------------------


@pytest.mark.parametrize("in_review", [False, True])
def test_the_draft_of_somebody_else_follows_and_can_still_be_published(
    in_review: bool,
    questions: dict[str, StandardQuestion],
    editor: Any,
    admin_person: Any,
) -> None:
    draft = write(questions["price"], admin_person, script="写了一半")
    if in_review:
        submit_draft(key="price", acting_user=admin_person, now=NOW, expected_version=1)
        draft.refresh_from_db()
    assign_owner(rows=BOTH, owner="editor", acting_user=editor, reason="接手", now=NOW + DAY)
    kept = draft_of("price")
    content = QuestionContent.from_json(kept.content)
    assert (content.script, content.owner) == ("写了一半", "editor")
    assert (kept.author, kept.state, kept.reason) == (admin_person, draft.state, "改写")
    assert (kept.base_revision, kept.version) == (2, draft.version + 1)
    publish_draft(
        key="price", acting_user=editor, reason="好了", now=NOW, expected_version=kept.version
    )
    price = StandardQuestion.objects.select_related("owner").get(key="price")
    assert (price.script, price.owner, price.revision_number) == ("写了一半", editor, 3)


def test_a_draft_that_missed_a_publication_still_has_to_be_told_of_it(
    questions: dict[str, StandardQuestion], editor: Any, admin_person: Any
) -> None:
    write(questions["price"], admin_person, script="写了一半")
    newer = replace(published_content(questions["price"]), script="另一份话术")
    publish_question(key="price", content=newer, acting_user=editor, reason="改", now=NOW)
    assign_owner(rows={"price": 2}, owner="editor", acting_user=editor, reason="接手", now=NOW)
    kept = draft_of("price")
    assert kept.base_revision == 1
    with pytest.raises(Conflict):
        publish_draft(
            key="price",
            acting_user=admin_person,
            reason="好了",
            now=NOW,
            expected_version=kept.version,
        )


def test_what_is_scheduled_stays_scheduled(
    questions: dict[str, StandardQuestion], editor: Any, admin_person: Any
) -> None:
    coming = NOW + 3 * DAY
    later = replace(published_content(questions["price"]), script="新价", effective_from=coming)
    publish_question(key="price", content=later, acting_user=admin_person, reason="调价", now=NOW)
    assign_owner(rows={"price": 1}, owner="editor", acting_user=editor, reason="接手", now=NOW)
    kept = draft_of("price")
    assert (kept.state, kept.publish_at, kept.base_revision) == ("scheduled", coming, 2)
    price = StandardQuestion.objects.get(key="price")
    assert (price.replaced_at, price.script) == (coming, "1 元可购买 10 灵感值。")
    publish_draft(
        key="price",
        acting_user=admin_person,
        reason="调价",
        now=coming,
        expected_version=kept.version,
    )
    price.refresh_from_db()
    assert (price.script, price.owner, price.replaced_at) == ("新价", editor, None)


def test_a_question_that_was_never_published_gets_no_revision(questions: Any, editor: Any) -> None:
    save_draft(key="fresh", content=FRESH, acting_user=editor, now=NOW)
    done = set_review(
        rows={"fresh": 0},
        review_due=date(2026, 4, 1),
        acting_user=editor,
        reason="季度核对",
        now=NOW,
    )
    assign_owner(rows={"fresh": 0}, owner="editor", acting_user=editor, reason="接手", now=NOW)
    assert [row.problem for row in done] == [""]
    kept = QuestionContent.from_json(draft_of("fresh").content)
    assert kept == replace(
        FRESH, owner="editor", review_due=date(2026, 4, 1), review_reason="季度核对"
    )
    fresh = StandardQuestion.objects.get(key="fresh")
    assert (fresh.owner, fresh.review_due) == (editor, date(2026, 4, 1))
    assert (fresh.revision_number, fresh.revisions.count()) == (0, 0)


def test_a_row_without_any_text_is_refused(questions: Any, editor: Any) -> None:
    save_draft(key="fresh", content=FRESH, acting_user=editor, now=NOW)
    Draft.objects.all().delete()
    done = assign_owner(
        rows={"fresh": 0}, owner="editor", acting_user=editor, reason="接手", now=NOW
    )
    assert done[0].problem


# --- reviews ------------------------------------------------------------------------------------


def test_a_review_has_its_day_and_its_reason(questions: Any, editor: Any) -> None:
    day = date(2026, 3, 4)  # today, in Shanghai
    set_review(rows=BOTH, review_due=day, acting_user=editor, reason="价格会变", now=NOW)
    for question in StandardQuestion.objects.all():
        assert (question.review_due, question.review_reason) == (day, "价格会变")
        assert CANARY in question.internal_note
    set_review(rows={"price": 2}, review_due=None, acting_user=editor, reason="不再变", now=NOW)
    price = StandardQuestion.objects.get(key="price")
    assert (price.review_due, price.review_reason) == (None, "")
    assert price.revisions.first().reason == "不再变"


# --- retiring -----------------------------------------------------------------------------------


def test_retiring_says_which_rows_it_does_not_fit(
    questions: dict[str, StandardQuestion], editor: Any, admin_person: Any
) -> None:
    write(questions["price"], admin_person, script="写了一半")
    save_draft(key="fresh", content=FRESH, acting_user=editor, now=NOW)
    retire_question(key="twice-charged", acting_user=editor, reason="停", now=NOW)
    done = retire_questions(
        rows={"price": 1, "fresh": 0, "twice-charged": 2},
        acting_user=editor,
        reason="功能下线",
        now=NOW,
    )
    assert [bool(row.problem) for row in done] == [False, True, True]
    price = StandardQuestion.objects.get(key="price")
    assert (price.status, price.script) == ("retired", "1 元可购买 10 灵感值。")
    assert draft_of("price").content["script"] == "写了一半"
    assert StandardQuestion.objects.get(key="fresh").status == "draft"


# --- what cannot be done at all -----------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  ", "长" * 301])
def test_a_reason_is_needed(reason: str, questions: Any, editor: Any) -> None:
    more: dict[str, Any] = {"rows": BOTH, "acting_user": editor, "reason": reason, "now": NOW}
    for act in (
        lambda: assign_owner(owner="editor", **more),
        lambda: set_review(review_due=date(2026, 4, 1), **more),
        lambda: retire_questions(**more),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert set(refused.value.fields) == {"reason"}
    assert Revision.objects.filter(number=2).count() == 0


@pytest.mark.parametrize("name", ["agent", "nobody", "left"])
def test_only_an_active_editor_can_own(
    name: str, questions: Any, editor: Any, agent: Any, person: Any
) -> None:
    left = person("left")
    left.is_active = False
    left.save()
    with pytest.raises(Invalid) as refused:
        assign_owner(rows=BOTH, owner=name, acting_user=editor, reason="接手", now=NOW)
    assert set(refused.value.fields) == {"owner"}


def test_a_review_lies_ahead(questions: Any, editor: Any) -> None:
    with pytest.raises(Invalid) as refused:
        set_review(rows=BOTH, review_due=date(2026, 3, 3), acting_user=editor, reason="核", now=NOW)
    assert set(refused.value.fields) == {"review_due"}


def test_none_and_too_many(questions: Any, editor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST_ROWS", 1)
    for rows in ({}, BOTH):
        with pytest.raises(Invalid):
            retire_questions(rows=rows, acting_user=editor, reason="停", now=NOW)
    assert not StandardQuestion.objects.filter(status="retired").exists()
