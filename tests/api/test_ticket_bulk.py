"""Many tickets at once over HTTP: a word about each row, and nothing half-understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.tickets.services.steps import fresh, resolved
from tickets.models import Ticket, TicketEvent

Make = Callable[..., Ticket]

BULK = "tickets/bulk/"
TO_SAFETY = {"team": "safety", "reason": "转"}


def test_each_row_tells_what_became_of_it(
    make_ticket: Make, as_manager: Caller, advisor: Any, advisor2: Any
) -> None:
    free, done = make_ticket(), make_ticket()
    resolved(done, advisor)
    answer = as_manager.post(
        BULK,
        {
            "action": "assign",
            "numbers": [free.number, "T99999999", done.number, "nonsense", free.number],
            "person": "advisor2",
            "reason": "请假代班",
        },
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body["changed"] == 1
    assert [(row["number"], row["ok"], row["code"]) for row in body["rows"]] == [
        (free.number, True, ""),
        ("T99999999", False, "not_found"),
        (done.number, False, "wrong_state"),
        ("nonsense", False, "not_found"),
    ]
    assert [bool(row["message"]) for row in body["rows"]] == [False, True, True, True]
    assert (fresh(free).assignee, fresh(done).assignee) == (advisor2, advisor)


def test_to_a_team_and_to_a_priority(make_ticket: Make, as_manager: Caller) -> None:
    numbers = [make_ticket().number for _n in range(3)]
    moved = as_manager.post(
        BULK,
        {
            "action": "transfer",
            "numbers": numbers,
            "team": "safety",
            "skill": "fraud",
            "reason": "归口",
        },
    )
    assert moved.json()["changed"] == 3
    raised = as_manager.post(
        BULK, {"action": "priority", "numbers": numbers, "priority": 2, "reason": "大促"}
    )
    assert raised.json()["changed"] == 3
    found = Ticket.objects.values_list("team__slug", "skill", "priority")
    assert set(found) == {("safety", "fraud", 2)}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"action": "close"}, {"action"}),
        ({"numbers": []}, {"numbers"}),
        ({"numbers": "T1"}, {"numbers"}),
        ({"numbers": [1]}, {"numbers.0"}),
        ({"numbers": ["T1"] * 501}, {"numbers"}),
        ({"reason": " "}, {"reason"}),
        ({"team": None}, {"team"}),
        ({"person": "advisor"}, {"team"}),
        ({"team": "nowhere"}, {"team"}),
        ({"priority": 1}, {"priority"}),
        ({"action": "assign"}, {"team", "person"}),
        ({"action": "assign", "team": None}, {"person"}),
        ({"action": "priority"}, {"team", "priority"}),
        ({"action": "priority", "team": None, "priority": 7}, {"priority"}),
        ({"expected_event": 1}, {"expected_event"}),
    ],
)
def test_what_cannot_be_meant_is_refused_whole(
    changes: dict[str, Any], fields: set[str], make_ticket: Make, as_manager: Caller
) -> None:
    body = {"action": "transfer", "numbers": [make_ticket().number], **TO_SAFETY}
    events = TicketEvent.objects.count()
    refused = as_manager.post(BULK, {**body, **changes})
    assert (refused.status_code, set(refused.json()["errors"])) == (400, fields)
    assert TicketEvent.objects.count() == events


def test_only_managers(make_ticket: Make, as_advisor: Caller, as_agent: Caller) -> None:
    body = {"action": "transfer", "numbers": [make_ticket().number], **TO_SAFETY}
    for caller in (as_advisor, as_agent):
        assert caller.post(BULK, body).status_code == 403
