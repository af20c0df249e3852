"""Routing: by message, by sweep, by rule, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kb.models import Flow
from klingdesk.core.errors import Conflict
from tests.conftest import NOW
from tickets.models import RoutingRule, Team, Ticket, TicketEvent
from tickets.services.routing import (
    SWEEP_AFTER,
    reroute_chased,
    route_tickets,
    sweep_new_tickets,
)

LATER = NOW + SWEEP_AFTER


def test_without_a_rule_the_default_team_gets_it(make_ticket: Callable[..., Ticket]) -> None:
    ticket = make_ticket()
    assert (ticket.status, ticket.routed_at) == ("queued", NOW)
    assert ticket.team is not None
    assert ticket.team.slug == "tier2"
    event = TicketEvent.objects.get(code="ticket.routed")
    assert event.new == {
        "status": "queued",
        "team": "tier2",
        "skill": "",
        "reason": "default",
        "rule": None,
    }


def test_the_first_matching_rule_decides_team_and_priority(
    make_ticket: Callable[..., Ticket], questions: Any
) -> None:
    billing = Team.objects.create(slug="billing", name="账务组")
    RoutingRule.objects.create(
        order=20, category=questions["price"].category, team=billing, priority=1
    )
    RoutingRule.objects.create(
        order=30, question=questions["twice-charged"], team=billing, priority=2
    )
    ticket = make_ticket()
    assert (ticket.team, ticket.priority) == (billing, 1)
    assert TicketEvent.objects.get(code="ticket.routed").new["rule"] == 20


def test_without_a_rule_the_managers_are_told_once_a_day_for_each_question(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    for _number in range(3):
        make_ticket()
    assert [notice.code for notice in manager.notices.all()] == ["tickets.unrouted"]
    make_ticket(now=NOW + timedelta(days=1))
    assert manager.notices.count() == 2


@pytest.mark.parametrize(
    ("condition", "moves"),
    [
        ({"flow_key": "twice"}, True),
        ({"queue": "billing"}, True),
        ({"queue": "elsewhere"}, False),
        ({"chased": False}, True),
        ({"chased": True}, False),
        ({"api_customer": False}, True),
        ({"api_customer": True}, False),
    ],
)
def test_each_condition_of_a_rule_is_asked(
    condition: dict[str, Any], moves: bool, make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket(routed=False)
    ticket.transcript["queue"] = "billing"
    ticket.save()
    billing = Team.objects.create(slug="billing", name="账务组")
    flow = condition.pop("flow_key", None)
    if flow:
        condition["flow"] = Flow.objects.get(key=flow)
    RoutingRule.objects.create(order=20, team=billing, skill="refund", **condition)
    route_tickets(ticket_ids=[ticket.pk], now=NOW)
    ticket.refresh_from_db()
    assert ((ticket.team, ticket.skill) == (billing, "refund")) is moves


def test_a_chase_moves_a_waiting_ticket_where_a_rule_about_chases_wants_it(
    make_ticket: Callable[..., Ticket], agent: Any
) -> None:
    care = Team.objects.create(slug="care", name="催单组")
    RoutingRule.objects.create(order=5, chased=True, team=care, priority=1)
    ticket = make_ticket()
    assert ticket.team is not None
    assert ticket.team.slug == "tier2"
    Ticket.objects.filter(pk=ticket.pk).update(chase_count=1)
    ticket.refresh_from_db()
    assert reroute_chased(ticket=ticket, now=NOW)
    ticket.refresh_from_db()
    assert (ticket.team, ticket.priority) == (care, 1)
    assert TicketEvent.objects.get(code="ticket.rerouted").old["team"] == "tier2"
    assert not reroute_chased(ticket=ticket, now=NOW), "it is there already"


def test_a_message_that_comes_twice_routes_once(make_ticket: Callable[..., Ticket]) -> None:
    ticket = make_ticket(routed=False)
    assert route_tickets(ticket_ids=[ticket.pk], now=NOW)
    assert not route_tickets(ticket_ids=[ticket.pk], now=NOW)
    assert TicketEvent.objects.filter(code="ticket.routed").count() == 1


def test_a_message_about_no_ticket_does_nothing(desk: None) -> None:
    assert not route_tickets(ticket_ids=[999_999], now=NOW)


def test_the_sweep_routes_what_no_message_reached(make_ticket: Callable[..., Ticket]) -> None:
    for _number in range(5):
        make_ticket(routed=False)
    assert sweep_new_tickets(now=NOW) == 0, "their messages are still on the way"
    assert sweep_new_tickets(now=LATER, batch=2) == 5
    assert sweep_new_tickets(now=LATER) == 0
    assert not Ticket.objects.filter(status="new").exists()
    assert TicketEvent.objects.filter(code="ticket.routed").count() == 5


def test_a_desk_without_default_team_says_so(make_ticket: Callable[..., Ticket]) -> None:
    ticket = make_ticket(routed=False)
    Team.objects.update(is_default=False)
    with pytest.raises(Conflict) as no_team:
        route_tickets(ticket_ids=[ticket.pk], now=NOW + timedelta(minutes=1))
    assert no_team.value.code == "no_team"
    ticket.refresh_from_db()
    assert ticket.status == "new"
