"""Users who come back: soon enough the ticket is opened again, later a new one follows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid
from klingdesk.core.roles import Role, roles_of
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.rules.reopening import REOPEN_WITHIN, may_reopen
from tickets.selectors.advisors import is_absent_now
from tickets.services.clocks import reopen_clocks
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket, standing
from tickets.services.open_tickets import ONE_OPEN_TICKET, duplicate_of, open_twin
from tickets.services.teams import assign_soon
from tickets.services.telling import tell_reopened
from tickets.services.text import check_reason


def reopen(
    *,
    number: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Open a resolved ticket again: its former advisor goes on, else it waits in the queue.

    The same clocks go on. ``Conflict`` with code ``too_late`` once it is closed, or a week after
    it was resolved: then a new ticket follows it (``hand_over``); with code ``open_ticket`` while
    another ticket of the account about the question is open.
    """
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    if errors:
        raise Invalid(_("The ticket was not reopened."), fields=errors)
    try:
        with transaction.atomic():
            return _reopen(number, acting_user, clean, now, expected_event)
    except IntegrityError as error:
        if ONE_OPEN_TICKET not in str(error):
            raise
        raise duplicate_of(open_twin(_of(number, acting_user))) from error


def _reopen(
    number: str, acting_user: Any, reason: str, now: datetime, expected_event: int | None
) -> Ticket:
    ticket = lock_ticket(number=number, acting_user=acting_user)
    if ticket.status == Status.CLOSED:
        raise _too_late(ticket)
    guard(ticket, "reopen", acting_user=acting_user, expected_event=expected_event)
    if not _in_time(ticket, now=now):
        raise _too_late(ticket)
    twin = open_twin(ticket)
    if twin is not None:
        raise duplicate_of(twin)
    old = {
        "status": ticket.status,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "code": ticket.resolution_code,
        "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
    }
    former = ticket.assignee if _is_there(ticket.assignee, now=now) else None
    ticket.status = Status.ASSIGNED if former else Status.QUEUED
    ticket.assignee = former
    ticket.claimed_at = ticket.claimed_at if former else None
    ticket.resolved_at = None
    ticket.resolution_code = ticket.resolution_summary = ""
    ticket.reopen_count += 1
    ticket.save(
        update_fields=[
            "status",
            "assignee",
            "claimed_at",
            "resolved_at",
            "resolution_code",
            "resolution_summary",
            "reopen_count",
        ]
    )
    record(
        ticket=ticket,
        code="ticket.reopened",
        acting_user=acting_user,
        now=now,
        old=old,
        new={
            "status": ticket.status,
            "assignee": former.get_username() if former else None,
            "reopened": ticket.reopen_count,
        },
        note=reason,
    )
    reopen_clocks(ticket=ticket, now=now)
    tell_reopened(ticket=ticket, acting_user=acting_user, now=now)
    if former is None:
        assign_soon(team=ticket.team)
    return ticket


def _in_time(ticket: Ticket, *, now: datetime) -> bool:
    return ticket.resolved_at is not None and may_reopen(ticket.resolved_at, now=now)


def _too_late(ticket: Ticket) -> Conflict:
    return Conflict(
        _(
            "A ticket can be reopened for %(days)d days after it was resolved, until it is closed. "
            "Hand the contact over as a new ticket that follows this one."
        )
        % {"days": REOPEN_WITHIN.days},
        code="too_late",
        state=standing(ticket),
    )


def _is_there(person: Any | None, *, now: datetime) -> bool:
    """Whether somebody still works as an advisor and is not on leave."""
    return (
        person is not None
        and Role.ADVISOR in roles_of(person)
        and not is_absent_now(person, now=now)
    )


def _of(number: str, acting_user: Any) -> Ticket:
    with transaction.atomic():
        return lock_ticket(number=number, acting_user=acting_user)
