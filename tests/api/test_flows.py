"""Flows with typed values, checks and steps that decide by themselves, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from tests.admin.desk_flows import STARTED, begin_with_starter, everything_stored
from tests.api.conftest import Caller
from tests.kb.flows.test_starter_flows import BAD, GOOD, IDS, KEY, PATHS, SAME, pasted
from tickets.models import Ticket

CAPTURE = {"problem": "详情", "demand": "请核实", "contact_channel": "private_message"}


@pytest.fixture(autouse=True)
def starter(desk: None, at_now: time_machine.Traveller) -> None:
    at_now.move_to(STARTED, tick=False)
    begin_with_starter()


class Contact:
    """One contact over the API; ``here`` is the last position."""

    def __init__(self, caller: Caller, question: str) -> None:
        self.caller = caller
        begun = caller.post(
            "consultations/", {"channel": "chat", "utterance": "请看看", "question": question}
        ).json()
        self.path = f"consultations/{begun['id']}/"
        self.here: dict[str, Any] = begun

    def answer(self, given: str | dict[str, Any], status: int = 200) -> Any:
        body = {"value": given} if isinstance(given, str) else {"values": given}
        response = self.caller.post(
            self.path + "answer/", {"node": self.here["node"]["key"], **body}
        )
        assert response.status_code == status, response.content
        if status == 200:
            self.here = response.json()
        return response.json()

    def walk(self, *given: str | dict[str, Any]) -> Contact:
        for each in given:
            self.answer(each)
        return self


def test_every_path_of_the_starter_flows_that_type_something(as_agent: Caller) -> None:
    questions = {"sync": "web-credits-not-shown", "api": "api-params"}
    for key, given, ends, kind in PATHS:
        if key in questions:
            outcome = Contact(as_agent, questions[key]).walk(*given).here["outcome"]
            assert (outcome["node"], outcome["kind"]) == (ends, kind)


def test_a_collecting_node_describes_what_it_wants(as_agent: Caller) -> None:
    node = Contact(as_agent, "second-subscription").here["node"]
    assert (node["kind"], [way["value"] for way in node["choices"]]) == ("collect", ["next"])
    variables = {each["key"]: each for each in node["variables"]}
    assert variables["holds_tier"]["kind"] == "one_of"
    assert [each["label"] for each in variables["holds_tier"]["options"]] == [
        "黄金",
        "铂金",
        "钻石",
    ]
    ids = Contact(as_agent, "web-credits-not-shown").walk("never", "no").here["node"]["variables"]
    assert [(each["key"], each["kind"], each["required"]) for each in ids] == [
        ("web_id", "account_id", True),
        ("app_id", "account_id", True),
    ]


def test_refused_values_come_by_name(as_agent: Caller) -> None:
    contact = Contact(as_agent, "web-credits-not-shown").walk("never", "no")
    wrong = contact.answer({"web_id": "13812345678", "app_id": 7654321, "more": "x"}, status=400)
    assert set(wrong["errors"]) == {"values.web_id", "values.more"}
    assert contact.answer({"web_id": ["1"]}, status=400)["errors"]


def test_the_ticket_is_made_of_what_was_answered(
    as_agent: Caller, manager: Any, calls: Callable[[Any], Caller]
) -> None:
    contact = Contact(as_agent, "web-credits-not-shown").walk("never", "no", IDS)
    outcome = contact.here["outcome"]
    assert outcome["filled"] == ["account_id"]
    assert [(each["key"], each["filled"]) for each in outcome["fields"]] == [
        ("web_account_id", True),
        ("app_account_id", True),
    ]
    made = as_agent.post(contact.path + "escalate/", CAPTURE)
    assert made.status_code == 201
    ticket = Ticket.objects.get()
    assert ticket.account_id == "1234567"
    assert [item["value"] for item in ticket.extra] == ["1234567", "7654321"]
    seen = calls(manager).get(f"tickets/{ticket.number}/").json()
    assert seen["masked"]
    collected = seen["transcript"]["steps"][2]["values"]
    assert [(each["kind"], each["value"]) for each in collected] == [
        ("account_id", "1****7"),
        ("account_id", "7****1"),
    ]


def test_findings_come_with_field_and_correction(as_agent: Caller) -> None:
    contact = Contact(as_agent, "api-params").walk("developer", "failure")
    assert contact.here["node"]["variables"][0]["key"] == "pasted"
    outcome = contact.walk(pasted(BAD)).here["outcome"]
    assert "seconds" in {each["field"] for each in outcome["checked"]["findings"]}
    clean = Contact(as_agent, "api-params").walk("developer", "failure", pasted(GOOD))
    done = as_agent.post(clean.path + "escalate/", {**CAPTURE, "account_id": "7654321"})
    assert done.status_code == 201
    ticket = Ticket.objects.get()
    assert ticket.question.key == "other"
    texts = (as_agent.get(f"tickets/{ticket.number}/"), as_agent.get(contact.path))
    assert all(KEY not in text.content.decode() for text in texts)
    assert KEY not in everything_stored()


def test_back_to_any_earlier_answer(as_agent: Caller) -> None:
    contact = Contact(as_agent, "web-credits-not-shown").walk("never", "no", SAME)
    steps = as_agent.get(contact.path).json()["steps"]
    assert [(each["number"], each["automatic"]) for each in steps] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    assert as_agent.post(contact.path + "back/", {"step": 4}).status_code == 409
    assert as_agent.post(contact.path + "back/", {"step": 0}).status_code == 400
    again = as_agent.post(contact.path + "back/", {"step": 2}).json()
    assert again["node"]["key"] == "case-1"
    assert as_agent.post(contact.path + "back/").json()["node"]["key"] == "which-case"
    assert as_agent.post(contact.path + "back/").status_code == 409
