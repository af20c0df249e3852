"""Who has a ticket open just now, so that two people do not work against each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tickets.models import Presence, Ticket

FORGOTTEN_AFTER = timedelta(minutes=10)


def seen(*, ticket: Ticket, person: Any, is_writing: bool, now: datetime) -> None:
    """``person`` has the page of a ticket that they may see open, and writes or not.

    One statement, safe from two tabs at once. It leaves no event: being there is no history.
    """
    Presence.objects.bulk_create(
        [Presence(ticket=ticket, person=person, seen_at=now, is_writing=is_writing)],
        update_conflicts=True,
        unique_fields=["ticket", "person"],
        update_fields=["seen_at", "is_writing"],
    )


def purge_presence(*, now: datetime) -> int:
    """Forget who was there a while ago; returns how many rows went."""
    gone, _by_model = Presence.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    return gone
