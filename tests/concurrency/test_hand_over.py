"""Handing over at the same instant: one promise per account and question, one ticket each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, NotFound
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tickets.models import Clock, Consultation, Ticket
from tickets.services.chases import chase_from_consultation
from tickets.services.claims import claim
from tickets.services.consultations import finish_consultation
from tickets.services.hand_over import HandedOver, hand_over
from tickets.services.work import log_contact, resolve

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handing_over(
    at_hand_over: Callable[..., int], capture: Callable[..., Any]
) -> Callable[..., Callable[[], HandedOver]]:
    """A hand-over that is ready to be done, of a contact of its own unless one is given."""

    def make(user: Any, *, contact: int | None = None, **changes: Any) -> Callable[[], HandedOver]:
        return partial(
            hand_over,
            consultation_id=contact or at_hand_over(user),
            acting_user=user,
            capture=capture(**changes),
            now=NOW,
        )

    return make


def test_the_second_of_two_agents_waits_for_the_first_and_is_offered_a_chase(
    handing_over: Callable[..., Any], agent: Any, agent2: Any
) -> None:
    first = handing_over(agent, account_id="700100")
    second = handing_over(agent2, account_id="700100")
    with held(first) as commit:
        waiting = in_background(second)
        wait_until_blocked()
        ticket = commit().ticket
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert refused.code == "chase_due"
    assert refused.state == {"ticket": ticket.number, "status": "new"}
    assert Ticket.objects.get() == ticket
    assert Consultation.objects.get(agent=agent2).status == "open"


def test_eight_agents_with_the_same_account_and_question_make_one_ticket(
    handing_over: Callable[..., Any], agents: list[Any]
) -> None:
    calls = [handing_over(agent, account_id="700100") for agent in agents]
    found = at_once(*calls)
    made = [each for each in found if isinstance(each, HandedOver)]
    codes = [each.code for each in found if isinstance(each, Conflict)]
    assert len(made) == 1
    assert codes == ["chase_due"] * (len(agents) - 1)
    assert Ticket.objects.get() == made[0].ticket
    assert sorted(Clock.objects.values_list("kind", flat=True)) == ["contact", "resolve"]


def test_eight_agents_with_eight_accounts_make_eight_tickets(
    handing_over: Callable[..., Any], agents: list[Any]
) -> None:
    found = at_once(*(handing_over(agent) for agent in agents))
    assert len({each.ticket.pk for each in found}) == len(agents)
    assert Clock.objects.filter(stopped_at=None).count() == 2 * len(agents)


def test_one_contact_handed_over_in_two_tabs_makes_one_ticket(
    handing_over: Callable[..., Any], at_hand_over: Callable[..., int], agent: Any
) -> None:
    contact = at_hand_over()
    # Two accounts: only the lock on the contact can tell that this is the same hand-over.
    calls = [handing_over(agent, contact=contact) for _tab in range(2)]
    with held(calls[0]) as commit:
        waiting = in_background(calls[1])
        wait_until_blocked()
        ticket = commit().ticket
        refused = outcome(waiting)
    assert isinstance(refused, Conflict)
    assert refused.state == {"status": "escalated", "ticket": ticket.number}
    assert Ticket.objects.get() == ticket


def test_a_contact_is_either_handed_over_or_given_up(
    handing_over: Callable[..., Any], at_hand_over: Callable[..., int], agent: Any
) -> None:
    contact = at_hand_over()
    found = at_once(
        handing_over(agent, contact=contact),
        partial(
            finish_consultation,
            consultation_id=contact,
            acting_user=agent,
            outcome="abandoned",
            now=NOW,
        ),
    )
    assert sum(isinstance(each, Conflict) for each in found) == 1
    handed_over = isinstance(found[0], HandedOver)
    assert Ticket.objects.exists() is handed_over
    expected = "escalated" if handed_over else "abandoned"
    assert Consultation.objects.get().status == expected


def test_a_chase_finds_no_ticket_any_more_when_it_is_being_resolved(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], agent2: Any, advisor: Any
) -> None:
    ticket = make_ticket(account_id="700100")
    number = ticket.number
    claim(number=number, acting_user=advisor, now=NOW)
    log_contact(number=number, acting_user=advisor, kind="call_back", result="reached", now=NOW)
    contact = at_hand_over(agent2)
    ending = partial(
        resolve, number=number, acting_user=advisor, code="refunded", summary="已退回", now=NOW
    )
    with held(ending) as commit:
        waiting = in_background(
            partial(
                chase_from_consultation,
                consultation_id=contact,
                acting_user=agent2,
                account_id="700100",
                note="",
                now=NOW,
            )
        )
        wait_until_blocked()
        commit()
        assert isinstance(outcome(waiting), NotFound)
    assert Ticket.objects.get(pk=ticket.pk).chase_count == 0
    assert Consultation.objects.get(pk=contact).status == "open"
