"""Who else has a ticket open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Presence, Ticket, TicketEvent
from tickets.rules.ticket_number import parse_number
from tickets.selectors.people import name_of

HERE_FOR = timedelta(seconds=30)
"""A page reports more often than that; whoever has not been heard of since has left."""


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody who has the ticket open."""

    username: str
    name: str
    is_writing: bool


def others_here(*, ticket: Ticket, person: Any, now: datetime) -> list[Here]:
    """Everybody but ``person`` who has the ticket open, those who write first; one query."""
    rows = (
        Presence.objects.filter(ticket=ticket, seen_at__gte=now - HERE_FOR)
        .exclude(person=person)
        .select_related("person")
        .order_by("-is_writing", "person__username")
    )
    return [Here(row.person.get_username(), name_of(row.person), row.is_writing) for row in rows]


def ticket_open_to(*, user: Any, number: str) -> Ticket:
    """The bare row of a ticket that ``user`` may see, else ``NotFound``; one query."""
    pk = parse_number(number)
    found = Ticket.objects.visible_to(user).only("pk", "team").filter(pk=pk).first() if pk else None
    if found is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return found


def news_since(*, ticket: Ticket, person: Any, event: int) -> TicketEvent | None:
    """The last event after ``event`` that somebody other than ``person`` has left; one query."""
    rows = TicketEvent.objects.filter(ticket=ticket, pk__gt=event).exclude(actor=person)
    return rows.select_related("actor").order_by("-pk").first()
