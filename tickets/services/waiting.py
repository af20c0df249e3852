"""Waiting for the user, and taking the work up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.services.clocks import pause_resolve_clock, resume_resolve_clock
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_note, check_plan, check_reason


@transaction.atomic
def wait(
    *,
    number: str,
    acting_user: Any,
    note: str,
    next_try_at: datetime | None,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Wait for the user until they answer, or until ``next_try_at``, when the advisor looks again.

    Both are required: ``note`` says what is waited for. The solution's clock stands still
    meanwhile; the promised contact's does not.
    """
    errors: dict[str, list[Any]] = {}
    reason = check_reason("note", note, errors)
    if next_try_at is None:
        errors["next_try_at"] = [_("Say when you look again.")]
    else:
        check_plan(next_try_at, now=now, errors=errors)
    if errors or next_try_at is None:
        raise Invalid(_("The ticket does not wait yet."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "wait", acting_user=acting_user, expected_event=expected_event)
    ticket.status = Status.WAITING
    ticket.next_try_at = next_try_at
    ticket.save(update_fields=["status", "next_try_at"])
    record(
        ticket=ticket,
        code="ticket.waiting",
        acting_user=acting_user,
        now=now,
        old={"status": Status.ASSIGNED},
        new={"status": Status.WAITING, "next_try_at": next_try_at.isoformat()},
        note=reason,
    )
    pause_resolve_clock(ticket=ticket, now=now)
    return ticket


@transaction.atomic
def resume(
    *,
    number: str,
    acting_user: Any,
    now: datetime,
    note: str = "",
    expected_event: int | None = None,
) -> Ticket:
    """Take a waiting ticket up again; the solution's clock goes on."""
    note = check_note(note)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "resume", acting_user=acting_user, expected_event=expected_event)
    end_waiting(ticket, acting_user=acting_user, now=now, note=note)
    return ticket


def end_waiting(ticket: Ticket, *, acting_user: Any, now: datetime, note: str = "") -> TicketEvent:
    """Make a locked waiting ticket an assigned one; whatever happens to it next comes after the
    event that is returned."""
    planned = ticket.next_try_at
    ticket.status = Status.ASSIGNED
    ticket.next_try_at = None
    ticket.save(update_fields=["status", "next_try_at"])
    event = record(
        ticket=ticket,
        code="ticket.resumed",
        acting_user=acting_user,
        now=now,
        old={
            "status": Status.WAITING,
            "next_try_at": planned.isoformat() if planned else None,
        },
        new={"status": Status.ASSIGNED},
        note=note,
    )
    resume_resolve_clock(ticket=ticket, now=now)
    return event
