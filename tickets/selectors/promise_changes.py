"""Changes of the promise: how far the open clocks have followed, and which tickets have moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Clock, PromiseChange, Ticket, TicketEvent
from tickets.models.labels import ClockKind
from tickets.rules.ticket_number import format_number


@dataclass(frozen=True, slots=True)
class MovedTicket:
    """A due instant that a change has moved; ``event`` orders the list."""

    event: int
    number: str
    kind: str
    old_due_at: datetime | None
    new_due_at: datetime | None

    @property
    def kind_label(self) -> str:
        return str(ClockKind(self.kind).label)


def all_changes() -> QuerySet[PromiseChange]:
    """Newest first, with their authors."""
    return PromiseChange.objects.select_related("author").order_by("-pk")


def change_get(change_id: int) -> PromiseChange:
    """``NotFound`` when there is none."""
    change = all_changes().filter(pk=change_id).first()
    if change is None:
        raise NotFound(_("There is no such change."))
    return change


def clocks_behind(change: PromiseChange) -> int:
    """Open clocks that have not followed a change yet."""
    return Clock.objects.filter(stopped_at=None, counted_with__lt=change.pk).count()


def moved_tickets(
    change: PromiseChange, *, user: Any, after: int = 0, most: int = 50
) -> list[MovedTicket]:
    """At most ``most`` due instants moved by a change, of tickets that ``user`` may see.

    In the order in which they moved, those after the event ``after``. The events of a change are
    found by an index of their own.
    """
    events = TicketEvent.objects.filter(
        code="sla.moved",
        new__change=change.pk,
        pk__gt=after,
        ticket__in=Ticket.objects.visible_to(user),
    ).order_by("pk")
    return list(_moved(events[:most]))


def _moved(events: Iterable[TicketEvent]) -> Iterable[MovedTicket]:
    for event in events:
        yield MovedTicket(
            event=event.pk,
            number=format_number(event.ticket_id),
            kind=event.new.get("clock", ClockKind.CONTACT.value),
            old_due_at=parse_datetime(event.old.get("due_at") or ""),
            new_due_at=parse_datetime(event.new.get("due_at") or ""),
        )
