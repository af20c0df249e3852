"""Taking tickets and giving them back. Two advisors can never get the same one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, NotAllowed, NotFound
from klingdesk.core.roles import roles_of
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.rules import transitions
from tickets.selectors.advisors import is_absent_now, taker_of
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_note
from tickets.services.undo import offer_undo, place_of


@transaction.atomic
def claim_next(*, acting_user: Any, now: datetime, team_slug: str | None = None) -> Ticket | None:
    """Take the queued ticket that is due first in the acting advisor's teams and that they have
    the skill for; None when there is none.

    Rows that somebody else is taking at this moment are skipped, never waited for.
    Raises ``NotFound`` for a team the advisor does not belong to; ``Conflict`` with code
    ``absent`` while they are on leave.
    """
    roles = frozenset(role.value for role in roles_of(acting_user))
    if not transitions.permits("claim", roles=roles, is_assignee=False):
        raise NotAllowed(_("Only tier-2 advisors take tickets."))
    taker = taker_of(acting_user, now=now)
    _check_present(is_absent=taker.is_absent)
    if team_slug is not None and team_slug not in taker.teams:
        raise NotFound(_("You do not belong to this team."))
    slugs = taker.teams if team_slug is None else [team_slug]
    waiting = (
        Ticket.objects.filter(
            status=Status.QUEUED,
            team__in=[taker.teams[slug] for slug in slugs],
            skill__in=["", *taker.skills],
        )
        .in_queue_order()
        .select_for_update(no_key=True, skip_locked=True, of=("self",))
    )
    # Users who still wait for their answer come before tickets whose promise is kept already.
    ticket = waiting.filter(first_answered_at=None).first() or waiting.first()
    if ticket is not None:
        _assign(ticket, acting_user=acting_user, now=now)
    return ticket


@transaction.atomic
def claim(
    *, number: str, acting_user: Any, now: datetime, expected_event: int | None = None
) -> Ticket:
    """Take one ticket, whatever skill it asks for: a person decides.

    ``Conflict`` with the present state when somebody else was faster; with code ``absent``
    while the acting advisor is on leave.
    """
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "claim", acting_user=acting_user, expected_event=expected_event)
    _check_present(is_absent=is_absent_now(acting_user, now=now))
    _assign(ticket, acting_user=acting_user, now=now)
    return ticket


def _check_present(*, is_absent: bool) -> None:
    """The next sweep would only put the ticket back."""
    if is_absent:
        raise Conflict(
            _("You are on leave today and get no tickets. Strike out your leave first."),
            code="absent",
        )


def _assign(ticket: Ticket, *, acting_user: Any, now: datetime) -> None:
    ticket.status = Status.ASSIGNED
    ticket.assignee = acting_user
    ticket.claimed_at = now
    ticket.save(update_fields=["status", "assignee", "claimed_at"])
    record(
        ticket=ticket,
        code="ticket.claimed",
        acting_user=acting_user,
        now=now,
        old={"status": Status.QUEUED},
        new={"status": Status.ASSIGNED, "assignee": acting_user.get_username()},
    )


@transaction.atomic
def release(
    *,
    number: str,
    acting_user: Any,
    now: datetime,
    note: str = "",
    expected_event: int | None = None,
) -> Ticket:
    """Give a ticket back to its team's queue; its clock goes on. It can be undone for seconds."""
    note = check_note(note)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "release", acting_user=acting_user, expected_event=expected_event)
    former = ticket.assignee.get_username() if ticket.assignee else None
    before = place_of(ticket)
    ticket.status = Status.QUEUED
    ticket.assignee = None
    ticket.claimed_at = None
    ticket.save(update_fields=["status", "assignee", "claimed_at"])
    event = record(
        ticket=ticket,
        code="ticket.released",
        acting_user=acting_user,
        now=now,
        old={"status": Status.ASSIGNED, "assignee": former},
        new={"status": Status.QUEUED},
        note=note,
    )
    offer_undo(ticket=ticket, event=event, acting_user=acting_user, before=before)
    return ticket
