"""Who may see and do what on one ticket: the answers that pages, API and services share."""

from __future__ import annotations

from typing import Any

from klingdesk.core.roles import Role, roles_of
from tickets.models import Ticket
from tickets.rules import transitions


def is_reporter(ticket: Ticket, user: Any) -> bool:
    """Whether an agent handed the ticket over, or chased it, in a contact of their own."""
    if Role.AGENT not in roles_of(user):
        return False
    if ticket.handed_over_by_id == user.pk:
        return True
    return ticket.consultations.filter(agent=user).exists()


def sees_personal_data(ticket: Ticket, user: Any) -> bool:
    """Account ID and phone are plain only for whoever works the ticket: assignee and reporter."""
    return ticket.assignee_id == user.pk or is_reporter(ticket, user)


def allowed_actions(ticket: Ticket, user: Any) -> tuple[str, ...]:
    """What ``user`` may do to the ticket now, in the order of offer."""
    return transitions.allowed_actions(
        ticket.status,
        roles=roles_of(user),
        is_assignee=ticket.assignee_id == user.pk,
    )
