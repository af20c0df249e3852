"""A user asks again about an open promise (催单): counted on it, never silently a second ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Ticket
from tickets.models.labels import ConsultationStatus, Priority
from tickets.selectors.runs import run_state, ticket_question
from tickets.services.events import record
from tickets.services.locking import guard, lock_own_consultation, lock_ticket
from tickets.services.open_tickets import open_ticket_for
from tickets.services.routing import reroute_chased
from tickets.services.telling import tell_chased
from tickets.services.text import check_note


@transaction.atomic
def chase_from_consultation(
    *, consultation_id: int, acting_user: Any, account_id: str, note: str, now: datetime
) -> Ticket:
    """End a contact as a chase on the open ticket of the same account and question.

    The agent need not have handed that ticket over: the user in the contact owns it.
    ``NotFound`` when no such ticket is open (any more).
    """
    note = check_note(note)
    consultation = lock_own_consultation(consultation_id=consultation_id, acting_user=acting_user)
    question = ticket_question(consultation, run_state(consultation))
    target = open_ticket_for(account_id=account_id, question_id=question.pk if question else None)
    # Looked at again under the lock: it may have been resolved in between, or corrected.
    ticket = (
        Ticket.objects.select_for_update(no_key=True)
        .open()
        .filter(pk=target.pk, account_id=target.account_id)
        .first()
        if target
        else None
    )
    if ticket is None:
        raise NotFound(_("This account has no open ticket about this question any more."))
    consultation.status = ConsultationStatus.CHASED
    consultation.finished_at = now
    consultation.parked_at = None
    consultation.account_id = ticket.account_id
    consultation.ticket = ticket
    consultation.save(update_fields=["status", "finished_at", "parked_at", "account_id", "ticket"])
    _count(ticket, acting_user=acting_user, note=note, now=now, consultation=consultation.pk)
    return ticket


@transaction.atomic
def chase(
    *,
    number: str,
    acting_user: Any,
    note: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Count a chase on a ticket that the acting user may see."""
    note = check_note(note)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "chase", acting_user=acting_user, expected_event=expected_event)
    _count(ticket, acting_user=acting_user, note=note, now=now, consultation=None)
    return ticket


def _count(
    ticket: Ticket, *, acting_user: Any, note: str, now: datetime, consultation: int | None
) -> None:
    """The first chase makes a ticket high, the third urgent; a chase never lowers it."""
    old = {"chases": ticket.chase_count, "priority": ticket.priority}
    ticket.chase_count += 1
    floor = Priority.URGENT if ticket.chase_count >= 3 else Priority.HIGH
    ticket.priority = max(ticket.priority, floor)
    ticket.save(update_fields=["chase_count", "priority"])
    record(
        ticket=ticket,
        code="ticket.chased",
        acting_user=acting_user,
        now=now,
        old=old,
        new={
            "chases": ticket.chase_count,
            "priority": ticket.priority,
            "consultation": consultation,
        },
        note=note,
    )
    reroute_chased(ticket=ticket, now=now)
    tell_chased(ticket=ticket, acting_user=acting_user, now=now)
