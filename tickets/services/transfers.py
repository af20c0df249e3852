"""Passing a ticket on, to another team's queue or into another advisor's hands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Team, Ticket, TicketEvent
from tickets.models.labels import Status
from tickets.selectors.advisors import absent_until, advisors
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.skills import not_a_skill
from tickets.services.teams import assign_soon
from tickets.services.telling import tell_transferred
from tickets.services.text import check_reason
from tickets.services.undo import offer_undo, place_of
from tickets.services.waiting import end_waiting

_NOT_TRANSFERRED = _("The ticket was not transferred.")


@dataclass(frozen=True, slots=True)
class Destination:
    """A team's queue, or one advisor. ``skill`` is what the next advisor must know (None: the
    team's choice is left open, an advisor's ticket keeps what it had)."""

    team: Team | None
    person: Any | None
    skill: str | None
    reason: str


def destination(
    *, team: str | None, person: str | None, skill: str | None, reason: str
) -> Destination:
    """Check where a transfer goes: a team's slug or an advisor's username, not both.

    ``Invalid`` with all field errors at once.
    """
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    found_team = found_person = None
    if bool(team) == bool(person):
        errors["team"] = [_("Choose a team or an advisor.")]
    elif team:
        found_team = Team.objects.filter(slug=team).first()
        if found_team is None:
            errors["team"] = [_("There is no such team.")]
    else:
        found_person = advisors().filter(username=person).first()
        if found_person is None:
            errors["person"] = [_("This is no active advisor.")]
    if skill and (wrong := not_a_skill(skill)) is not None:
        errors["skill"] = [wrong]
    if errors:
        raise Invalid(_NOT_TRANSFERRED, fields=errors)
    return Destination(found_team, found_person, skill, clean)


@transaction.atomic
def transfer(
    *,
    number: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    team: str | None = None,
    person: str | None = None,
    skill: str | None = None,
    expected_event: int | None = None,
) -> Ticket:
    """Put a ticket into the queue of ``team`` (slug), or give it to ``person`` (username).

    Its clocks go on; waiting for the user ends. A team's queue forgets the skill unless one is
    given. A person takes it in its present team, or else in one of their own; nobody on leave
    gets it.
    """
    to = destination(team=team, person=person, skill=skill, reason=reason)
    return transfer_to(
        number=number, acting_user=acting_user, to=to, now=now, expected_event=expected_event
    )


@transaction.atomic
def transfer_to(
    *,
    number: str,
    acting_user: Any,
    to: Destination,
    now: datetime,
    expected_event: int | None = None,
    undo_key: UUID | None = None,
) -> Ticket:
    """The same for a destination that has been checked. ``undo_key``: what is done to many tickets
    at once can be undone together."""
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "transfer", acting_user=acting_user, expected_event=expected_event)
    before = place_of(ticket)
    move = _to_team if to.person is None else _to_person
    first, event = move(ticket, to, acting_user=acting_user, now=now)
    offer_undo(
        ticket=ticket,
        event=event,
        first_event=(first or event).pk,
        acting_user=acting_user,
        before=before,
        key=undo_key,
    )
    return ticket


_Moved = tuple[TicketEvent | None, TicketEvent]
"""With what it began, if not with the transfer itself; and the transfer."""


def _to_team(ticket: Ticket, to: Destination, *, acting_user: Any, now: datetime) -> _Moved:
    assert to.team is not None  # noqa: S101 - a destination has one of the two
    skill = to.skill or ""
    if ticket.status == Status.QUEUED and (ticket.team_id, ticket.skill) == (to.team.pk, skill):
        raise Invalid(
            _NOT_TRANSFERRED, fields={"team": [_("The ticket is in this queue already.")]}
        )
    resumed = None
    if ticket.status == Status.WAITING:
        resumed = end_waiting(ticket, acting_user=acting_user, now=now)
    old = _place(ticket)
    ticket.status, ticket.assignee, ticket.claimed_at = Status.QUEUED, None, None
    ticket.team, ticket.skill = to.team, skill
    event = _save(ticket, old, to, acting_user=acting_user, now=now)
    tell_transferred(ticket=ticket, acting_user=acting_user, now=now)
    assign_soon(team=to.team)
    return resumed, event


def _to_person(ticket: Ticket, to: Destination, *, acting_user: Any, now: datetime) -> _Moved:
    person: Any = to.person
    if ticket.assignee_id == person.pk:
        raise Invalid(
            _NOT_TRANSFERRED, fields={"person": [_("This advisor has the ticket already.")]}
        )
    back = absent_until(person, now=now)
    if back is not None:
        problem = _("This advisor is on leave until %(day)s. Choose another, or a team.")
        raise Invalid(_NOT_TRANSFERRED, fields={"person": [problem % {"day": back.isoformat()}]})
    team = _team_of(person, ticket)
    resumed = None
    if ticket.status == Status.WAITING:
        resumed = end_waiting(ticket, acting_user=acting_user, now=now)
    old = _place(ticket)
    ticket.status, ticket.assignee, ticket.claimed_at = Status.ASSIGNED, person, now
    ticket.team = team
    if to.skill is not None:
        ticket.skill = to.skill
    event = _save(ticket, old, to, acting_user=acting_user, now=now)
    tell_transferred(ticket=ticket, acting_user=acting_user, now=now)
    return resumed, event


def _team_of(person: Any, ticket: Ticket) -> Team:
    """The ticket's team if ``person`` belongs to it, else the first of their own."""
    teams: list[Team] = list(person.teams.order_by("pk"))
    if not teams:
        raise Invalid(
            _NOT_TRANSFERRED, fields={"person": [_("This advisor does not belong to any team.")]}
        )
    return next((team for team in teams if team.pk == ticket.team_id), teams[0])


def _place(ticket: Ticket) -> dict[str, Any]:
    return {
        "status": ticket.status,
        "team": ticket.team.slug if ticket.team else None,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "skill": ticket.skill,
    }


def _save(
    ticket: Ticket, old: dict[str, Any], to: Destination, *, acting_user: Any, now: datetime
) -> TicketEvent:
    ticket.save(update_fields=["status", "assignee", "claimed_at", "team", "skill"])
    return record(
        ticket=ticket,
        code="ticket.transferred",
        acting_user=acting_user,
        now=now,
        old=old,
        new=_place(ticket),
        note=to.reason,
    )
