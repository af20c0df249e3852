"""Writing the timeline; called inside the transaction of the change it records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tickets.models import Ticket, TicketEvent


def record(
    *,
    ticket: Ticket,
    code: str,
    acting_user: Any | None,
    now: datetime,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    note: str = "",
) -> TicketEvent:
    """Add an event. ``acting_user`` None means the system did it."""
    return TicketEvent.objects.create(
        ticket=ticket,
        code=code,
        actor=acting_user,
        at=now,
        old=old or {},
        new=new or {},
        note=note,
    )
