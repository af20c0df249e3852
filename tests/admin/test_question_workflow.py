"""From draft to review to publication and out of use: each step through its button."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from kb.models import Disagreement, Draft, Flow, StandardQuestion
from kb.services.content import QuestionContent
from kb.services.drafts import save_draft
from kb.services.publishing import publish_question
from klingdesk.moments import moment_words
from tests.admin.dates import in_words
from tests.admin.question_desk import Desk
from tests.conftest import NOW

CONTENT = QuestionContent(
    title="灵感值的价格", category="credits", status="online", script="1 元可购买 10 灵感值。"
)


@pytest.fixture
def price(questions: dict[str, StandardQuestion]) -> StandardQuestion:
    return questions["price"]


@pytest.fixture
def desk_of_editor(editor: Any) -> Desk:
    return Desk(editor)


def buttons(page: str) -> set[str]:
    names = ("save", "submit", "publish", "publish_unreleased", "send_back", "discard", "retire")
    form = page.split('id="question-form"')[1].replace('question-default" name="step"', "")
    return {name for name in names if f'name="step" value="{name}"' in form}


ALWAYS = {"save", "publish", "publish_unreleased"}


def test_the_buttons_follow_the_one_table(desk_of_editor: Desk, price: StandardQuestion) -> None:
    assert buttons(desk_of_editor.open()) == {*ALWAYS, "submit"}
    assert buttons(desk_of_editor.open(price)) == {*ALWAYS, "submit", "retire"}
    page = desk_of_editor.done("save", script="新")
    assert buttons(page) == {*ALWAYS, "submit", "discard", "retire"}
    desk_of_editor.open(price)
    page = desk_of_editor.done("submit")
    assert buttons(page) == {*ALWAYS, "send_back", "discard", "retire"}
    desk_of_editor.open(price)
    page = desk_of_editor.done("retire", reason="x")
    assert "retire" not in buttons(page)


def test_who_retires_a_question_is_told_which_flows_refer_to_it(
    desk_of_editor: Desk, price: StandardQuestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "refer to it" not in desk_of_editor.open(price)
    flow = Flow.objects.exclude(current=None).get()
    monkeypatch.setattr("kb.selectors.flows.questions_of", lambda _flow: frozenset({price.key}))
    page = desk_of_editor.open(price)
    assert "refer to it" in page
    assert f"/admin/kb-flows/{flow.key}/" in page
    many = desk_of_editor.client.post(
        "/admin/kb/standardquestion/",
        {"action": "retire", "_selected_action": [price.pk], "index": 0},
        headers={"accept-language": "en"},
    )
    assert f"referred to by: {flow.title}" in many.content.decode()


def test_a_draft_leaves_what_is_published_alone(
    desk_of_editor: Desk, price: StandardQuestion
) -> None:
    desk_of_editor.open(price)
    page = desk_of_editor.done("save", script="1 元可购买 12 灵感值。", reason="调价")
    price.refresh_from_db()
    assert (price.script, price.revision_number) == ("1 元可购买 10 灵感值。", 1)
    assert "The form shows the draft: saved by editor" in page
    assert "It was begun on revision 1." in page
    assert "written here" in page
    assert "<del>10</del><ins>12</ins>" in page
    desk_of_editor.open(price)
    assert desk_of_editor.fields["script"] == "1 元可购买 12 灵感值。"
    assert desk_of_editor.fields["reason"] == "调价"
    desk_of_editor.done("publish")
    price.refresh_from_db()
    assert (price.script, price.revision_number) == ("1 元可购买 12 灵感值。", 2)
    assert price.revisions.get(number=2).reason == "调价"
    assert not Draft.objects.exists()


def test_the_source_of_a_draft_is_kept(desk_of_editor: Desk, price: StandardQuestion) -> None:
    save_draft(key="price", content=CONTENT, acting_user=None, now=NOW, source="import")
    assert "from an import" in desk_of_editor.open(price)
    desk_of_editor.done("save", script="改")
    assert Draft.objects.get().source == "import"


def test_review_sent_back_and_published(
    desk_of_editor: Desk, admin_person: Any, price: StandardQuestion
) -> None:
    desk_of_editor.open(price)
    page = desk_of_editor.done("submit", script="待审的话术")
    assert "It waits for its review." in page
    reviewer = Desk(admin_person)
    reviewer.open(price)
    response = reviewer.send("send_back")
    assert response.status_code == 422
    assert list(reviewer.errors(response)) == ["comment"]
    page = reviewer.done("send_back", comment="请写明\n单位")
    assert "Sent back by the review:" in page
    assert "请写明\n单位" in desk_of_editor.open(price)
    desk_of_editor.done("submit", script="待审的话术，单位是元")
    reviewer.open(price)
    reviewer.done("publish", reason="审过")
    price.refresh_from_db()
    assert price.script == "待审的话术，单位是元"
    assert price.revisions.get(number=2).author == admin_person


def test_saving_takes_a_draft_out_of_its_review(
    desk_of_editor: Desk, price: StandardQuestion
) -> None:
    desk_of_editor.open(price)
    desk_of_editor.done("submit", script="待审")
    desk_of_editor.open(price)
    desk_of_editor.done("save", script="又改")
    assert Draft.objects.get().state == "draft"


def test_what_cannot_be_published_is_not_submitted(
    desk_of_editor: Desk, price: StandardQuestion
) -> None:
    desk_of_editor.open(price)
    response = desk_of_editor.send("submit", script="")
    assert response.status_code == 422
    assert list(desk_of_editor.errors(response)) == ["script"]
    assert not Draft.objects.exists()  # neither saved nor submitted


def test_not_released(desk_of_editor: Desk, price: StandardQuestion) -> None:
    desk_of_editor.open(price)
    page = desk_of_editor.done("publish_unreleased", reason="下月上线")
    assert "Published as not released" in page
    price.refresh_from_db()
    assert price.status == "unreleased"
    desk_of_editor.open(price)
    assert desk_of_editor.fields["status"] == "unreleased"
    desk_of_editor.done("publish", reason="上线")
    price.refresh_from_db()
    assert price.status == "online"


def test_a_later_text_waits_and_can_be_called_off(
    desk_of_editor: Desk, price: StandardQuestion
) -> None:
    later = timezone.localtime(timezone.now() + timedelta(days=30)).replace(second=0, microsecond=0)
    desk_of_editor.open(price)
    page = desk_of_editor.done(
        "publish", script="新价", effective_from=f"{later:%Y-%m-%dT%H:%M}", reason="调价"
    )
    at = moment_words(later, now=timezone.now())
    assert f"it takes over {at};" in page
    assert f"takes over {at}." in in_words(page)
    price.refresh_from_db()
    assert (price.script, price.replaced_at) == ("1 元可购买 10 灵感值。", later)
    desk_of_editor.open(price)
    desk_of_editor.done("send_back", comment="推迟")
    price.refresh_from_db()
    assert price.replaced_at is None
    assert Draft.objects.get().content["script"] == "新价"


def test_discarding(desk_of_editor: Desk, price: StandardQuestion) -> None:
    desk_of_editor.open(price)
    desk_of_editor.done("save", script="不要了")
    page = desk_of_editor.open(price)
    assert "What is published stays." in page
    page = desk_of_editor.done("discard")
    assert "The draft is thrown away." in page
    assert not Draft.objects.exists()
    assert StandardQuestion.objects.filter(key="price").exists()


def test_discarding_what_was_never_published(desk_of_editor: Desk, questions: Any) -> None:
    desk_of_editor.open()
    desk_of_editor.done("save", title="不要了", category="credits", key="gone")
    page = desk_of_editor.open(StandardQuestion.objects.get(key="gone"))
    assert "it is gone for good, with its draft" in page
    response = desk_of_editor.send("discard")
    assert response["Location"] == "/admin/kb/standardquestion/"
    assert not StandardQuestion.objects.filter(key="gone").exists()


def test_discarding_what_is_still_referred_to(desk_of_editor: Desk, questions: Any) -> None:
    desk_of_editor.open()
    desk_of_editor.done("save", title="有争议", category="credits", key="disputed")
    question = StandardQuestion.objects.get(key="disputed")
    Disagreement.objects.create(question=question, key="a", caution="小心口径", opened_at=NOW)
    assert "小心口径" in desk_of_editor.open(question)
    response = desk_of_editor.send("discard")
    assert response.status_code == 409
    assert "cannot be thrown away" in response.content.decode()
    assert Draft.objects.get().question == question


def test_retiring_needs_a_reason(desk_of_editor: Desk, price: StandardQuestion) -> None:
    desk_of_editor.open(price)
    response = desk_of_editor.send("retire")
    assert list(desk_of_editor.errors(response)) == ["reason"]
    page = desk_of_editor.done("retire", reason="功能下线")
    assert "Retired: nobody is given this answer any more." in page
    price.refresh_from_db()
    assert (price.status, price.script) == ("retired", "1 元可购买 10 灵感值。")
    assert price.revisions.get(number=2).reason == "功能下线"
    desk_of_editor.open(price)
    desk_of_editor.done("publish", reason="又上线了")
    price.refresh_from_db()
    assert price.status == "online"


@pytest.mark.parametrize("step", ["retire", "send_back"])
def test_a_step_that_would_drop_what_was_typed_waits(
    step: str, desk_of_editor: Desk, price: StandardQuestion
) -> None:
    desk_of_editor.open(price)
    desk_of_editor.done("submit", script="待审")
    desk_of_editor.open(price)
    response = desk_of_editor.send(step, script="刚刚写的", reason="x", comment="x")
    assert response.status_code == 422
    assert "Save the draft first" in response.content.decode()
    assert desk_of_editor.fields["script"] == "刚刚写的"
    price.refresh_from_db()
    assert (price.status, Draft.objects.get().state) == ("online", "in_review")


@pytest.mark.parametrize("step", ["retire", "send_back", "discard"])
def test_a_step_that_is_not_open_is_refused(
    step: str, desk_of_editor: Desk, questions: Any
) -> None:
    """A page that was open too long, or somebody who types requests by hand."""
    desk_of_editor.open()
    response = desk_of_editor.send(
        step, title="新", category="credits", reason="x", comment="x", expected_version="0"
    )
    assert response.status_code in (409, 422)
    assert desk_of_editor.fields["title"] == "新"
    assert StandardQuestion.objects.count() == 2


def test_a_retired_one_is_not_retired_again(desk_of_editor: Desk, price: StandardQuestion) -> None:
    publish_question(
        key="price",
        content=replace(CONTENT, status="retired"),
        acting_user=None,
        reason="",
        now=NOW,
    )
    price.refresh_from_db()
    desk_of_editor.open(price)
    response = desk_of_editor.send("retire", reason="x")
    assert response.status_code in (409, 422)
    assert price.revisions.count() == 2


@pytest.mark.parametrize("step", ["", "look", "restore", "nonsense"])
def test_a_step_that_does_nothing_keeps_what_was_typed(
    step: str, desk_of_editor: Desk, price: StandardQuestion
) -> None:
    row = {"follow_ups__0__question": "再问", "follow_ups__0__script": "好。"}
    desk_of_editor.open(price)
    response = desk_of_editor.send(step, script="新的一行", reason="原因", words="价格", **row)
    assert response.status_code == 200
    assert desk_of_editor.fields["script"] == "新的一行"
    assert desk_of_editor.fields["reason"] == "原因"
    assert desk_of_editor.fields["follow_ups-1-question"] == ""  # a blank row more
    assert "As it is now" in response.content.decode()
    assert not Draft.objects.exists()


def test_times_are_the_desks(desk_of_editor: Desk, price: StandardQuestion) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-03-04T10:30:00+08:00"), tick=False):
        desk_of_editor.open(price)
        page = desk_of_editor.done("save", script="新")
    assert "today 10:30, version 1" in in_words(page)


def test_a_page_costs_a_bounded_number_of_queries(
    desk_of_editor: Desk, questions: dict[str, StandardQuestion], django_assert_max_num_queries: Any
) -> None:
    """Session, user and role (3), question and draft (2), choices of the selects (3), contrast
    groups, revisions, disagreements (2), published parts (4), preview: titles and checks of
    group and flow (4), unread notices, permissions (2).
    """
    desk_of_editor.open(questions["twice-charged"])
    desk_of_editor.done("save", script="新")
    with django_assert_max_num_queries(25):
        desk_of_editor.open(questions["twice-charged"])
