"""Waiting for the user and taking the work up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import HOUR, codes, fresh, taken, waiting
from tickets.models import Clock, Ticket
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact

LATER = NOW + 24 * HOUR


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    return taken(make_ticket(), advisor)


def begin(ticket: Ticket, user: Any, **changes: Any) -> Ticket:
    values: dict[str, Any] = {"note": "等截图", "next_try_at": LATER, "now": NOW, **changes}
    return wait(number=ticket.number, acting_user=user, **values)


def test_a_ticket_waits_and_goes_on(ticket: Ticket, advisor: Any) -> None:
    begin(ticket, advisor, note=" 等截图 ")
    row = fresh(ticket)
    assert (row.status, row.assignee, row.next_try_at) == ("waiting", advisor, LATER)
    event = ticket.events.get(code="ticket.waiting")
    assert (event.note, event.old) == ("等截图", {"status": "assigned"})
    resume(number=ticket.number, acting_user=advisor, now=LATER, note="截图来了")
    row = fresh(ticket)
    assert (row.status, row.assignee, row.next_try_at) == ("assigned", advisor, None)
    assert ticket.events.get(code="ticket.resumed").note == "截图来了"


def test_the_solution_waits_and_the_promise_does_not(ticket: Ticket, advisor: Any) -> None:
    solution = Clock.objects.get(ticket=ticket, kind="resolve").due_at
    begin(ticket, advisor)
    assert Clock.objects.get(ticket=ticket, kind="resolve").paused_since == NOW
    resume(number=ticket.number, acting_user=advisor, now=LATER)
    assert Clock.objects.get(ticket=ticket, kind="resolve").due_at > solution
    assert fresh(ticket).due_at == DUE


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"note": "  "}, "note"),
        ({"note": "长" * 5_001}, "note"),
        ({"next_try_at": None}, "next_try_at"),
        ({"next_try_at": NOW}, "next_try_at"),
    ],
)
def test_waiting_needs_a_note_and_a_time_to_look_again(
    changes: dict[str, Any], field: str, ticket: Ticket, advisor: Any
) -> None:
    with pytest.raises(Invalid) as wrong:
        begin(ticket, advisor, **changes)
    assert list(wrong.value.fields) == [field]
    assert fresh(ticket).status == "assigned"


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("advisor2", NotAllowed),
        ("manager", NotAllowed),
        ("agent", NotAllowed),
        ("other_advisor", NotFound),
    ],
)
def test_only_the_assignee_lets_a_ticket_wait(
    who: str, error: type[Exception], request: pytest.FixtureRequest, ticket: Ticket
) -> None:
    with pytest.raises(error):
        begin(ticket, request.getfixturevalue(who))


def test_a_manager_takes_up_the_work_of_others_and_a_colleague_does_not(
    ticket: Ticket, advisor: Any, advisor2: Any, manager: Any
) -> None:
    begin(ticket, advisor)
    with pytest.raises(NotAllowed):
        resume(number=ticket.number, acting_user=advisor2, now=LATER)
    assert resume(number=ticket.number, acting_user=manager, now=LATER).assignee == advisor


def test_what_waits_cannot_wait_again_and_what_does_not_cannot_be_taken_up(
    ticket: Ticket, advisor: Any
) -> None:
    with pytest.raises(Conflict):
        resume(number=ticket.number, acting_user=advisor, now=NOW)
    begin(ticket, advisor)
    with pytest.raises(Conflict) as twice:
        begin(ticket, advisor)
    assert twice.value.state["status"] == "waiting"


@pytest.mark.parametrize(("again", "status"), [(True, "assigned"), (False, "waiting")])
def test_a_contact_takes_the_work_up_again_only_when_asked_to(
    again: bool, status: str, make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    waiting(ticket, advisor)
    plan: datetime = NOW + 5 * HOUR
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="call_back",
        result="reached",
        next_try_at=plan,
        resume=again,
        now=NOW + HOUR,
    )
    row = fresh(ticket)
    assert (row.status, row.next_try_at) == (status, plan)
    assert ("ticket.resumed" in codes(ticket)) is again


def test_taking_up_with_a_contact_what_does_not_wait_changes_nothing(
    ticket: Ticket, advisor: Any
) -> None:
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="call_back",
        result="no_answer",
        resume=True,
        now=NOW,
    )
    assert codes(ticket)[-1] == "ticket.contacted"
