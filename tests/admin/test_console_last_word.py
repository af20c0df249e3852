"""A flow that ends with the script of another standard question, which is not in force by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kb.services.flow_publishing import keep_version
from kb.services.publishing import retire_question
from tests.admin.test_console import copied
from tests.admin.test_console_contact import post, show, stage
from tests.conftest import CANARY, NOW
from tests.standings import FALLBACK, publish, publish_hand_over, publish_not_in_force
from tickets.models import Consultation, RunStep, Ticket
from tickets.services.consultations import answer_step, start_consultation

NOTICE = "<strong>This answer is not in force any more"
FLOW = """
schema: 2
key: last
title: 最后一句
question: price
start: which
nodes:
  which:
    kind: choice
    prompt: 问的是什么
    choices:
      - {value: end, label: 到此为止, next: closing}
      - {value: pass, label: 另一个问题, next: elsewhere}
      - {value: go, label: 先说一句, next: midway}
  midway: {kind: say, answer: OTHER, next: thanks}
  closing: {kind: end, outcome: answered, answer: OTHER}
  elsewhere: {kind: redirect, script: 这就给您说。, question: OTHER}
  thanks: {kind: end, outcome: answered, script: 感谢您的配合。}
"""
CAPTURED = {
    "node": "hand-over",
    "problem": "等了三天还没到账",
    "demand": "请查一下",
    "account_id": "123456",
    "contact_channel": "call_back",
    "contact_value": "13800138000",
}


@pytest.fixture
def console(agent: Any, questions: Any) -> Iterator[Client]:
    publish_hand_over()
    with time_machine.travel(NOW, tick=False):
        client = Client(headers={"accept-language": "en"})
        client.force_login(agent)
        yield client


@pytest.fixture
def standing_at(agent: Any, console: Client) -> Callable[[str, str], int]:
    """A contact whose flow stands at what ``way`` leads to; ``other`` is whose script that is."""

    def make(other: str, way: str) -> int:
        keep_version(text=FLOW.replace("OTHER", other), acting_user=None, reason="t", now=NOW)
        publish("asked", flow="last")
        contact = start_consultation(
            acting_user=agent, channel="chat", utterance="？", question_key="asked", now=NOW
        ).pk
        answer_step(consultation_id=contact, acting_user=agent, node="which", value=way, now=NOW)
        return contact

    return make


def retired(key: str) -> str:
    publish(key, fallback=FALLBACK, script=f"旧话术 {CANARY}")
    retire_question(key=key, acting_user=None, reason="test", now=NOW)
    return key


@pytest.mark.parametrize("standing", ["unreleased", "scheduled", "expired", "retired"])
def test_the_fallback_is_no_ending_but_a_hand_over(
    console: Client, standing_at: Callable[..., int], standing: str
) -> None:
    key = retired("retired") if standing == "retired" else publish_not_in_force(standing).key
    contact = standing_at(key, "end")
    text = show(console, contact)
    assert (stage(text), copied(text)) == ("answer", {"script-main": FALLBACK})
    assert NOTICE in text
    assert CANARY not in text
    text = post(console, "instead", contact).content.decode()
    assert stage(text) == "hand_over"
    assert post(console, "hand_over", contact, **CAPTURED).status_code == 200
    ticket = Ticket.objects.get()
    [first, change] = [step for step in ticket.transcript["steps"] if not step["automatic"]][:2]
    assert (first["node"], change["kind"]) == ("which", "changed")
    assert change["source"]["question"] == key


def test_in_force_it_ends_as_it_says(console: Client, standing_at: Callable[..., int]) -> None:
    publish("fine", script="到账需要一天。")
    contact = standing_at("fine", "end")
    text = show(console, contact)
    assert (stage(text), copied(text)) == ("answer", {"script-main": "到账需要一天。"})
    assert NOTICE not in text
    assert post(console, "instead", contact).status_code == 409
    assert not RunStep.objects.filter(kind="changed").exists()


def test_a_step_on_the_way_is_never_without_words(
    console: Client, standing_at: Callable[..., int]
) -> None:
    contact = standing_at(retired("gone"), "go")
    text = show(console, contact)
    assert copied(text) == {"script-main": FALLBACK}
    assert "this is the fallback" in text
    assert NOTICE not in text
    text = post(console, "answer", contact, node="midway", value="next").content.decode()
    assert copied(text) == {"script-main": "感谢您的配合。"}


def test_a_redirect_to_what_is_out_of_use_hands_over(
    console: Client, standing_at: Callable[..., int]
) -> None:
    contact = standing_at(retired("gone"), "pass")
    text = show(console, contact)
    assert stage(text) == "redirect"
    assert NOTICE in text
    assert reverse("admin:console_question", args=["gone"]) not in text
    assert stage(post(console, "instead", contact).content.decode()) == "hand_over"


def test_over_the_interface_too(console: Client, standing_at: Callable[..., int]) -> None:
    contact = standing_at(publish_not_in_force("expired").key, "end")
    body = console.get(reverse("api-consultation", args=[contact])).json()
    assert body["withdrawn"] == {"standing": "expired", "script": FALLBACK}
    assert CANARY not in str(body)
    assert Consultation.objects.get().status == "open"
