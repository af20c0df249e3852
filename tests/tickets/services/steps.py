"""Short ways to bring a ticket somewhere, for the tests of what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.returns import return_ticket
from tickets.services.waiting import wait
from tickets.services.work import log_contact, resolve

HOUR = timedelta(hours=1)
MISSING = ({"field": "account_id", "label": "", "why": "查不到这个号"},)


def taken(ticket: Ticket, user: Any, *, now: datetime = NOW) -> Ticket:
    return claim(number=ticket.number, acting_user=user, now=now)


def answered(ticket: Ticket, user: Any, *, now: datetime = NOW) -> None:
    log_contact(
        number=ticket.number, acting_user=user, kind="private_message", result="sent", now=now
    )


def resolved(ticket: Ticket, user: Any, *, now: datetime = NOW) -> Ticket:
    """Taken, answered and resolved."""
    taken(ticket, user, now=now)
    answered(ticket, user, now=now)
    return resolve(
        number=ticket.number, acting_user=user, code="refunded", summary="已退回", now=now
    )


def waiting(ticket: Ticket, user: Any, *, now: datetime = NOW) -> Ticket:
    taken(ticket, user, now=now)
    return wait(
        number=ticket.number,
        acting_user=user,
        note="等用户发截图",
        next_try_at=now + 24 * HOUR,
        now=now,
    )


def returned(ticket: Ticket, user: Any, *, now: datetime = NOW) -> Ticket:
    taken(ticket, user, now=now)
    return return_ticket(
        number=ticket.number, acting_user=user, reason="资料不全", missing=MISSING, now=now
    )


def fresh(ticket: Ticket) -> Ticket:
    """The row as it is now."""
    return Ticket.objects.get(pk=ticket.pk)


def codes(ticket: Ticket) -> list[str]:
    """The codes of the timeline, without those of the promise."""
    events = ticket.events.order_by("pk").values_list("code", flat=True)
    return [code for code in events if not code.startswith("sla.")]


def told(user: Any) -> list[str]:
    """The codes of what a person was told."""
    return list(user.notices.order_by("pk").values_list("code", flat=True))
