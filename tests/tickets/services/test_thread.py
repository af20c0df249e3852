"""The whole thread on the services: from the user's words to a resolved ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.conftest import DUE, NOW
from tickets.models import Clock, Ticket
from tickets.services.claims import claim_next
from tickets.services.work import log_contact, resolve


def test_from_words_to_resolved(make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    ticket = make_ticket()
    assert (ticket.status, ticket.due_at) == ("queued", DUE)

    taken = claim_next(acting_user=advisor, now=NOW + timedelta(hours=1))
    assert taken == ticket
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="call_back",
        result="no_answer",
        now=NOW + timedelta(hours=2),
    )
    assert Clock.objects.get(ticket=ticket, kind="contact").stopped_at is None
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="private_message",
        result="sent",
        now=NOW + timedelta(hours=3),
    )
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.stopped_at, clock.breached_at) == (NOW + timedelta(hours=3), None)
    done = resolve(
        number=ticket.number,
        acting_user=advisor,
        code="refunded",
        summary="已退回 10 灵感值",
        now=NOW + timedelta(hours=4),
    )
    assert done.status == "resolved"
    assert list(ticket.events.values_list("code", flat=True)) == [
        "ticket.handed_over",
        "ticket.routed",
        "ticket.claimed",
        "ticket.contacted",
        "ticket.contacted",
        "sla.met",
        "ticket.resolved",
        "sla.met",
    ]
