"""Many tickets and many people, committed, so that every thread sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.roles import Role
from tickets.models import Clock, Ticket, TicketEvent


@pytest.fixture
def many_tickets(make_ticket: Callable[..., Ticket]) -> Callable[..., list[Ticket]]:
    """Copies of one handed-over ticket, each with an account, running clocks and its events."""

    def make(count: int, *, routed: bool = True) -> list[Ticket]:
        pattern = make_ticket(routed=routed)
        clocks = list(Clock.objects.filter(ticket=pattern))
        tickets = []
        for number in range(count - 1):
            values = {field.attname: getattr(pattern, field.attname) for field in _fields(Ticket)}
            tickets.append(Ticket(**{**values, "account_id": str(5_000_000 + number)}))
        Ticket.objects.bulk_create(tickets)
        for clock in clocks:
            times = {field.attname: getattr(clock, field.attname) for field in _fields(Clock)}
            Clock.objects.bulk_create(
                Clock(**{**times, "ticket_id": ticket.pk}) for ticket in tickets
            )
        told = pattern.events.order_by("pk")
        TicketEvent.objects.bulk_create(
            TicketEvent(ticket=ticket, code=event.code, at=event.at, old=event.old, new=event.new)
            for ticket in tickets
            for event in told
        )
        return [pattern, *tickets]

    return make


def _fields(model: Any) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


@pytest.fixture
def advisors(person: Callable[..., Any]) -> list[Any]:
    """Sixteen advisors of tier 2."""
    return [person(f"advisor-{n}", Role.ADVISOR, team="tier2") for n in range(16)]


@pytest.fixture
def agents(person: Callable[..., Any]) -> list[Any]:
    """Eight frontline agents."""
    return [person(f"agent-{n}", Role.AGENT) for n in range(8)]
