"""People who want to hear of a ticket that is not theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket


@transaction.atomic
def watch(
    *, number: str, acting_user: Any, now: datetime, expected_event: int | None = None
) -> Ticket:
    """Be told what happens to the ticket. Twice is the same as once."""
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "watch", acting_user=acting_user, expected_event=expected_event)
    if not ticket.watchers.filter(pk=acting_user.pk).exists():
        ticket.watchers.add(acting_user)
        record(ticket=ticket, code="ticket.watched", acting_user=acting_user, now=now)
    return ticket


@transaction.atomic
def unwatch(
    *, number: str, acting_user: Any, now: datetime, expected_event: int | None = None
) -> Ticket:
    """Be told no more. Twice is the same as once."""
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "unwatch", acting_user=acting_user, expected_event=expected_event)
    if ticket.watchers.filter(pk=acting_user.pk).exists():
        ticket.watchers.remove(acting_user)
        record(ticket=ticket, code="ticket.unwatched", acting_user=acting_user, now=now)
    return ticket
