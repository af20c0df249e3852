"""``?fields=``: parts of an answer, on lists and on single objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tickets.models import Ticket


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ("status,due_at", {"number", "status", "due_at"}),
        ("number", {"number"}),
        (" status , due_at", {"number", "status", "due_at"}),
        ("status,status", {"number", "status"}),
        ("account_id,masked", {"number", "account_id", "masked"}),
    ],
)
def test_only_what_is_asked_for(
    fields: str, got: set[str], make_ticket: Callable[..., Ticket], as_agent: Caller
) -> None:
    number = make_ticket().number
    row = as_agent.get("tickets/", fields=fields).json()["results"][0]
    assert set(row) == got
    assert row["number"] == number
    assert set(as_agent.get(f"tickets/{number}/", fields=fields).json()) == got


def test_masks_stay_on(make_ticket: Callable[..., Ticket], as_manager: Caller) -> None:
    number = make_ticket().number
    part = as_manager.get(f"tickets/{number}/", fields="account_id,problem,transcript").json()
    assert "880001" not in str(part)


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        ("tickets/", "events"),  # of the single ticket alone
        ("tickets/", "password"),
        ("tickets/{number}/", "number,nothing"),
        ("kb/questions/", "internal_note"),
        ("kb/questions/twice-charged/", "x"),
        ("tickets/", ","),
        ("tickets/", "x" * 3000),
        ("tickets/", "Status"),
        ("tickets/", "team.slug"),
    ],
)
def test_unknown_names_are_refused(
    path: str, unknown: str, make_ticket: Callable[..., Ticket], as_agent: Caller
) -> None:
    response = as_agent.get(path.format(number=make_ticket().number), fields=unknown)
    assert (response.status_code, set(response.json()["errors"])) == (400, {"fields"})
    assert len(response.content) < 2_000


def test_pages_keep_the_fields(make_ticket: Callable[..., Ticket], as_agent: Caller) -> None:
    for _ in range(2):
        make_ticket()
    page = as_agent.get("tickets/", fields="status", limit=1).json()
    assert "fields=status" in page["next"]
    following = as_agent.client.get(page["next"])
    assert set(following.json()["results"][0]) == {"number", "status"}


def test_questions_and_contacts_have_parts(questions: Any, as_agent: Caller) -> None:
    rows = as_agent.get("kb/questions/", fields="title").json()["results"]
    assert set(rows[0]) == {"key", "title"}
    one = as_agent.get("kb/questions/twice-charged/", fields="script,internal_note").json()
    assert set(one) == {"key", "script", "internal_note"}
    start = {"channel": "chat", "utterance": "扣了两次", "question": "twice-charged"}
    contact = as_agent.post("consultations/", start).json()["id"]
    part = as_agent.get(f"consultations/{contact}/", fields="status,node").json()
    assert set(part) == {"id", "status", "node"}


def test_details_refuse_other_parameters(questions: Any, as_agent: Caller) -> None:
    refused = as_agent.get("kb/questions/twice-charged/", field="script")
    assert (refused.status_code, set(refused.json()["errors"])) == (400, {"field"})
