"""A contact in progress whose answer expires meanwhile: no script of it is read out any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kb.models import FlowVersion, StandardQuestion
from kb.services.content import published_content
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question, retire_question
from tests.admin.test_console import copied
from tests.admin.test_console_contact import HTMX, WAYS, choices, post, script, show, stage
from tests.conftest import CANARY, NOW
from tests.standings import FALLBACK, publish, publish_hand_over, publish_not_in_force
from tickets.models import Consultation, RunStep, Ticket
from tickets.services.consultations import answer_step, start_consultation

ENDS = NOW + timedelta(minutes=5)
AFTER = NOW + timedelta(minutes=10)
NOTICE = "<strong>This answer is not in force any more"


@pytest.fixture
def hand_over_flow(questions: Any) -> FlowVersion:
    return publish_hand_over()


@pytest.fixture
def console(agent: Any, hand_over_flow: Any) -> Iterator[Client]:
    with time_machine.travel(AFTER, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


def expire(key: str) -> None:
    """Give a question an end between ``NOW`` and ``AFTER``, and a fallback."""
    StandardQuestion.objects.filter(key=key).update(expires_at=ENDS, fallback=FALLBACK)


@pytest.fixture
def begun(agent: Any, hand_over_flow: Any) -> Callable[..., int]:
    """A contact from before the end, its flow answered up to where a script is read out."""

    def make(key: str = "twice-charged", *answers: tuple[str, str]) -> int:
        contact = start_consultation(
            acting_user=agent, channel="phone", utterance="扣了两次", question_key=key, now=NOW
        ).pk
        for node, value in answers:
            answer_step(consultation_id=contact, acting_user=agent, node=node, value=value, now=NOW)
        expire(key)
        return contact

    return make


YES = ("pages", "yes")


def test_the_step_gives_the_fallback_instead_of_its_script(
    console: Client, begun: Callable[..., int]
) -> None:
    text = show(console, begun("twice-charged", YES))
    assert stage(text) == "step"
    assert NOTICE in text
    assert "it expired today 10:35" in text
    assert copied(text) == {"script-main": FALLBACK}
    assert "请您先刷新页面再试。" not in text.split('aria-label="Path so far"')[0]
    assert "还会多扣吗" in text, "the agent may still note what the user says"
    assert choices(text) == [("fixed", "1"), ("again", "2")]
    assert reverse("admin:console_question", args=["twice-charged"]) in text


def test_before_its_end_nothing_is_withdrawn(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("twice-charged", YES)
    with time_machine.travel(ENDS - timedelta(seconds=1), tick=False):
        text = show(console, contact)
    assert NOTICE not in text
    assert script(text) == "请您先刷新页面再试。"


def test_the_notice_is_not_selectable_text_for_the_user(
    console: Client, begun: Callable[..., int]
) -> None:
    text = show(console, begun())
    head = text.split(NOTICE)[0].rsplit("<div", 1)[1]
    assert "console-unselectable" in head
    assert CANARY not in script(text)


def test_handing_over_instead_keeps_what_was_answered(
    console: Client, begun: Callable[..., int], agent: Any, hand_over_flow: FlowVersion
) -> None:
    contact = begun("twice-charged", YES)
    text = post(console, "instead", contact).content.decode()
    assert stage(text) == "hand_over"
    assert NOTICE not in text
    assert "是否开了多个页面 开了</textarea>" in text, "nothing is typed twice"
    step = RunStep.objects.get(kind="changed")
    assert (step.node, step.value) == ("refresh", str(hand_over_flow.pk))
    assert (step.answered_by, step.answered_at) == (agent, AFTER)
    response = post(
        console,
        "hand_over",
        contact,
        node="hand-over",
        problem="扣了两次",
        demand="退回",
        account_id="880001",
        contact_channel="call_back",
        contact_value="13800138000",
    )
    ended = response.content.decode()
    assert stage(ended) == "ended"
    assert "3月9日（周一）18:00" in script(ended)
    ticket = Ticket.objects.get()
    assert ticket.transcript["flow"] == "hand-over"
    assert [step["node"] for step in ticket.transcript["steps"]] == ["pages", "refresh"]
    assert ticket.question.key == "twice-charged"


def test_only_what_was_read_out_is_on_record(console: Client, begun: Callable[..., int]) -> None:
    """The record says what the user has heard: a script from before the end, none after it."""
    contact = begun("twice-charged", YES)
    post(console, "answer", contact, node="refresh", value="again")
    post(console, "restart", contact)
    for node, value in (YES, ("refresh", "again")):
        post(console, "answer", contact, node=node, value=value)
    scripts = RunStep.objects.filter(node="refresh").order_by("number")
    assert [step.script for step in scripts] == ["请您先刷新页面再试。", ""]


def test_going_back_leads_into_the_old_flow_again(
    console: Client, begun: Callable[..., int]
) -> None:
    contact = begun("twice-charged", YES)
    post(console, "instead", contact)
    text = post(console, "back", contact).content.decode()
    assert choices(text) == [("fixed", "1"), ("again", "2")]
    assert NOTICE in text
    post(console, "instead", contact)
    text = post(console, "restart", contact).content.decode()
    assert choices(text) == [("yes", "1"), ("no", "2")]
    assert not RunStep.objects.filter(undone_at=None).exists()


def test_a_flow_that_hands_over_by_itself_goes_on(
    console: Client, begun: Callable[..., int]
) -> None:
    """What it captures is more than the common hand-over asks for, and it promises as much."""
    contact = begun("twice-charged", YES)
    text = post(console, "answer", contact, node="refresh", value="again").content.decode()
    assert stage(text) == "hand_over"
    assert "扣了几次" in text
    assert NOTICE not in text
    late = post(console, "instead", contact)
    assert late.status_code == 409
    assert "at its hand-over already" in late.content.decode()


def test_an_ending_is_withdrawn_too(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("twice-charged", YES, ("refresh", "fixed"))
    text = show(console, contact)
    assert (stage(text), copied(text)) == ("answer", {"script-main": FALLBACK})
    assert "很高兴帮到您。" not in text
    assert post(console, "finish", contact, outcome="answered").status_code == 204


def test_without_a_flow_the_script_is_withdrawn_and_handed_over(
    console: Client, begun: Callable[..., int]
) -> None:
    contact = begun("price")
    text = show(console, contact)
    assert (stage(text), copied(text)) == ("plain", {"script-main": FALLBACK})
    assert "1 元可购买" not in text
    assert NOTICE in text
    text = post(console, "instead", contact).content.decode()
    assert stage(text) == "hand_over"
    assert "Standard question: 灵感值的价格</textarea>" in text


def test_a_retired_question_is_withdrawn_and_has_no_panel(
    console: Client, agent: Any, begun: Callable[..., int], questions: Any
) -> None:
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="多少钱", question_key="price", now=NOW
    ).pk
    retire_question(key="price", acting_user=None, reason="test", now=NOW)
    text = show(console, contact)
    assert "the question is out of use" in text
    assert "1 元可购买" not in text
    assert reverse("admin:console_question", args=["price"]) not in text
    assert stage(post(console, "instead", contact).content.decode()) == "hand_over"


# --- too late, too early, not possible -----------------------------------------------------------


def test_an_answer_that_is_in_force_is_not_left(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("twice-charged", YES)
    StandardQuestion.objects.update(expires_at=None)
    response = post(console, "instead", contact)
    assert response.status_code == 409
    assert "This answer is in force: go on with it." in response.content.decode()
    assert not RunStep.objects.filter(kind="changed").exists()


def test_a_second_tab_learns_that_it_is_done(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("twice-charged", YES)
    for status in (200, 409):
        assert post(console, "instead", contact).status_code == status
    assert RunStep.objects.filter(kind="changed").count() == 1
    stale = post(console, "answer", contact, node="refresh", value="fixed")
    assert stale.status_code == 409
    assert stage(stale.content.decode()) == "hand_over"


def test_without_javascript_it_redirects(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("price")
    response = post(console, "instead", contact, htmx=False)
    assert response.headers["Location"] == reverse("admin:console_contact", args=[contact])


def test_without_a_flow_to_hand_over_with_it_says_so(agent: Any, questions: Any) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(agent)
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="多少钱", question_key="price", now=NOW
    ).pk
    expire("price")
    with time_machine.travel(AFTER, tick=False):
        response = post(client, "instead", contact)
    assert response.status_code == 409
    assert "no flow to hand over with" in response.content.decode()


def test_a_contact_without_a_question_has_no_answer_to_leave(console: Client, agent: Any) -> None:
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="?", question_key=None, now=NOW
    ).pk
    assert post(console, "instead", contact).status_code == 409


def test_a_contact_that_is_over_shows_no_notice(console: Client, begun: Callable[..., int]) -> None:
    contact = begun("price")
    post(console, "finish", contact, outcome="answered")
    assert NOTICE not in show(console, contact)
    assert post(console, "instead", contact).status_code == 409


# --- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", ["unreleased", "scheduled", "expired"])
def test_a_redirect_shows_nothing_of_what_is_not_in_force(
    console: Client, agent: Any, standing: str
) -> None:
    flow = WAYS.replace("question: price", f"question: {standing}")
    keep_version(text=flow, acting_user=None, reason="test", now=NOW)
    publish("ways", flow="ways")
    publish_not_in_force(standing)
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="?", question_key="ways", now=NOW
    ).pk
    for node, value in (("tell", "next"), ("which", "other-question")):
        answer_step(consultation_id=contact, acting_user=agent, node=node, value=value, now=NOW)
    text = show(console, contact)
    assert stage(text) == "redirect"
    assert CANARY not in text
    assert "desk-chip--" in text.split("Standard question:")[1].split("</p>")[0]
    link = reverse("admin:console_question", args=[standing])
    assert f'href="{link}"' in text
    panel = console.get(link, headers=HTMX).content.decode()
    assert copied(panel)["script-main"] == FALLBACK


def test_a_redirect_to_a_question_that_is_gone_has_no_link(console: Client, agent: Any) -> None:
    flow = WAYS.replace("question: price", "question: gone")
    keep_version(text=flow, acting_user=None, reason="test", now=NOW)
    publish("ways", flow="ways")
    publish("gone", status="retired")
    contact = start_consultation(
        acting_user=agent, channel="chat", utterance="?", question_key="ways", now=NOW
    ).pk
    for node, value in (("tell", "next"), ("which", "other-question")):
        answer_step(consultation_id=contact, acting_user=agent, node=node, value=value, now=NOW)
    text = show(console, contact)
    assert stage(text) == "redirect"
    assert "/questions/gone/" not in text


def test_a_new_text_that_is_in_force_again_gives_the_flow_back(
    console: Client, begun: Callable[..., int]
) -> None:
    contact = begun("twice-charged", YES)
    assert NOTICE in show(console, contact)
    content = published_content(StandardQuestion.objects.get(key="twice-charged"))
    publish_question(
        key="twice-charged",
        content=replace(content, expires_at=None),
        acting_user=None,
        reason="test",
        now=AFTER,
    )
    text = show(console, contact)
    assert NOTICE not in text
    assert script(text) == "请您先刷新页面再试。"
    assert Consultation.objects.get().status == "open"
