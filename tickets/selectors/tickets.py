"""Reading tickets: single ones, the queue, an account's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Consultation, ContactAttempt, Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import parse_number

HISTORY_LENGTH = 20


def ticket_get_for(*, user: Any, number: str) -> Ticket:
    """One ticket with everything its page shows, or ``NotFound`` when ``user`` may not see it.

    Prefetched: events with actors, contacts, clocks with policies.
    """
    ticket_id = parse_number(number)
    ticket = None
    if ticket_id is not None:
        ticket = (
            Ticket.objects.visible_to(user)
            .filter(pk=ticket_id)
            .select_related("question__category", "team", "assignee", "handed_over_by")
            .prefetch_related(
                Prefetch("events", queryset=TicketEvent.objects.select_related("actor")),
                Prefetch("contacts", queryset=ContactAttempt.objects.select_related("by")),
                "clocks__policy",
            )
            .first()
        )
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


def tickets_for(*, user: Any) -> TicketQuerySet:
    """All tickets that ``user`` may see, with what a list shows, in queue order."""
    return (
        Ticket.objects.visible_to(user)
        .select_related("question", "team", "assignee")
        .defer("transcript", "extra", "problem", "demand", "resolution_summary")
        .in_queue_order()
    )


def queue_for(*, user: Any) -> TicketQuerySet:
    """Waiting to be taken."""
    return tickets_for(user=user).filter(status=Status.QUEUED)


def mine_for(*, user: Any) -> TicketQuerySet:
    """Open tickets assigned to ``user``."""
    return tickets_for(user=user).open().filter(assignee=user)


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One line of an account's history; it holds no personal data."""

    at: datetime
    question: str
    status: str
    status_label: str
    ticket_number: str
    ticket_status_label: str


def account_history(
    *, account_id: str, before_ticket: Ticket | None = None
) -> list[EarlierContact]:
    """The latest contacts of an account, newest first, without the present ticket's own.

    The caller has the account ID from a ticket or contact that they may see.
    """
    if not account_id:
        return []
    contacts: QuerySet[Consultation] = Consultation.objects.filter(account_id=account_id)
    if before_ticket is not None:
        contacts = contacts.exclude(ticket=before_ticket, status="escalated")
    rows = contacts.select_related("question", "ticket").order_by("-started_at")[:HISTORY_LENGTH]
    return [
        EarlierContact(
            at=row.started_at,
            question=row.question.title if row.question else "",
            status=row.status,
            status_label=str(row.get_status_display()),
            ticket_number=row.ticket.number if row.ticket else "",
            ticket_status_label=str(row.ticket.get_status_display()) if row.ticket else "",
        )
        for row in rows
    ]
