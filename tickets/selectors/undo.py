"""Whether somebody can still take back what they did to a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from tickets.models import Ticket, Undo


def undo_offer_of(ticket: Ticket, *, user: Any, now: datetime) -> Undo | None:
    """What ``user`` may take back, as far as the ticket as it was read tells; the service asks
    the database's clock and whether anything has happened since.

    No query for a ticket that ``ticket_get_for`` has read.
    """
    if getattr(ticket, "archived_at", None) is not None:
        return None
    offer: Undo | None = getattr(ticket, "undo", None)
    if offer is None or offer.actor_id != user.pk or offer.until <= now:
        return None
    last = getattr(ticket, "last_event", offer.event_id)
    return offer if last == offer.event_id else None


def standing_offers() -> Exists:
    """Of a ticket that somebody may still take back: the desk itself leaves it alone so long."""
    return Exists(Undo.objects.filter(ticket=OuterRef("pk"), until__gt=Now()))
