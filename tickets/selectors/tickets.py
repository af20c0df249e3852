"""Reading tickets: single ones, the queue, an account's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext_lazy as _

from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.errors import NotFound
from tickets.models import Clock, Consultation, ContactAttempt, Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.querysets import TicketQuerySet
from tickets.rules.reopening import may_reopen
from tickets.rules.ticket_number import format_number, parse_number

HISTORY_LENGTH = 20
NO_SUCH_TICKET = _("There is no such ticket, or you may not see it.")

_LAST_EVENT = TicketEvent.objects.filter(ticket=OuterRef("pk")).order_by("-pk").values("pk")[:1]
_WATCHES = Ticket.watchers.through.objects.filter(ticket=OuterRef("pk"))


def ticket_get_for(*, user: Any, number: str) -> Ticket:
    """One ticket with everything its page shows, or ``NotFound`` when ``user`` may not see it.

    Prefetched: events with actors, contacts, clocks with policies, watchers. ``last_event_id``
    gives the event up to which the row tells the state, ``access.is_watching`` needs no query.
    """
    ticket_id = parse_number(number)
    ticket = None
    if ticket_id is not None:
        ticket = (
            Ticket.objects.visible_to(user)
            .filter(pk=ticket_id)
            .annotate(
                last_event=Subquery(_LAST_EVENT),
                read_for=Value(user.pk),
                is_watched=Exists(_WATCHES.filter(user=user)),
            )
            .select_related("question__category", "team", "assignee", "handed_over_by", "undo")
            .prefetch_related(
                Prefetch("events", queryset=TicketEvent.objects.select_related("actor")),
                Prefetch("contacts", queryset=ContactAttempt.objects.select_related("by")),
                # In the order in which they were started: rows move when they are changed.
                Prefetch("clocks", queryset=Clock.objects.order_by("pk")),
                "clocks__policy",
                "watchers",
            )
            .first()
        )
    if ticket is None:
        raise NotFound(NO_SUCH_TICKET)
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


def last_event_id(ticket: Ticket) -> int:
    """The last event of the ticket as it was read: what ``expected_event`` of a change names.

    From ``ticket_get_for`` it belongs to the very state that the ticket object shows.
    """
    known = getattr(ticket, "last_event", None)
    if known is None:
        known = ticket.events.order_by("-pk").values_list("pk", flat=True).first()
    return int(known or 0)


def ended_before(*, user: Any, account_id: str, question_id: int) -> Ticket | None:
    """The last ticket of an account about a question that was settled and that ``user`` may see:
    what a new one follows. None for an account ID that is none; one query."""
    try:
        clean = parse_account_id(account_id)
    except AccountIdError:
        return None
    return (
        Ticket.objects.visible_to(user)
        .filter(account_id=clean, question_id=question_id)
        .filter(status__in=[Status.RESOLVED, Status.CLOSED])
        .order_by("-created_at", "-pk")
        .first()
    )


def to_reopen(*, user: Any, account_id: str, question_id: int, now: datetime) -> Ticket | None:
    """The ticket of ``ended_before`` if it was solved so lately that it may be opened again: for a
    user who has come back about the same matter."""
    found = ended_before(user=user, account_id=account_id, question_id=question_id)
    if found is None or found.status != Status.RESOLVED or found.resolved_at is None:
        return None
    return found if may_reopen(found.resolved_at, now=now) else None


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """One line of an account's history; it holds no personal data.

    ``resolution_label`` is how its ticket ended, ``merged_into`` the number of the ticket that
    goes on with it; both empty where there is none. ``archived_id``: of a ticket in the archive.
    """

    at: datetime
    question: str
    status: str
    status_label: str
    ticket_number: str
    ticket_status: str
    ticket_status_label: str
    resolution_label: str
    merged_into: str
    archived_id: int | None = None


def account_history(
    *, account_id: str, before_ticket: Ticket | None = None
) -> list[EarlierContact]:
    """The latest contacts of an account, newest first, without the present ticket's own.

    One query. The caller has the account ID from a ticket or contact that they may see.
    """
    if not account_id:
        return []
    contacts: QuerySet[Consultation] = Consultation.objects.filter(account_id=account_id)
    if before_ticket is not None:
        contacts = contacts.exclude(
            Q(ticket=before_ticket.pk) | Q(archived=before_ticket.pk), status="escalated"
        )
    rows = (
        contacts.select_related("question", "ticket", "archived")
        .defer("ticket__transcript", "ticket__extra", "ticket__problem", "ticket__demand")
        .defer("archived__document")
        .order_by("-started_at")
    )
    return [_earlier(row) for row in rows[:HISTORY_LENGTH]]


def _earlier(row: Consultation) -> EarlierContact:
    ticket = row.ticket or row.archived
    return EarlierContact(
        at=row.started_at,
        question=row.question.title if row.question else "",
        status=row.status,
        status_label=str(row.get_status_display()),
        ticket_number=ticket.number if ticket else "",
        ticket_status=ticket.status if ticket else "",
        ticket_status_label=str(ticket.get_status_display()) if ticket else "",
        resolution_label=str(ticket.get_resolution_code_display()) if ticket else "",
        merged_into=format_number(ticket.merged_into_id) if ticket else "",
        archived_id=row.archived_id,
    )
