"""Contacts over HTTP: flows, hand-over, chases, and what happens when it comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from kb.models import StandardQuestion
from kb.services.flow_publishing import keep_version
from tests.api.conftest import CAPTURE, Caller
from tests.conftest import CANARY, FLOW, NOW
from tests.standings import FALLBACK, NOT_IN_FORCE, publish_hand_over, publish_not_in_force
from tickets.models import Consultation, Ticket
from tickets.services.work import resolve

START = {"channel": "chat", "utterance": "扣了两次", "question": "twice-charged"}


@pytest.fixture
def contact(questions: Any, as_agent: Caller) -> str:
    return f"consultations/{as_agent.post('consultations/', START).json()['id']}/"


def test_a_contact_without_a_flow_has_no_node(questions: Any, as_agent: Caller) -> None:
    plain = as_agent.post("consultations/", {**START, "question": "price"})
    assert (plain.status_code, plain.json()["node"]) == (201, None)
    none = as_agent.post("consultations/", {"channel": "phone", "utterance": "你好"}).json()
    path = f"consultations/{none['id']}/"
    answer = as_agent.post(path + "answer/", {"node": "pages", "value": "yes"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_flow")
    escalate = as_agent.post(path + "escalate/", CAPTURE)
    assert (escalate.status_code, escalate.json()["code"]) == (409, "question_missing")
    state = as_agent.get(path).json()
    assert (state["node"], state["outcome"], state["question"]) == (None, None, None)


def test_the_state_survives_a_reload(contact: str, as_agent: Caller) -> None:
    answered = as_agent.post(contact + "answer/", {"node": "pages", "value": "yes"}).json()
    state = as_agent.get(contact).json()
    assert state["node"] == answered["node"]
    assert state["steps"] == [
        {
            "number": 1,
            "automatic": False,
            "node": "pages",
            "prompt": "是否开了多个页面",
            "value": "yes",
            "label": "开了",
        }
    ]
    end = as_agent.post(contact + "answer/", {"node": "refresh", "value": "fixed"}).json()
    assert end == {
        "outcome": {
            "kind": "answer",
            "node": "done",
            "script": "很高兴帮到您。",
            "question": None,
            "channel": None,
            "requires": [],
            "filled": [],
            "checked": None,
            "fields": [],
        }
    }
    done = as_agent.post(contact + "finish/", {"outcome": "answered"}).json()
    assert done["status"] == "answered"


def test_a_flow_that_only_speaks_leads_on_with_next(questions: Any, as_agent: Caller) -> None:
    flow = FLOW.replace("start: pages", "start: hello").replace(
        "nodes:\n", "nodes:\n  hello: {kind: say, script: 您好。, hint: 别念, next: pages}\n"
    )
    keep_version(text=flow, acting_user=None, reason="test", now=NOW)
    begun = as_agent.post("consultations/", START).json()
    assert begun["node"]["choices"] == [{"value": "next", "label": "Continue"}]
    path = f"consultations/{begun['id']}/answer/"
    assert as_agent.post(path, {"node": "hello", "value": "next"}).json()["node"]["key"] == "pages"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"channel", "utterance"}),
        ({**START, "channel": "fax"}, {"channel"}),
        ({**START, "channel": True}, {"channel"}),
        ({**START, "utterance": 5}, {"utterance"}),
        ({**START, "utterance": "   "}, {"utterance"}),
        ({**START, "utterance": "a\u0000"}, {"utterance"}),
        ({**START, "utterance": "x" * 5_001}, {"utterance"}),
        ({**START, "question": "x" * 81}, {"question"}),
        ({**START, "questions": "price"}, {"questions"}),
    ],
)
def test_a_wrong_beginning_is_refused(
    body: dict[str, Any], fields: set[str], questions: Any, as_agent: Caller
) -> None:
    response = as_agent.post("consultations/", body)
    assert (response.status_code, set(response.json()["errors"])) == (400, fields)
    assert not Consultation.objects.exists()


def test_a_question_that_agents_do_not_know_cannot_be_begun(
    questions: Any, as_agent: Caller
) -> None:
    response = as_agent.post("consultations/", {**START, "question": "no-such"})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_an_old_page_learns_where_the_contact_stands(contact: str, as_agent: Caller) -> None:
    as_agent.post(contact + "answer/", {"node": "pages", "value": "yes"})
    stale = as_agent.post(contact + "answer/", {"node": "pages", "value": "no"})
    assert (stale.status_code, stale.json()["code"]) == (409, "moved_on")
    assert stale.json()["state"] == {"node": "refresh"}
    wrong = as_agent.post(contact + "answer/", {"node": "refresh", "value": "perhaps"})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"value"})


def test_going_back_at_the_beginning_is_a_conflict(contact: str, as_agent: Caller) -> None:
    assert as_agent.post(contact + "back/").status_code == 409


def test_handing_over_too_early_is_a_conflict(contact: str, as_agent: Caller) -> None:
    response = as_agent.post(contact + "escalate/", CAPTURE)
    assert (response.status_code, response.json()["code"]) == (409, "not_at_hand_over")
    assert response.json()["state"] == {"node": "pages"}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"problem": "", "demand": " "}, {"problem", "demand"}),
        ({"account_id": "13800138000"}, {"account_id"}),
        ({"account_id": 880001}, {"account_id"}),
        ({"account_id": "9" * 101}, {"account_id"}),
        ({"contact_channel": ""}, {"contact_channel"}),
        ({"contact_channel": "fax"}, {"contact_channel"}),
        ({"contact_value": "12"}, {"contact_value"}),
        ({"contact_value": None}, {"contact_value"}),
        ({"problem": "a\u0000b"}, {"problem"}),
        ({"extra": {}}, {"extra.times"}),
        ({"extra": {"times": "many"}}, {"extra.times"}),
        ({"extra": {"times": "2", "colour": "red"}}, {"extra.colour"}),
        ({"extra": {"times": True}}, {"extra.times"}),
        ({"extra": {"times": [2]}}, {"extra.times"}),
        ({"extra": {"times": "2", "about_when": "\u0000"}}, {"extra.about_when"}),
        ({"extra": "two"}, {"extra"}),
        ({"extra": None}, {"extra"}),
        ({"promise": False}, {"promise"}),
        ({"status": "resolved", "due_at": "2030-01-01"}, {"status", "due_at"}),
    ],
)
def test_a_wrong_capture_makes_no_ticket(
    change: dict[str, Any],
    fields: set[str],
    at_hand_over: Callable[..., int],
    as_agent: Caller,
) -> None:
    path = f"consultations/{at_hand_over()}/escalate/"
    response = as_agent.post(path, {**CAPTURE, **change})
    assert (response.status_code, set(response.json()["errors"])) == (400, fields)
    assert not Ticket.objects.exists()


def test_a_count_may_be_a_number(at_hand_over: Callable[..., int], as_agent: Caller) -> None:
    path = f"consultations/{at_hand_over()}/escalate/"
    assert as_agent.post(path, {**CAPTURE, "extra": {"times": 2}}).status_code == 201
    assert Ticket.objects.get().extra == [
        {"key": "times", "label": "扣了几次", "kind": "count", "value": 2}
    ]


def test_handing_over_twice_makes_one_ticket(
    at_hand_over: Callable[..., int], as_agent: Caller
) -> None:
    """A client that never saw the first answer finds the ticket in the second."""
    path = f"consultations/{at_hand_over()}/escalate/"
    number = as_agent.post(path, CAPTURE).json()["ticket"]["number"]
    again = as_agent.post(path, CAPTURE)
    assert (again.status_code, again.json()["code"]) == (409, "consultation_ended")
    assert again.json()["state"] == {"status": "escalated", "ticket": number}
    assert Ticket.objects.count() == 1


def test_a_second_contact_about_it_is_a_chase(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], as_agent: Caller
) -> None:
    open_ticket = make_ticket(account_id=CAPTURE["account_id"])
    path = f"consultations/{at_hand_over()}/"
    due = as_agent.post(path + "escalate/", CAPTURE)
    assert (due.status_code, due.json()["code"]) == (409, "chase_due")
    assert due.json()["state"] == {"ticket": open_ticket.number, "status": "queued"}
    chased = as_agent.post(
        path + "chase/", {"account_id": CAPTURE["account_id"], "note": "很着急"}
    ).json()
    assert chased["ticket"] == {
        "number": open_ticket.number,
        "due_at": "2026-03-09T18:00:00+08:00",
        "provisional": False,
        "status": "queued",
        "chase_count": 1,
    }
    assert Ticket.objects.count() == 1
    again = as_agent.post(path + "chase/", {"account_id": CAPTURE["account_id"]})
    assert again.json()["state"] == {"status": "chased", "ticket": open_ticket.number}


def test_there_is_nothing_to_chase_once_it_is_resolved(
    make_ticket: Callable[..., Ticket],
    at_hand_over: Callable[..., int],
    as_agent: Caller,
    as_advisor: Caller,
) -> None:
    ticket = make_ticket(account_id=CAPTURE["account_id"])
    as_advisor.post(f"tickets/{ticket.number}/claim/")
    as_advisor.post(
        f"tickets/{ticket.number}/contact/", {"kind": "private_message", "result": "sent"}
    )
    resolve(
        number=ticket.number, acting_user=as_advisor.user, code="fixed", summary="好了", now=NOW
    )
    path = f"consultations/{at_hand_over()}/"
    nothing = as_agent.post(path + "chase/", {"account_id": CAPTURE["account_id"]})
    assert nothing.status_code == 404
    assert as_agent.post(path + "escalate/", CAPTURE).status_code == 201


def test_a_report_promises_nothing(questions: Any, as_agent: Caller) -> None:
    flow = FLOW.replace("kind: escalate\n", "kind: escalate\n    promise: false\n").replace(
        "已为您转交高级顾问，最晚 {{due_date}} 前答复。", "已为您登记。"
    )
    keep_version(text=flow, acting_user=None, reason="test", now=NOW)
    path = f"consultations/{as_agent.post('consultations/', START).json()['id']}/"
    end = as_agent.post(path + "answer/", {"node": "pages", "value": "no"}).json()["outcome"]
    assert end["kind"] == "report"
    done = as_agent.post(path + "escalate/", CAPTURE).json()
    assert (done["ticket"]["due_at"], done["handover_script"]) == (None, "已为您登记。")


def test_a_hand_over_cannot_be_finished_as_answered(
    at_hand_over: Callable[..., int], as_agent: Caller
) -> None:
    path = f"consultations/{at_hand_over()}/finish/"
    refused = as_agent.post(path, {"outcome": "answered"})
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_hand_over")
    wrong = as_agent.post(path, {"outcome": "escalated"})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"outcome"})
    assert as_agent.post(path, {"outcome": "abandoned"}).json()["status"] == "abandoned"


@pytest.mark.parametrize("identity", ["0", "99999999999", "9" * 40, "9" * 5_000, "1%00", "-1"])
def test_ids_that_are_none_are_not_found(identity: str, as_agent: Caller, desk: None) -> None:
    client = as_agent.client
    path = f"/api/v1/consultations/{identity}/"
    for response in (
        client.get(path),
        client.post(path + "back/", "{}", content_type="application/json"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def _strings(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(body, dict):
        for name, inner in body.items():
            yield from _strings(inner, f"{path}.{name}")
    elif isinstance(body, list):
        for inner in body:
            yield from _strings(inner, path)
    else:
        yield path, str(body)


def test_internal_text_is_nowhere_but_in_the_internal_note(
    questions: Any, as_agent: Caller
) -> None:
    """The hint of the first node and the notes of both questions hold the canary."""
    begun = as_agent.post("consultations/", START)
    path = f"consultations/{begun.json()['id']}/"
    bodies = [
        begun,
        as_agent.get("kb/search/", q="灵感值"),
        as_agent.get("kb/questions/"),
        as_agent.get("kb/questions/price/"),
        as_agent.get("kb/questions/twice-charged/"),
        as_agent.get(path),
        as_agent.post(path + "answer/", {"node": "pages", "value": "yes"}),
        as_agent.post(path + "back/"),
        as_agent.post(path + "answer/", {"node": "pages", "value": "no"}),
        as_agent.post(path + "escalate/", CAPTURE),
        as_agent.get(path),
    ]
    found = [where for body in bodies for where, text in _strings(body.json()) if CANARY in text]
    assert found == [".internal_note", ".internal_note"]


# --- an answer that ends while the contact is open -----------------------------------------------

ENDS = NOW + timedelta(minutes=5)


@pytest.fixture
def expiring(
    questions: Any, as_agent: Caller, at_now: time_machine.Traveller
) -> Callable[[str], str]:
    """Begin a contact, then let its answer end; gives the path of the contact."""

    def begin(question: str) -> str:
        publish_hand_over()
        begun = as_agent.post("consultations/", {**START, "question": question}).json()
        StandardQuestion.objects.filter(key=question).update(expires_at=ENDS, fallback=FALLBACK)
        at_now.move_to(ENDS)
        return f"consultations/{begun['id']}/"

    return begin


def test_scripts_of_an_expired_answer_are_withdrawn(
    expiring: Callable[[str], str], as_agent: Caller
) -> None:
    path = expiring("twice-charged")
    withdrawn = {"standing": "expired", "script": FALLBACK}
    bodies = [
        as_agent.post(path + "answer/", {"node": "pages", "value": "yes"}).json(),
        as_agent.get(path).json(),
    ]
    for body in bodies:
        assert body["withdrawn"] == withdrawn
        assert (body["node"]["key"], body["node"]["script"]) == ("refresh", None)
    end = as_agent.post(path + "answer/", {"node": "refresh", "value": "fixed"}).json()
    assert (end["outcome"]["script"], end["withdrawn"]) == (None, withdrawn)
    assert "很高兴帮到您" not in str(end)


def test_it_is_handed_over_instead(expiring: Callable[[str], str], as_agent: Caller) -> None:
    path = expiring("twice-charged")
    as_agent.post(path + "answer/", {"node": "pages", "value": "yes"})
    body = as_agent.post(path + "hand-over-instead/").json()
    assert (body["outcome"]["kind"], body["outcome"]["node"]) == ("tier2", "hand-over")
    assert "withdrawn" not in body
    again = as_agent.post(path + "hand-over-instead/")
    assert (again.status_code, again.json()["code"]) == (409, "moved_on")
    back = as_agent.post(path + "back/").json()
    assert (back["node"]["key"], back["withdrawn"]["script"]) == ("refresh", FALLBACK)
    as_agent.post(path + "hand-over-instead/")
    done = as_agent.post(path + "escalate/", {**CAPTURE, "extra": {}})
    assert done.status_code == 201
    assert as_agent.get(path).json()["withdrawn"] is None
    steps = Ticket.objects.get().transcript["steps"]
    assert [step["node"] for step in steps] == ["pages", "refresh"]


def test_without_a_flow_it_is_withdrawn_as_well(
    expiring: Callable[[str], str], as_agent: Caller
) -> None:
    path = expiring("price")
    state = as_agent.get(path).json()
    assert state["withdrawn"] == {"standing": "expired", "script": FALLBACK}
    assert (state["node"], state["outcome"]) == (None, None)
    assert as_agent.post(path + "hand-over-instead/").json()["outcome"]["kind"] == "tier2"


@pytest.mark.parametrize("question", ["price", "twice-charged", None])
def test_an_answer_in_force_is_not_left(
    question: str | None, questions: Any, as_agent: Caller
) -> None:
    publish_hand_over()
    begun = as_agent.post("consultations/", {**START, "question": question}).json()
    response = as_agent.post(f"consultations/{begun['id']}/hand-over-instead/")
    assert (response.status_code, response.json()["code"]) == (409, "in_force")


def test_without_a_flow_to_hand_over_with_it_stays(questions: Any, as_agent: Caller) -> None:
    begun = as_agent.post("consultations/", {**START, "question": "price"}).json()
    StandardQuestion.objects.update(expires_at=NOW)
    response = as_agent.post(f"consultations/{begun['id']}/hand-over-instead/")
    assert (response.status_code, response.json()["code"]) == (409, "no_flow")


@pytest.mark.parametrize("standing", NOT_IN_FORCE)
def test_what_is_not_in_force_is_handed_over_from_the_beginning(
    standing: str, questions: Any, as_agent: Caller
) -> None:
    """Its canaries are in script, note, caution and follow-up; none reaches tier 2 or a user."""
    publish_hand_over()
    publish_not_in_force(standing, flow="twice", escalates=True)
    begun = as_agent.post("consultations/", {**START, "question": standing})
    path = f"consultations/{begun.json()['id']}/"
    assert begun.json()["outcome"]["kind"] == "tier2"
    done = as_agent.post(path + "escalate/", {**CAPTURE, "extra": {}})
    ticket = Ticket.objects.get()
    assert "3月9日" in done.json()["handover_script"]
    for said in (begun.json(), done.json(), as_agent.get(path).json(), ticket.transcript):
        assert CANARY not in str(said)
