"""Fetching rows for a change: permission and row lock in one query.

Locks are ``FOR NO KEY UPDATE`` (``no_key``) everywhere: the stronger kind also keeps others
from inserting rows that refer to the locked one. The alarm sweep holds clocks and then adds
events to their tickets; whoever logs a contact holds the ticket and then wants its clock.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tickets.models import Consultation, Ticket
from tickets.models.labels import Status
from tickets.rules import transitions
from tickets.rules.ticket_number import format_number, parse_number


def lock_ticket(*, number: str, acting_user: Any) -> Ticket:
    """The ticket, locked until the transaction ends. ``NotFound`` when it may not be seen."""
    ticket_id = parse_number(number)
    ticket = None
    if ticket_id is not None:
        ticket = (
            Ticket.objects.visible_to(acting_user)
            .select_for_update(no_key=True, of=("self",))
            .filter(pk=ticket_id)
            .first()
        )
    if ticket is None:
        raise NotFound(_("There is no such ticket, or you may not see it."))
    return ticket


def lock_own_consultation(
    *, consultation_id: int, acting_user: Any, for_others: bool = False
) -> Consultation:
    """The acting agent's consultation, locked, open. ``Conflict`` when it has ended.

    ``for_others``: a manager may do this in the agent's place.
    """
    consultation = (
        Consultation.objects.visible_to(acting_user)
        .select_for_update(no_key=True, of=("self",))
        .select_related("question__category")
        .filter(pk=consultation_id)
        .first()
    )
    if consultation is None:
        raise NotFound(_("There is no such contact, or you may not see it."))
    if consultation.agent_id != acting_user.pk and not (
        for_others and Role.MANAGER in roles_of(acting_user)
    ):
        raise NotAllowed(_("This contact belongs to another agent."))
    if consultation.status != "open":
        raise Conflict(
            _("This contact has already ended."),
            code="consultation_ended",
            state={
                "status": consultation.status,
                "ticket": format_number(consultation.ticket_id) or None,
            },
        )
    return consultation


def guard(ticket: Ticket, action: str, *, acting_user: Any) -> None:
    """Raise unless the table of transitions allows ``action`` now and to this person."""
    try:
        transitions.check(
            action,
            ticket.status,
            roles=roles_of(acting_user),
            is_assignee=ticket.assignee_id == acting_user.pk,
        )
    except transitions.NotPermitted as refused:
        raise NotAllowed(_("Your role or assignment does not allow this.")) from refused
    except transitions.TransitionRefused as refused:
        raise Conflict(
            _("This does not fit the ticket any more: it is “%(state)s” now.")
            % {"state": Status(ticket.status).label},
            code="wrong_state",
            state={"status": ticket.status, "allowed_from": sorted(refused.allowed_from)},
        ) from refused
