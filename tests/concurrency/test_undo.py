"""Taking back and going on at the same instant: one of them wins, and the other learns it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.claims import claim, claim_next, release
from tickets.services.notes import add_note
from tickets.services.undo import undo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def released(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    release(number=ticket.number, acting_user=advisor, now=NOW)
    return ticket


def state(ticket: Ticket) -> tuple[str, str]:
    row = Ticket.objects.select_related("assignee").get(pk=ticket.pk)
    return row.status, row.assignee.get_username() if row.assignee else ""


@pytest.mark.parametrize("turn", range(6))
def test_undo_against_claim(released: Ticket, advisor: Any, advisor2: Any, turn: int) -> None:
    who: dict[str, Any] = {"number": released.number, "now": NOW}
    undone, claimed = at_once(
        lambda: undo(acting_user=advisor, **who), lambda: claim(acting_user=advisor2, **who)
    )
    if isinstance(undone, Ticket):
        assert isinstance(claimed, Conflict)
        assert claimed.code == "wrong_state"
        assert state(released) == ("assigned", "advisor")
    else:
        assert isinstance(undone, Conflict)
        assert undone.code == "too_late"
        assert "advisor2" in str(undone.message)
        assert isinstance(claimed, Ticket)
        assert state(released) == ("assigned", "advisor2")


def test_undo_waits_for_a_claim_that_was_first(
    released: Ticket, advisor: Any, advisor2: Any
) -> None:
    who: dict[str, Any] = {"number": released.number, "now": NOW}
    with held(lambda: claim(acting_user=advisor2, **who)) as commit:
        undoing = in_background(lambda: undo(acting_user=advisor, **who))
        wait_until_blocked(1)
        commit()
        refused = outcome(undoing)
    assert isinstance(refused, Conflict)
    assert refused.code == "too_late"
    assert state(released) == ("assigned", "advisor2")


def test_whoever_takes_the_next_one_passes_over_what_is_being_taken_back(
    released: Ticket, advisor: Any, advisor2: Any
) -> None:
    with held(lambda: undo(number=released.number, acting_user=advisor, now=NOW)) as commit:
        assert outcome(in_background(lambda: claim_next(acting_user=advisor2, now=NOW))) is None
        assert isinstance(commit(), Ticket)
    assert state(released) == ("assigned", "advisor")


def test_twice_at_once_is_once(make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    ticket = make_ticket()
    add_note(number=ticket.number, acting_user=advisor, note="写错了", now=NOW)
    done = at_once(*[lambda: undo(number=ticket.number, acting_user=advisor, now=NOW)] * 4)
    assert sum(isinstance(each, Ticket) for each in done) == 1
    refused = [each for each in done if not isinstance(each, Ticket)]
    assert {each.code for each in refused} == {"nothing_to_undo"}
    assert ticket.events.filter(code="ticket.note_withdrawn").count() == 1
