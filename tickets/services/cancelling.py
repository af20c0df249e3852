"""Ending a ticket that nobody needs an answer to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.services.clocks import drop_clocks
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.telling import tell_cancelled
from tickets.services.text import check_reason


@transaction.atomic
def cancel(
    *,
    number: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """End an open ticket without an answer. Its clocks stop, neither kept nor broken."""
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    if errors:
        raise Invalid(_("The ticket was not cancelled."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "cancel", acting_user=acting_user, expected_event=expected_event)
    old = ticket.status
    ticket.status = Status.CANCELLED
    ticket.ended_at = now
    ticket.next_try_at = None
    ticket.save(update_fields=["status", "ended_at", "next_try_at"])
    record(
        ticket=ticket,
        code="ticket.cancelled",
        acting_user=acting_user,
        now=now,
        old={"status": old},
        new={"status": Status.CANCELLED},
        note=clean,
    )
    drop_clocks(ticket=ticket, now=now)
    tell_cancelled(ticket=ticket, acting_user=acting_user, now=now)
    return ticket
