"""Keeping answers true: computed when read, told once, harmless when missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from kb.models import Draft, Revision, StandardQuestion
from kb.rules.lifecycle import Standing
from kb.selectors.answers import DEFAULT_FALLBACK, answer_of, flow_of
from kb.selectors.questions import question_for
from kb.services.bulk import assign_owner
from kb.services.content import QuestionContent, published_content
from kb.services.drafts import publish_draft, save_draft, send_back_draft
from kb.services.publishing import publish_question, retire_question
from kb.services.upkeep import keep_answers_true
from klingdesk.core.errors import Conflict
from notices.selectors import notices_for, unread_count
from notices.words import in_words
from tests.conftest import NOW

DAY = timedelta(days=1)


def publish(question: StandardQuestion, *, now: datetime = NOW, **changes: Any) -> None:
    content: QuestionContent = replace(published_content(question), **changes)
    publish_question(key=question.key, content=content, acting_user=None, reason="t", now=now)
    question.refresh_from_db()


def told(user: Any) -> list[str]:
    return sorted(notice.code for notice in notices_for(user))


@pytest.fixture
def price(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["price"]


def test_an_expired_answer_is_withdrawn_before_any_task_has_run(
    price: StandardQuestion, agent: Any
) -> None:
    publish(price, expires_at=NOW + DAY, fallback="请稍等，{{handover_promise}}告知您。")
    answer = answer_of(question_for(user=agent, key="price"), now=NOW)
    assert (answer.standing, answer.script) == (Standing.IN_FORCE, price.script)
    later = answer_of(question_for(user=agent, key="price"), now=NOW + DAY)
    assert later.standing is Standing.EXPIRED
    assert later.is_fallback
    assert later.script == "请稍等，在 3 个工作日内通过回拨电话或私信的方式告知您。"
    assert price.script not in (later.script, later.withheld)


def test_without_a_fallback_of_its_own_there_is_one(price: StandardQuestion) -> None:
    publish(price, expires_at=NOW - DAY)
    answer = answer_of(price, now=NOW)
    assert answer.script.startswith(DEFAULT_FALLBACK[:20])
    assert "{{" not in answer.script


def test_the_flow_of_an_expired_answer_is_the_hand_over(
    questions: dict[str, StandardQuestion],
) -> None:
    twice = questions["twice-charged"]
    flow = flow_of(twice, now=NOW)
    assert flow is not None
    assert flow.key == "twice"
    publish(twice, expires_at=NOW)
    assert flow_of(twice, now=NOW) is None  # this small base ships no hand-over flow


def test_everybody_is_told_once_and_a_week_without_a_run_does_no_harm(
    price: StandardQuestion, editor: Any, person: Any
) -> None:
    publish(price, expires_at=NOW + 2 * DAY, review_due=date(2026, 3, 5), review_reason="核价")
    keep_answers_true(now=NOW)
    assert told(editor) == ["kb.expires_soon"]
    done = keep_answers_true(now=NOW + 9 * DAY)
    assert done.notices == 2
    assert told(editor) == ["kb.expired", "kb.expires_soon", "kb.review_due"]
    assert keep_answers_true(now=NOW + 10 * DAY).notices == 0
    publish(price, expires_at=NOW + 11 * DAY, now=NOW + 10 * DAY)
    assert keep_answers_true(now=NOW + 12 * DAY).notices == 1


def test_a_review_without_a_reason_is_told_in_a_whole_sentence(
    price: StandardQuestion, editor: Any, chinese: None
) -> None:
    publish(price, review_due=date(2026, 3, 3), review_reason=" ")
    assert keep_answers_true(now=NOW).notices == 1
    publish(price, review_due=date(2026, 3, 3), review_reason="核价")
    assert keep_answers_true(now=NOW).notices == 0  # of the same date they know
    publish(price, review_due=date(2026, 3, 4), review_reason="核价")
    assert keep_answers_true(now=NOW).notices == 1
    told = [in_words(notice.code, notice.params) for notice in notices_for(editor)]
    assert sorted(told) == [
        "“灵感值的价格”自 2026-03-03 起应复核。",
        "“灵感值的价格”自 2026-03-04 起应复核：核价",
    ]
    with translation.override("en"):
        told = [in_words(notice.code, notice.params) for notice in notices_for(editor)]
    assert sorted(told) == [
        "“灵感值的价格” is due for review since 2026-03-03.",
        "“灵感值的价格” is due for review since 2026-03-04: 核价",
    ]


def test_the_owner_alone_is_told_while_active(
    price: StandardQuestion, editor: Any, person: Any, admin_person: Any
) -> None:
    from klingdesk.core.roles import Role

    owner = person("owner", Role.EDITOR)
    publish(price, expires_at=NOW, owner="owner")
    keep_answers_true(now=NOW)
    assert (unread_count(owner), unread_count(editor)) == (1, 0)
    owner.is_active = False
    owner.save()
    publish(price, expires_at=NOW - DAY)
    keep_answers_true(now=NOW)
    assert (unread_count(owner), unread_count(editor)) == (1, 1)
    editor.delete()
    publish(price, expires_at=NOW - 2 * DAY)
    keep_answers_true(now=NOW)
    assert unread_count(admin_person) == 1


def test_an_owner_who_is_no_editor_any_more_is_not_the_only_one_told(
    price: StandardQuestion, editor: Any, person: Any
) -> None:
    from klingdesk.core.roles import Role

    owner = person("owner", Role.EDITOR)
    publish(price, expires_at=NOW, owner="owner")
    owner.groups.clear()
    keep_answers_true(now=NOW)
    assert (unread_count(owner), unread_count(editor)) == (0, 1)


def test_a_retired_or_unreleased_answer_does_not_expire(
    price: StandardQuestion, editor: Any
) -> None:
    publish(price, status="unreleased", expires_at=NOW)
    keep_answers_true(now=NOW)
    assert told(editor) == []


def schedule(price: StandardQuestion, editor: Any) -> None:
    publish_question(
        key="price",
        content=replace(
            published_content(price), script="1 元可购买 8 灵感值。", effective_from=NOW + DAY
        ),
        acting_user=editor,
        reason="调价",
        now=NOW,
    )
    price.refresh_from_db()


def test_a_later_text_waits_and_takes_over_at_its_moment(
    price: StandardQuestion, editor: Any
) -> None:
    schedule(price, editor)
    assert answer_of(price, now=NOW).script == "1 元可购买 10 灵感值。"
    # The old text ends at the moment, whether or not the new one has been published yet.
    assert answer_of(price, now=NOW + DAY).standing is Standing.EXPIRED
    assert keep_answers_true(now=NOW + DAY - timedelta(seconds=1)).published == 0
    assert keep_answers_true(now=NOW + 8 * DAY).published == 1
    price.refresh_from_db()
    assert answer_of(price, now=NOW + 8 * DAY).script == "1 元可购买 8 灵感值。"
    revision = Revision.objects.get(question=price, number=price.revision_number)
    assert (revision.author, revision.reason) == (editor, "调价")
    assert keep_answers_true(now=NOW + 8 * DAY).published == 0


def test_one_that_cannot_be_published_is_told_and_the_old_text_stays_withdrawn(
    price: StandardQuestion, editor: Any
) -> None:
    schedule(price, editor)
    draft = Draft.objects.get(question=price)
    draft.content = {**draft.content, "category": "gone"}
    draft.save()
    done = keep_answers_true(now=NOW + DAY)
    assert (done.published, done.failed) == (0, 1)
    assert told(editor) == ["kb.not_published"]
    assert keep_answers_true(now=NOW + DAY).notices == 0
    price.refresh_from_db()
    assert answer_of(price, now=NOW + DAY).is_fallback


@pytest.mark.parametrize("step", ["save", "send back", "other owner"])
def test_what_was_replaced_does_not_come_back_while_its_successor_is_mended(
    price: StandardQuestion, editor: Any, step: str
) -> None:
    schedule(price, editor)
    now, draft = NOW + DAY, Draft.objects.get(question=price)
    content = QuestionContent.from_json(draft.content)
    if step == "other owner":
        save_draft(key="price", content=content, acting_user=editor, now=now)
        rows = {"price": price.revision_number}
        assign_owner(rows=rows, owner="editor", acting_user=editor, reason="接手", now=now)
    elif step == "save":
        save_draft(key="price", content=content, acting_user=editor, now=now)
    else:
        send_back_draft(
            key="price", acting_user=editor, comment="再核对", now=now, expected_version=1
        )
    price.refresh_from_db()
    assert Draft.objects.get(question=price).state == "draft"
    assert answer_of(price, now=now).standing is Standing.EXPIRED
    draft = Draft.objects.get(question=price)
    publish_draft(
        key="price", acting_user=editor, reason="好了", now=now, expected_version=draft.version
    )
    price.refresh_from_db()
    assert answer_of(price, now=now).script == "1 元可购买 8 灵感值。"


def test_a_schedule_that_falls_away_in_time_leaves_the_present_text(
    price: StandardQuestion, editor: Any
) -> None:
    schedule(price, editor)
    send_back_draft(key="price", acting_user=editor, comment="再核对", now=NOW, expected_version=1)
    price.refresh_from_db()
    assert answer_of(price, now=NOW + 2 * DAY).standing is Standing.IN_FORCE


def test_a_scheduled_text_does_not_swallow_somebodys_draft(
    price: StandardQuestion, editor: Any
) -> None:
    save_draft(key="price", content=published_content(price), acting_user=editor, now=NOW)
    with pytest.raises(Conflict, match="There is a draft"):
        schedule(price, editor)


def test_what_is_published_meanwhile_stops_the_schedule(
    price: StandardQuestion, editor: Any
) -> None:
    schedule(price, editor)
    retire_question(key="price", acting_user=editor, reason="下架", now=NOW)
    assert Draft.objects.get(question=price).state == "draft"
    with pytest.raises(Conflict):
        publish_draft(
            key="price", acting_user=editor, reason="x", now=NOW + DAY, expected_version=1
        )
    assert keep_answers_true(now=NOW + DAY).published == 0


def test_a_new_text_that_begins_later_is_known_but_not_given(
    questions: dict[str, StandardQuestion],
) -> None:
    publish_question(
        key="soon",
        content=QuestionContent(
            title="新活动",
            category="credits",
            status="online",
            script="活动开始了。",
            effective_from=NOW + DAY,
        ),
        acting_user=None,
        reason="t",
        now=NOW,
    )
    soon = StandardQuestion.objects.get(key="soon")
    before, after = answer_of(soon, now=NOW), answer_of(soon, now=NOW + DAY)
    assert (before.standing, before.withheld) == (Standing.SCHEDULED, "活动开始了。")
    assert before.is_fallback
    assert (after.standing, after.script) == (Standing.IN_FORCE, "活动开始了。")
