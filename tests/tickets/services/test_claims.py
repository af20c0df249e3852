"""Taking and giving back tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, NotAllowed, NotFound
from tests.conftest import NOW
from tickets.models import AdvisorProfile, Clock, Ticket
from tickets.services.claims import claim, claim_next, release
from tickets.services.work import log_contact


def test_the_next_ticket_is_the_one_due_first_then_the_more_urgent(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    late = make_ticket(now=NOW + timedelta(days=1))
    plain = make_ticket()
    urgent = make_ticket()
    Ticket.objects.filter(pk=urgent.pk).update(priority=2)
    taken = [claim_next(acting_user=advisor, now=NOW) for _n in range(4)]
    assert taken == [urgent, plain, late, None]


def test_only_the_own_teams_tickets_are_taken(
    make_ticket: Callable[..., Ticket], other_advisor: Any
) -> None:
    ticket = make_ticket()
    assert claim_next(acting_user=other_advisor, now=NOW) is None
    with pytest.raises(NotFound):
        claim(number=ticket.number, acting_user=other_advisor, now=NOW)
    with pytest.raises(NotFound):
        claim_next(acting_user=other_advisor, now=NOW, team_slug="tier2")


@pytest.mark.parametrize("who", ["agent", "editor", "stranger"])
def test_only_tier_two_takes_tickets(
    who: str, request: pytest.FixtureRequest, make_ticket: Callable[..., Ticket]
) -> None:
    make_ticket()
    with pytest.raises(NotAllowed):
        claim_next(acting_user=request.getfixturevalue(who), now=NOW)


def test_the_second_of_two_learns_what_the_ticket_is_now(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    with pytest.raises(Conflict) as slower:
        claim(number=ticket.number, acting_user=advisor2, now=NOW)
    assert slower.value.state["status"] == "assigned"


def test_a_released_ticket_waits_again_and_its_clock_goes_on(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    with pytest.raises(NotAllowed):
        release(number=ticket.number, acting_user=advisor2, now=NOW)
    back = release(number=ticket.number, acting_user=advisor, now=NOW, note="午休")
    assert (back.status, back.assignee) == ("queued", None)
    assert Clock.objects.get(ticket=ticket, kind="contact").stopped_at is None
    assert claim_next(acting_user=advisor2, now=NOW) == ticket


def test_a_manager_releases_for_others(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    release(number=ticket.number, acting_user=manager, now=NOW)
    assert ticket.events.filter(code="ticket.released", actor=manager).exists()


@pytest.mark.parametrize("number", ["", "T", "T0", "abc", "T99999999999999999999", "T00000404"])
def test_a_number_that_is_no_ticket_is_not_found(number: str, advisor: Any) -> None:
    with pytest.raises(NotFound):
        claim(number=number, acting_user=advisor, now=NOW)


def test_users_without_an_answer_come_before_promises_already_kept(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    answered = make_ticket()
    claim(number=answered.number, acting_user=advisor, now=NOW)
    log_contact(
        number=answered.number, acting_user=advisor, kind="private_message", result="sent", now=NOW
    )
    release(number=answered.number, acting_user=advisor, now=NOW)
    waiting = make_ticket(now=NOW + timedelta(days=2))
    taken = [claim_next(acting_user=advisor2, now=NOW) for _n in range(2)]
    assert taken == [waiting, answered]


def test_managers_take_no_tickets(make_ticket: Callable[..., Ticket], manager: Any) -> None:
    ticket = make_ticket()
    with pytest.raises(NotAllowed):
        claim_next(acting_user=manager, now=NOW)
    with pytest.raises(NotAllowed):
        claim(number=ticket.number, acting_user=manager, now=NOW)


def test_the_next_ticket_asks_for_no_skill_that_one_does_not_have(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    skilled, plain = make_ticket(), make_ticket()
    Ticket.objects.filter(pk=skilled.pk).update(skill="refunds")
    AdvisorProfile.objects.create(person=advisor2, skills=["refunds", "video"])
    taken = [claim_next(acting_user=advisor, now=NOW) for _n in range(2)]
    assert taken == [plain, None]
    assert claim_next(acting_user=advisor2, now=NOW) == skilled


def test_whoever_chooses_a_ticket_needs_no_skill_for_it(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(skill="refunds")
    assert claim(number=ticket.number, acting_user=advisor, now=NOW).assignee == advisor
