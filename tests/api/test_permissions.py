"""Access to the API beyond the table of who gets what (tests.house.matrix): no trace of what is
hidden, sessions with CSRF, people who have left."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import CAPTURE, Caller
from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.claims import claim


@dataclass(frozen=True)
class World:
    """A contact of ``agent`` at its hand-over, and a ticket of theirs with ``advisor``."""

    contact: int
    number: str


START = {"channel": "chat", "utterance": "扣了两次", "question": "twice-charged"}


@pytest.fixture
def world(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], advisor: Any
) -> World:
    ticket = make_ticket(account_id="770001")
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    return World(at_hand_over(), ticket.number)


@pytest.mark.parametrize("who", ["agent2", "other_advisor"])
def test_somebody_elses_objects_are_not_there(
    who: str, request: pytest.FixtureRequest, world: World
) -> None:
    """404 and never 403, so that nobody learns which numbers exist."""
    caller = Caller(request.getfixturevalue(who))
    ticket = f"tickets/{world.number}/"
    got = [caller.get(ticket)]
    bare = ("claim", "release", "resume", "chase", "watch", "unwatch")
    got += [caller.post(f"{ticket}{name}/") for name in bare]
    why = {"reason": "?"}
    got += [caller.post(f"{ticket}{name}/", why) for name in ("reopen", "cancel")]
    got.append(caller.post(ticket + "reveal/", {"what": ["account_id"], **why}))
    got.append(caller.post(ticket + "transfer/", {"team": "tier2", **why}))
    got.append(caller.post(ticket + "merge/", {"into": "T99999999", **why}))
    got.append(caller.post(ticket + "priority/", {"priority": 1, **why}))
    got.append(caller.post(ticket + "return/", {"missing": [{"why": "?"}], **why}))
    got.append(caller.post(ticket + "complete/", {"note": "?"}))
    got.append(caller.post(ticket + "wait/", {"note": "?", "next_try_at": "2098-01-01"}))
    got.append(caller.post(ticket + "note/", {"note": "?"}))
    got.append(caller.post(ticket + "contact/", {"kind": "private_message", "result": "sent"}))
    got.append(caller.post(ticket + "resolve/", {"code": "fixed", "summary": "?"}))
    if who == "agent2":
        contact = f"consultations/{world.contact}/"
        got += [caller.get(contact), caller.post(contact + "back/")]
        got.append(caller.post(contact + "escalate/", CAPTURE))
        got.append(caller.post(contact + "finish/", {"outcome": "abandoned"}))
        got.append(caller.post(contact + "chase/", {"account_id": "770001"}))
    assert {response.status_code for response in got} == {404}
    missing = caller.get("tickets/T99999999/").json()
    assert got[0].json() == missing
    assert caller.get("tickets/").json()["results"] == []


def test_a_session_works_only_with_its_csrf_token(agent: Any, questions: Any) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    browser.force_login(agent)
    assert browser.get("/api/v1/kb/questions/").status_code == 200
    body = json.dumps(START)
    refused = browser.post("/api/v1/consultations/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    sent = browser.post(
        "/api/v1/consultations/",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert sent.status_code == 201


def test_a_deactivated_person_is_out_at_once(agent: Any, as_agent: Caller, desk: None) -> None:
    assert as_agent.get("kb/questions/").status_code == 200
    agent.is_active = False
    agent.save(update_fields=["is_active"])
    assert as_agent.get("kb/questions/").status_code == 401
