"""Taking back over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tickets.models import Ticket


@pytest.fixture
def path(make_ticket: Callable[..., Ticket], as_advisor: Caller) -> str:
    found = f"tickets/{make_ticket().number}/"
    assert as_advisor.post(found + "claim/").status_code == 200
    return found


def body(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_note_is_withdrawn(path: str, as_advisor: Caller) -> None:
    noted = body(as_advisor.post(path + "note/", {"note": "写错工单了"}))
    assert noted["undo"]["event"] == noted["last_event"]
    assert "undo" in noted["allowed_actions"]
    after = body(as_advisor.post(path + "undo/", {"event": noted["last_event"]}))
    note, withdrawn = after["events"][-2:]
    assert (note["code"], note["note"], note["undone"]) == ("ticket.noted", "", True)
    assert (withdrawn["code"], withdrawn["new"]) == (
        "ticket.note_withdrawn",
        {"undoes": [note["id"]]},
    )
    assert after["undo"] is None
    assert "undo" not in after["allowed_actions"]
    assert "写错" not in str(after)


def test_a_release_is_taken_back(path: str, as_advisor: Caller) -> None:
    before = body(as_advisor.get(path))
    released = body(as_advisor.post(path + "release/"))
    assert released["status"] == "queued"
    after = body(as_advisor.post(path + "undo/"))
    for name in ("status", "assignee", "claimed_at", "team", "skill", "due_at", "clocks"):
        assert after[name] == before[name], name


def test_a_transfer_out_of_sight_is_taken_back(path: str, as_advisor: Caller) -> None:
    gone = as_advisor.post(path + "transfer/", {"team": "safety", "reason": "转"})
    assert gone.status_code == 204
    assert as_advisor.get(path).status_code == 404
    assert body(as_advisor.post(path + "undo/"))["assignee"] == "advisor"


def test_refusals(path: str, as_advisor: Caller, as_manager: Caller) -> None:
    nothing = as_advisor.post(path + "undo/", {})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_to_undo")
    noted = body(as_advisor.post(path + "note/", {"note": "好"}))
    assert as_manager.post(path + "undo/").json()["code"] == "nothing_to_undo"
    body(as_manager.post(path + "priority/", {"priority": 2, "reason": "急"}))
    late = as_advisor.post(path + "undo/", {"event": noted["last_event"]})
    assert (late.status_code, late.json()["code"]) == (409, "too_late")
    assert late.json()["state"]["changed"]
    assert as_advisor.post(path + "undo/", {"event": 0}).status_code == 400
    assert as_advisor.post(path + "undo/", {"events": 1}).status_code == 400
