"""What an advisor does with a ticket in hand: log contacts, resolve."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid
from tickets.models import ContactAttempt, Ticket
from tickets.models.labels import ClockKind, ContactChannel, ContactResult, ResolutionCode, Status
from tickets.rules import transitions
from tickets.rules.contact_time import (
    LOGGED_LATER_BY,
    TimeProblem,
    counts_at,
    time_problem,
)
from tickets.services.clocks import stop_contact_clock, stop_resolve_clock
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_length, check_plan, cleaned
from tickets.services.waiting import end_waiting

_WRONG_TIME = {
    TimeProblem.FUTURE: _("This lies in the future."),
    TimeProblem.BEFORE_HAND_OVER: _("This was before the hand-over."),
    TimeProblem.TOO_OLD: _("This is more than %(days)d days ago: write a note instead.")
    % {"days": LOGGED_LATER_BY.days},
}
_NOT_LOGGED = _("The contact was not logged.")


@transaction.atomic
def log_contact(
    *,
    number: str,
    acting_user: Any,
    kind: str,
    result: str,
    now: datetime,
    at: datetime | None = None,
    note: str = "",
    next_try_at: datetime | None = None,
    resume: bool = False,
    expected_event: int | None = None,
) -> ContactAttempt:
    """Log one attempt to reach the user, made at ``at`` (None: just now).

    A call-back that reached the user, or a private message that was sent, keeps the promise and
    stops the contact clock; anything else leaves it running. It counts when it was made if it is
    logged on the same day, and when it was logged otherwise (``rules.contact_time``).

    ``next_try_at`` replaces the plan of an earlier attempt; without one there is no plan any
    more. ``resume`` takes up a ticket that waits for the user; one that does not stays as it is.
    """
    when = at or now
    errors: dict[str, list[Any]] = {}
    if kind not in ContactChannel.values:
        errors["kind"] = [_("Choose call-back or private message.")]
    elif result not in ContactResult.values or not transitions.fits(kind, result):
        errors["result"] = [_("Choose what became of it.")]
    if next_try_at is not None:
        check_plan(next_try_at, now=now, errors=errors)
    note = cleaned(note)
    check_length("note", note, errors)
    if errors:
        raise Invalid(_NOT_LOGGED, fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "contact", acting_user=acting_user, expected_event=expected_event)
    wrong = time_problem(when, now=now, handed_over_at=ticket.created_at)
    if wrong is not None:
        raise Invalid(_NOT_LOGGED, fields={"at": [_WRONG_TIME[wrong]]})
    attempt = ContactAttempt.objects.create(
        ticket=ticket,
        kind=kind,
        result=result,
        note=note,
        at=when,
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
            "at": when.isoformat() if when < now else None,
            "next_try_at": next_try_at.isoformat() if next_try_at else None,
        },
        note=note,
    )
    if transitions.meets_promise(kind, result):
        stop_contact_clock(
            ticket=ticket, acting_user=acting_user, answered_at=when, now=counts_at(when, now=now)
        )
    if resume and ticket.status == Status.WAITING:
        guard(ticket, "resume", acting_user=acting_user)
        end_waiting(ticket, acting_user=acting_user, now=now)
    ticket.next_try_at = next_try_at
    ticket.save(update_fields=["next_try_at"])
    return attempt


@transaction.atomic
def resolve(
    *,
    number: str,
    acting_user: Any,
    code: str,
    summary: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """End the work with a resolution code and a summary.

    ``Conflict`` with code ``promise_open`` while the user has not been answered: a
    private message can always be sent, so no ticket ends with its promise unkept.
    """
    errors: dict[str, list[Any]] = {}
    if code not in ResolutionCode.values:
        errors["code"] = [_("Choose a resolution.")]
    summary = cleaned(summary)
    if not summary:
        errors["summary"] = [_("Say in a sentence or two what was done.")]
    check_length("summary", summary, errors)
    if errors:
        raise Invalid(_("The ticket was not resolved."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "resolve", acting_user=acting_user, expected_event=expected_event)
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
    ticket.resolution_summary = summary
    ticket.next_try_at = None
    ticket.save(
        update_fields=[
            "status",
            "resolved_at",
            "resolution_code",
            "resolution_summary",
            "next_try_at",
        ]
    )
    record(
        ticket=ticket,
        code="ticket.resolved",
        acting_user=acting_user,
        now=now,
        old={"status": Status.ASSIGNED},
        new={"status": Status.RESOLVED, "code": code},
        note=summary,
    )
    stop_resolve_clock(ticket=ticket, acting_user=acting_user, now=now)
    return ticket
