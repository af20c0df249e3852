"""Passing contacts on and taking them over through the API, and answers as long as pastes are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import V1, Caller, hold_against_document
from tests.conftest import NOW
from tests.tickets.services.roundabout import TYPED, answered, begin_round, publish_round
from tickets.api.consultation_bodies import LARGEST_ANSWER
from tickets.models import Consultation, ContactTransfer


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    publish_round()
    number = begin_round(agent)
    answered(number, "no", TYPED)
    return number


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    return body


def test_a_contact_is_passed_on(contact: int, as_agent: Caller, calls: Any, agent2: Any) -> None:
    path = f"consultations/{contact}/"
    done = as_agent.post(path + "pass-on/", {"to": "agent2", "note": "下班"})
    assert (done.status_code, done.json()) == (200, {"id": contact, "agent": "agent2"})
    problem(as_agent.get(path), 404, "not_found")
    seen = calls(agent2).get(path).json()
    assert (seen["agent"], seen["node"]["key"]) == ("agent2", "reinstall")
    assert seen["parked_at"].startswith("2026-03-04T10:30")


def test_a_manager_passes_on_in_the_agents_place(
    contact: int, as_manager: Caller, agent2: Any
) -> None:
    done = as_manager.post(f"consultations/{contact}/pass-on/", {"to": "agent2"})
    assert done.status_code == 200
    assert ContactTransfer.objects.get().by.username == "manager"


def test_what_cannot_be_passed_on(contact: int, as_agent: Caller, calls: Any, agent2: Any) -> None:
    path = f"consultations/{contact}/pass-on/"
    for to in ("agent", "nobody"):
        assert set(problem(as_agent.post(path, {"to": to}), 400, "invalid")["errors"]) == {"to"}
    assert set(problem(as_agent.post(path, {}), 400, "invalid")["errors"]) == {"to"}
    wrong = {"to": "agent2", "note": "长" * 301, "colour": "red"}
    assert set(problem(as_agent.post(path, wrong), 400, "invalid")["errors"]) == {"note", "colour"}
    problem(calls(agent2).post(path, {"to": "agent2"}), 404, "not_found")
    as_agent.post(f"consultations/{contact}/finish/", {"outcome": "answered"})
    problem(as_agent.post(path, {"to": "agent2"}), 409, "consultation_ended")


def test_a_waiting_contact_is_taken_over(contact: int, calls: Any, agent2: Any) -> None:
    caller = calls(agent2)
    problem(caller.get(f"consultations/{contact}/"), 404, "not_found")
    done = caller.post(f"consultations/{contact}/take-over/", {"note": "用户又来电"})
    assert done.status_code == 200
    assert (done.json()["agent"], done.json()["node"]["key"]) == ("agent2", "reinstall")
    moved = ContactTransfer.objects.get()
    assert (moved.note, moved.at) == ("用户又来电", NOW)


def test_who_is_told_that_it_is_gone(
    contact: int, as_agent: Caller, calls: Any, agent2: Any, as_manager: Caller
) -> None:
    path = f"consultations/{contact}/take-over/"
    problem(as_agent.post(path), 404, "not_found")
    problem(as_manager.post(path), 403, "not_allowed")
    late = problem(calls(agent2).post(path, {"from_agent": "agent7"}), 409, "taken_over")
    assert late["state"] == {"agent": "agent"}
    answered(contact, "no")
    problem(calls(agent2).post(path), 404, "not_found")
    assert Consultation.objects.get().agent.username == "agent"


def test_an_answer_may_be_as_long_as_a_paste(contact: int, as_agent: Caller) -> None:
    path = V1 + f"consultations/{contact}/answer/"

    def sent(size: int) -> Any:
        body = json.dumps({"node": "reinstall", "values": {"pasted": "x" * size}})
        response = as_agent.client.post(path, body, content_type="application/json")
        hold_against_document(path, "post", response)
        return response

    problem(sent(1_500_000), 400, "invalid")  # a choice takes no "next": it was read all the same
    problem(sent(LARGEST_ANSWER), 413, "too_large")


def test_a_form_is_refused_however_large_it_is(contact: int, agent: Any) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(agent)
    client.get("/admin/console/")  # gives the cookie, so that the form is looked into
    response = client.post(
        V1 + f"consultations/{contact}/answer/",
        "node=" + "x" * 3_000_000,
        content_type="application/x-www-form-urlencoded",
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    problem(response, 415, "unsupported_media_type")
