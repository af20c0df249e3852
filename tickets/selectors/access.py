"""Who may see and do what on one ticket: the answers that pages, API and services share."""

from __future__ import annotations

from typing import Any

from klingdesk.core.roles import Role, roles_of
from tickets.models import Ticket
from tickets.rules import transitions


def is_reporter(ticket: Ticket, user: Any) -> bool:
    """Whether an agent handed the ticket over, or chased it, in a contact of their own; or did
    so with one that was merged into it."""
    if Role.AGENT not in roles_of(user):
        return False
    if ticket.handed_over_by_id == user.pk:
        return True
    return Ticket.objects.reported_by(user).filter(pk=ticket.pk).exists()


def sees_personal_data(ticket: Ticket, user: Any) -> bool:
    """Account ID and phone are plain only for whoever works the ticket: assignee and reporter."""
    return ticket.assignee_id == user.pk or is_reporter(ticket, user)


def may_see(ticket: Ticket, user: Any) -> bool:
    """Whether ``user`` may see the ticket at all."""
    return Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()


def is_watching(ticket: Ticket, user: Any) -> bool:
    """Whether ``user`` is told what happens to the ticket.

    No query for a ticket that ``ticket_get_for`` has read for them.
    """
    if getattr(ticket, "read_for", None) == user.pk:
        return bool(getattr(ticket, "is_watched", False))
    return ticket.watchers.filter(pk=user.pk).exists()


def allowed_actions(ticket: Ticket, user: Any) -> tuple[str, ...]:
    """What ``user`` may do to the ticket now, in the order of offer."""
    useless = "watch" if is_watching(ticket, user) else "unwatch"
    return tuple(
        action
        for action in transitions.allowed_actions(
            ticket.status,
            roles=roles_of(user),
            is_assignee=ticket.assignee_id == user.pk,
            handed_over=ticket.handed_over_by_id == user.pk,
        )
        if action != useless
    )
