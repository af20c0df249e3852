"""What an advisor does with a ticket: log contacts, note, resolve."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid
from tickets.models import ContactAttempt, Ticket
from tickets.models.labels import ClockKind, ContactChannel, ContactResult, ResolutionCode, Status
from tickets.rules import transitions
from tickets.services.clocks import stop_contact_clock
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_length


@transaction.atomic
def log_contact(
    *,
    number: str,
    acting_user: Any,
    kind: str,
    result: str,
    now: datetime,
    note: str = "",
    next_try_at: datetime | None = None,
) -> ContactAttempt:
    """Log one attempt to reach the user.

    A call-back that reached the user, or a private message that was sent, keeps the
    promise and stops the contact clock; anything else leaves it running.
    """
    errors: dict[str, list[Any]] = {}
    if kind not in ContactChannel.values:
        errors["kind"] = [_("Choose call-back or private message.")]
    elif result not in ContactResult.values or not transitions.fits(kind, result):
        errors["result"] = [_("Choose what became of it.")]
    if next_try_at is not None and next_try_at <= now:
        errors["next_try_at"] = [_("The next try lies in the past.")]
    check_length("note", note, errors)
    if errors:
        raise Invalid(_("The contact was not logged."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "contact", acting_user=acting_user)
    attempt = ContactAttempt.objects.create(
        ticket=ticket,
        kind=kind,
        result=result,
        note=note.strip(),
        at=now,
        by=acting_user,
        next_try_at=next_try_at,
    )
    record(
        ticket=ticket,
        code="ticket.contacted",
        acting_user=acting_user,
        now=now,
        new={
            "kind": kind,
            "result": result,
            "next_try_at": next_try_at.isoformat() if next_try_at else None,
        },
        note=note.strip(),
    )
    if transitions.meets_promise(kind, result):
        stop_contact_clock(ticket=ticket, acting_user=acting_user, now=now)
    return attempt


@transaction.atomic
def add_note(*, number: str, acting_user: Any, note: str, now: datetime) -> Ticket:
    """Put a note into the timeline; notes are internal and never leave the desk."""
    errors: dict[str, list[Any]] = {}
    if not note.strip():
        errors["note"] = [_("Write the note first.")]
    check_length("note", note, errors)
    if errors:
        raise Invalid(_("The note was not saved."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "note", acting_user=acting_user)
    record(ticket=ticket, code="ticket.noted", acting_user=acting_user, now=now, note=note.strip())
    return ticket


@transaction.atomic
def resolve(*, number: str, acting_user: Any, code: str, summary: str, now: datetime) -> Ticket:
    """End the work with a resolution code and a summary.

    ``Conflict`` with code ``promise_open`` while the user has not been answered: a
    private message can always be sent, so no ticket ends with its promise unkept.
    """
    errors: dict[str, list[Any]] = {}
    if code not in ResolutionCode.values:
        errors["code"] = [_("Choose a resolution.")]
    if not summary.strip():
        errors["summary"] = [_("Say in a sentence or two what was done.")]
    check_length("summary", summary, errors)
    if errors:
        raise Invalid(_("The ticket was not resolved."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "resolve", acting_user=acting_user)
    if ticket.clocks.filter(kind=ClockKind.CONTACT, stopped_at=None).exists():
        raise Conflict(
            _(
                "The user has not been answered yet: log a call-back that reached the user, "
                "or send a private message and log it. Then resolve."
            ),
            code="promise_open",
            state={"status": ticket.status},
        )
    ticket.status = Status.RESOLVED
    ticket.resolved_at = now
    ticket.resolution_code = code
    ticket.resolution_summary = summary.strip()
    ticket.save(update_fields=["status", "resolved_at", "resolution_code", "resolution_summary"])
    record(
        ticket=ticket,
        code="ticket.resolved",
        acting_user=acting_user,
        now=now,
        old={"status": Status.ASSIGNED},
        new={"status": Status.RESOLVED, "code": code},
        note=summary.strip(),
    )
    return ticket
