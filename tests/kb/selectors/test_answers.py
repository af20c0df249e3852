"""What may be told to a user, for every standing of a question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kb import script_values
from kb.flows.scripts import variables
from kb.models import StandardQuestion
from kb.rules.lifecycle import Standing
from kb.selectors.answers import FALLBACK_FLOW, PLAIN_FALLBACK, answer_of, flow_of
from kb.selectors.questions import answerable_question, question_for
from kb.services.content import FollowUpContent, QuestionContent
from kb.services.drafts import save_draft
from kb.services.publishing import publish_question, retire_question
from klingdesk.core.errors import NotFound
from tests.conftest import CANARY, NOW
from tests.standings import (
    FALLBACK,
    LATER,
    NOT_IN_FORCE,
    SCRIPT,
    WITHHELD,
    attachment,
    disagree,
    publish,
    publish_hand_over,
    publish_not_in_force,
)
from tickets.models import SlaPolicy

pytestmark = pytest.mark.usefixtures("questions")

MOMENT = timedelta(microseconds=1)


def test_in_force_everything_is_given() -> None:
    question = publish(
        "price-list",
        script="价目。",
        fallback="备用。",
        follow_ups=(FollowUpContent("还有呢", "没有了。"),),
        attachments=(attachment("价目表"),),
    )
    answer = answer_of(question, now=NOW)
    assert (answer.standing, answer.script) == (Standing.IN_FORCE, "价目。")
    assert (answer.is_in_force, answer.is_fallback, answer.withheld) == (True, False, "")
    assert [(item.question, item.script) for item in answer.follow_ups] == [("还有呢", "没有了。")]
    assert [item.title for item in answer.attachments] == ["价目表"]


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_not_in_force_only_the_fallback_is_given(standing: str) -> None:
    answer = answer_of(publish_not_in_force(standing), now=NOW)
    assert answer.standing == standing
    assert (answer.script, answer.is_fallback, answer.is_in_force) == (FALLBACK, True, False)
    assert (answer.follow_ups, answer.attachments) == ((), ())
    assert answer.withheld == (SCRIPT if standing in WITHHELD else "")
    assert answer.cautions == (CANARY,)


def test_a_retired_one_gives_nothing_away() -> None:
    publish("gone", script=SCRIPT)
    retired = retire_question(key="gone", acting_user=None, reason="test", now=NOW)
    answer = answer_of(retired, now=NOW)
    assert answer.standing is Standing.RETIRED
    assert CANARY not in answer.script + answer.withheld


def test_both_ends_are_half_open() -> None:
    question = publish("offer", script="限时。", effective_from=NOW, expires_at=LATER)
    given = {
        NOW - MOMENT: Standing.SCHEDULED,
        NOW: Standing.IN_FORCE,
        LATER - MOMENT: Standing.IN_FORCE,
        LATER: Standing.EXPIRED,
    }
    for now, standing in given.items():
        answer = answer_of(question, now=now)
        assert answer.standing is standing
        assert (answer.script == "限时。") is (standing is Standing.IN_FORCE)


def test_a_text_that_another_one_replaces_ends_with_it() -> None:
    publish("offer", script="旧话术。")
    content = QuestionContent(
        title="标题",
        category="credits",
        status="online",
        script="新话术。",
        effective_from=LATER,
    )
    publish_question(key="offer", content=content, acting_user=None, reason="test", now=NOW)
    question = StandardQuestion.objects.get(key="offer")
    assert answer_of(question, now=LATER - MOMENT).script == "旧话术。"
    late = answer_of(question, now=LATER)
    assert (late.standing, late.is_fallback) == (Standing.EXPIRED, True)


def test_without_a_fallback_of_its_own_the_common_one_promises_the_hand_over() -> None:
    answer = answer_of(publish_not_in_force("expired", fallback=""), now=NOW)
    assert "在 3 个工作日内通过回拨电话或私信的方式" in answer.script
    assert "{{" not in answer.script


def test_variables_are_filled_in_wherever_a_text_is_given() -> None:
    text = "最晚 {{due_date}}。"
    question = publish("promise", script=text, follow_ups=(FollowUpContent("何时", text),))
    answer = answer_of(question, now=NOW)
    said = "最晚 3月9日（周一）18:00。"
    assert (answer.script, answer.follow_ups[0].script) == (said, said)
    unreleased = publish("secret", status="unreleased", script=text, fallback=text)
    answer = answer_of(unreleased, now=NOW)
    assert (answer.script, answer.withheld) == (said, said)


def test_values_are_asked_for_only_when_a_text_has_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(now: Any) -> dict[str, str]:
        raise AssertionError

    monkeypatch.setattr(script_values, "_providers", [never])
    assert answer_of(publish("plain"), now=NOW).script == "话术。"


def test_a_desk_without_a_policy_promises_nothing_and_breaks_nothing() -> None:
    SlaPolicy.objects.all().delete()
    text = "最晚 {{due_date}}。"
    follow_ups = (FollowUpContent("何时", text), FollowUpContent("多少", "免费。"))
    promise = answer_of(publish("promise", script=text, follow_ups=follow_ups), now=NOW)
    assert (promise.script, promise.is_fallback) == (PLAIN_FALLBACK, True)
    assert [item.question for item in promise.follow_ups] == ["多少"]
    own = answer_of(publish("own", script=text, fallback=FALLBACK), now=NOW)
    assert own.script == FALLBACK
    unreleased = publish("secret", status="unreleased", script=text)
    answer = answer_of(unreleased, now=NOW)
    assert (answer.script, answer.withheld) == (PLAIN_FALLBACK, text)
    assert not list(variables(PLAIN_FALLBACK))


def test_only_undecided_disagreements_are_cautions() -> None:
    question = publish("disputed")
    disagree(question, "尚未裁定")
    disagree(question, "已经裁定", decided_at=NOW)
    answer = answer_of(question, now=NOW)
    assert answer.cautions == ("尚未裁定",)
    assert answer.script == "话术。", "the answer stands until it is decided otherwise"


# --- which flow a contact walks ------------------------------------------------------------------


def test_in_force_a_question_has_its_own_flow(questions: Any) -> None:
    publish_hand_over()
    flow = flow_of(questions["twice-charged"], now=NOW)
    assert flow is not None
    assert flow.key == "twice"
    assert flow_of(questions["price"], now=NOW) is None


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_not_in_force_the_hand_over_takes_its_place(standing: str) -> None:
    question = publish_not_in_force(standing, flow="twice")
    assert flow_of(question, now=NOW) is None, "there is none yet"
    publish_hand_over()
    flow = flow_of(question, now=NOW)
    assert flow is not None
    assert flow.key == FALLBACK_FLOW


# --- who may see it at all -----------------------------------------------------------------------


def test_drafts_are_nobodys_answer(agent: Any, editor: Any) -> None:
    content = QuestionContent(title="草稿", category="credits", status="online", script=SCRIPT)
    save_draft(key="idea", content=content, acting_user=editor, now=NOW)
    with pytest.raises(NotFound):
        question_for(user=agent, key="idea")
    with pytest.raises(NotFound):
        answerable_question(user=editor, key="idea")
    drafted = question_for(user=editor, key="idea")
    assert CANARY not in answer_of(drafted, now=NOW).script


def test_a_draft_does_not_touch_what_is_published(agent: Any, editor: Any) -> None:
    content = QuestionContent(title="新", category="credits", status="online", script=SCRIPT)
    save_draft(key="price", content=content, acting_user=editor, now=NOW)
    answer = answer_of(question_for(user=agent, key="price"), now=NOW)
    assert answer.script == "1 元可购买 10 灵感值。"


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_agents_find_what_is_not_in_force(standing: str, agent: Any, stranger: Any) -> None:
    publish_not_in_force(standing)
    assert answerable_question(user=agent, key=standing).key == standing
    with pytest.raises(NotFound):
        question_for(user=stranger, key=standing)


def test_a_question_and_its_answer_cost_a_constant_number_of_queries(
    agent: Any, django_assert_num_queries: Any
) -> None:
    publish(
        "rich",
        follow_ups=tuple(FollowUpContent(f"问{n}", "答。") for n in range(5)),
        attachments=(attachment("图"),),
    )
    # roles, question, follow-ups, attachments, disagreements
    with django_assert_num_queries(5):
        answer_of(question_for(user=agent, key="rich"), now=NOW)
