"""Sixteen advisors at one queue: nobody gets what somebody else has, and nothing is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tickets.models import Ticket, TicketEvent
from tickets.services.claims import claim, claim_next, release

pytestmark = pytest.mark.django_db(transaction=True)


def take_all(advisor: Any) -> list[int]:
    """Take tickets until the queue is empty; their ids."""
    taken = []
    while (ticket := claim_next(acting_user=advisor, now=NOW)) is not None:
        taken.append(ticket.pk)
    return taken


def test_two_hundred_tickets_are_taken_once_each_and_none_is_left(
    many_tickets: Callable[..., list[Ticket]], advisors: list[Any]
) -> None:
    tickets = many_tickets(200)
    hands = at_once(*(partial(take_all, advisor) for advisor in advisors))

    taken = [pk for hand in hands for pk in hand]
    assert sorted(taken) == sorted(ticket.pk for ticket in tickets)
    assert not Ticket.objects.filter(status="queued").exists()
    claims = TicketEvent.objects.filter(code="ticket.claimed")
    assert Counter(claims.values_list("ticket", flat=True)) == Counter(taken)
    for advisor, hand in zip(advisors, hands, strict=True):
        mine = Ticket.objects.filter(assignee=advisor, status="assigned")
        assert sorted(mine.values_list("pk", flat=True)) == sorted(hand)
        assert claims.filter(actor=advisor).count() == len(hand)


def test_a_ticket_that_somebody_is_taking_is_skipped_and_not_waited_for(
    many_tickets: Callable[..., list[Ticket]], advisors: list[Any]
) -> None:
    first, second = many_tickets(2)
    with held(partial(claim_next, acting_user=advisors[0], now=NOW)) as commit:
        mine = outcome(in_background(partial(claim_next, acting_user=advisors[1], now=NOW)))
        nothing = outcome(in_background(partial(claim_next, acting_user=advisors[2], now=NOW)))
        assert (mine, nothing) == (second, None)
        assert commit() == first


def test_of_many_who_click_on_one_ticket_one_gets_it_and_the_others_learn_why(
    make_ticket: Callable[..., Ticket], advisors: list[Any]
) -> None:
    ticket = make_ticket()
    found = at_once(
        *(partial(claim, number=ticket.number, acting_user=each, now=NOW) for each in advisors)
    )
    winners = [each for each in found if isinstance(each, Ticket)]
    losers = [each for each in found if isinstance(each, Conflict)]
    assert (len(winners), len(losers)) == (1, len(advisors) - 1)
    assert {loser.state["status"] for loser in losers} == {"assigned"}
    assert ticket.events.filter(code="ticket.claimed").count() == 1


def test_a_ticket_that_is_given_back_at_this_moment_can_be_taken_as_soon_as_it_is(
    make_ticket: Callable[..., Ticket], advisors: list[Any]
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisors[0], now=NOW)
    give_back = partial(release, number=ticket.number, acting_user=advisors[0], now=NOW)
    with held(give_back) as commit:
        take = partial(claim, number=ticket.number, acting_user=advisors[1], now=NOW)
        waiting = in_background(take)
        wait_until_blocked()
        commit()
        assert outcome(waiting).assignee == advisors[1]
