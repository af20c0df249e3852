"""A contact read by somebody else than its agent: what its user said is masked, wherever it stands.

The flow repeats what was typed, so that the number is in the user's words, in prompts and scripts.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from kb.services.flow_publishing import keep_version
from klingdesk.core.roles import Role
from tests.api.conftest import Caller
from tests.conftest import NOW
from tests.standings import publish
from tests.tickets.services.roundabout import answered
from tickets.models import Consultation, RunStep
from tickets.services.consultations import start_consultation
from tickets.services.intake import HandOff, open_intake, take_intake

ACCOUNT, PHONE = "7310094856", "139 7120 3945"
WORDS = f"我的号是{ACCOUNT}，打{PHONE}"
SAID = {"said": f"号码 {PHONE}"}
PASTED = f"{PHONE} 失败"

FLOW = """
schema: 2
key: repeats
title: 测试：复述
question: repeats
start: listen
nodes:
  listen:
    kind: collect
    prompt: 用户原话
    variables:
      - {key: said, kind: text, label: 原话}
    next: repeat
  repeat:
    kind: retry
    prompt: 您说的是 {{said}} 吗
    script: 我重复一遍：{{said}}。
    choices:
      - {value: "yes", label: 是, next: done}
      - {value: "no", label: 不是, next: tier2}
  done: {kind: end, outcome: answered, script: "{{said}}，记下了。"}
  tier2:
    kind: escalate
    prompt: 转交 {{said}}
    script: 最晚 {{due_date}} 前答复 {{said}}。
    prefill: {problem: said}
"""


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    """Stands where the script repeats the number; a check has found it, too."""
    keep_version(text=FLOW, acting_user=None, reason="test", now=NOW)
    publish("repeats", flow="repeats")
    pk = start_consultation(
        acting_user=agent, channel="phone", utterance=WORDS, question_key="repeats", now=NOW
    ).pk
    answered(pk, SAID)
    finding = {"field": "id", "found": PASTED, "allowed": "", "say": f"没有 {PASTED}"}
    checked = {
        "findings": [{**finding, "severity": "error", "corrected": False}],
        "corrected": PASTED,
    }
    RunStep.objects.filter(run__consultation=pk).update(checked=checked)
    return pk


@pytest.fixture
def reader(person: Callable[..., Any]) -> Any:
    """A manager who is an agent too: sees everybody's contacts in the console."""
    return person("both", Role.AGENT, Role.MANAGER)


def numbers_in(text: str) -> list[str]:
    return [number for number in (ACCOUNT, PHONE) if number in html.unescape(text)]


@pytest.mark.parametrize("answers", [(), ("yes",), ("no",)])
def test_the_api_masks_what_the_page_masks(
    answers: tuple[str, ...], contact: int, agent: Any, manager: Any
) -> None:
    answered(contact, *answers)
    own = Caller(agent).get(f"consultations/{contact}/").json()
    body = Caller(manager).get(f"consultations/{contact}/").json()
    assert own["utterance"] == WORDS
    assert body["utterance"] == "我的号是73****，打13****"
    assert numbers_in(str(own)) == [ACCOUNT, PHONE]
    assert numbers_in(str(body)) == []
    assert body.keys() == own.keys()
    assert [step["node"] for step in body["steps"]] == [step["node"] for step in own["steps"]]
    where = "node" if not answers else "outcome"
    assert body[where].keys() == own[where].keys()
    if not answers:
        assert body["node"]["prompt"] == "您说的是 号码 13**** 吗"
        assert body["node"]["script"] == "我重复一遍：号码 13****。"
        assert body["node"]["checked"]["corrected"] == "13**** 失败"


def test_so_does_a_part_of_it(contact: int, agent: Any, manager: Any) -> None:
    for field in ("utterance", "steps", "node"):
        part = Caller(manager).get(f"consultations/{contact}/", fields=field).json()
        assert part.keys() == {"id", field}
        assert numbers_in(str(part)) == []
    assert PHONE in str(Caller(agent).get(f"consultations/{contact}/", fields="node").json())


@pytest.mark.parametrize("answers", [(), ("yes",), ("no",)])
def test_the_console_masks_a_colleagues_contact(
    answers: tuple[str, ...], contact: int, agent: Any, reader: Any
) -> None:
    answered(contact, *answers)
    for user, seen in ((agent, [ACCOUNT, PHONE]), (reader, [])):
        client = Client()
        client.force_login(user)
        page = client.get(f"/admin/console/contacts/{contact}/")
        assert page.status_code == 200
        assert numbers_in(page.content.decode()) == seen
    assert Consultation.objects.get(pk=contact).utterance == WORDS


def test_nor_is_it_told_what_was_said_with_the_chatbot(
    bot: Any, agent: Any, reader: Any, questions: Any
) -> None:
    given = HandOff(
        external_id="x1",
        channel="chat",
        text=WORDS,
        account_id=ACCOUNT,
        session="room-with-a-key",
        transcript=[{"who": "user", "text": f"我是{PHONE}"}],
    )
    intake, _new = open_intake(acting_user=bot, given=given, now=NOW)
    pk = take_intake(intake_id=intake.pk, acting_user=agent, now=NOW).consultation_id
    for user, sees in ((agent, True), (reader, False)):
        client = Client()
        client.force_login(user)
        text = client.get(f"/admin/console/contacts/{pk}/").content.decode()
        assert numbers_in(text) == ([ACCOUNT, PHONE] if sees else [])
        assert ("room-with-a-key" in text) is sees
