"""Saves that were written on an older picture of the ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid
from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, MISSING, answered, fresh, returned, taken
from tickets.models import Ticket
from tickets.selectors.tickets import last_event_id, ticket_get_for
from tickets.services.chases import chase
from tickets.services.claims import claim, release
from tickets.services.completing import Corrections, complete
from tickets.services.notes import add_note
from tickets.services.returns import return_ticket
from tickets.services.transfers import transfer
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact, resolve

WRITES: dict[str, Callable[..., object]] = {
    "note": lambda **who: add_note(note="写了很久", **who),
    "resolve": lambda **who: resolve(code="fixed", summary="好", **who),
    "wait": lambda **who: wait(note="等截图", next_try_at=NOW + 24 * HOUR, **who),
    "return": lambda **who: return_ticket(reason="缺", missing=MISSING, **who),
    "contact": lambda **who: log_contact(kind="call_back", result="reached", **who),
    "transfer": lambda **who: transfer(team="safety", reason="转", **who),
}


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    made = taken(make_ticket(), advisor)
    answered(made, advisor)
    return made


@pytest.mark.parametrize("write", WRITES)
def test_a_change_of_hands_in_between_refuses_the_save(
    write: str, ticket: Ticket, advisor: Any, advisor2: Any
) -> None:
    seen = last_event_id(ticket_get_for(user=advisor, number=ticket.number))
    release(number=ticket.number, acting_user=advisor, now=NOW + HOUR)
    claim(number=ticket.number, acting_user=advisor2, now=NOW + HOUR)
    before = list(ticket.events.values_list("pk", flat=True))
    with pytest.raises(Conflict) as stale:
        WRITES[write](
            number=ticket.number, acting_user=advisor, now=NOW + 2 * HOUR, expected_event=seen
        )
    assert stale.value.code == "stale"
    assert stale.value.state == {
        "ticket": ticket.number,
        "status": "assigned",
        "assignee": "advisor2",
        "last_event": before[-1],
        "changed": {
            "code": "ticket.claimed",
            "by": "advisor2",
            "at": (NOW + HOUR).isoformat(),
        },
    }
    assert list(ticket.events.values_list("pk", flat=True)) == before


@pytest.mark.parametrize("write", WRITES)
def test_there_and_back_again_is_a_change_too(write: str, ticket: Ticket, advisor: Any) -> None:
    seen = last_event_id(ticket)
    wait(
        number=ticket.number,
        acting_user=advisor,
        note="等",
        next_try_at=NOW + 24 * HOUR,
        now=NOW,
    )
    resume(number=ticket.number, acting_user=advisor, now=NOW)
    who: dict[str, Any] = {"number": ticket.number, "acting_user": advisor, "now": NOW}
    with pytest.raises(Conflict) as stale:
        WRITES[write](**who, expected_event=seen)
    now_seen = stale.value.state["last_event"]
    WRITES[write](**who, expected_event=now_seen)


@pytest.mark.parametrize("write", WRITES)
def test_notes_chases_and_contacts_in_between_refuse_nothing(
    write: str, ticket: Ticket, advisor: Any, agent: Any
) -> None:
    seen = last_event_id(ticket)
    add_note(number=ticket.number, acting_user=agent, note="用户补充", now=NOW)
    chase(number=ticket.number, acting_user=agent, note="", now=NOW)
    answered(ticket, advisor)
    WRITES[write](number=ticket.number, acting_user=advisor, now=NOW, expected_event=seen)


def test_completing_too(make_ticket: Callable[..., Ticket], advisor: Any, agent: Any) -> None:
    ticket = returned(make_ticket(), advisor)
    who: dict[str, Any] = {"number": ticket.number, "now": NOW, "acting_user": agent}
    seen = last_event_id(ticket)
    complete(**who, corrections=Corrections(), note="一")
    returned(ticket, advisor)
    with pytest.raises(Conflict) as stale:
        complete(**who, corrections=Corrections(), note="二", expected_event=seen)
    assert stale.value.code == "stale"
    assert fresh(ticket).status == "returned"


@pytest.mark.parametrize("expected", [0, -1, 10**30, "another ticket's"])
def test_an_event_that_is_none_of_the_tickets(
    expected: Any, ticket: Ticket, advisor: Any, make_ticket: Callable[..., Ticket]
) -> None:
    if isinstance(expected, str):
        expected = last_event_id(make_ticket())
    with pytest.raises(Invalid) as wrong:
        add_note(
            number=ticket.number,
            acting_user=advisor,
            note="好",
            now=NOW,
            expected_event=expected,
        )
    assert list(wrong.value.fields) == ["expected_event"]


def test_an_action_that_does_not_fit_any_more_tells_the_same(
    ticket: Ticket, advisor: Any, manager: Any
) -> None:
    release(number=ticket.number, acting_user=manager, now=NOW)
    with pytest.raises(Conflict) as late:
        resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好", now=NOW)
    assert late.value.code == "wrong_state"
    assert late.value.state["changed"]["by"] == "manager"
    assert late.value.state["allowed_from"] == ["assigned"]
