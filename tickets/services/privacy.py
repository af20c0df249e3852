"""Showing masked personal data to somebody who does not work the ticket: possible, and recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from tickets.models import Ticket
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket


@transaction.atomic
def reveal(*, number: str, acting_user: Any, now: datetime) -> Ticket:
    """The ticket, whose personal data the caller may now show this once. Leaves an event."""
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "reveal", acting_user=acting_user)
    record(ticket=ticket, code="ticket.revealed", acting_user=acting_user, now=now)
    return ticket
