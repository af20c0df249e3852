"""Who may see and do what on one ticket: the answers that pages, API and services share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from klingdesk.core.roles import Role, roles_of
from tickets.models import Ticket
from tickets.rules import transitions
from tickets.selectors.undo import undo_offer_of


def archived_at(ticket: Ticket) -> datetime | None:
    """Since when a ticket is archived, and can only be read; None for one at work."""
    return getattr(ticket, "archived_at", None)


def is_reporter(ticket: Ticket, user: Any) -> bool:
    """Whether an agent handed the ticket over, or chased it, in a contact of their own; or did
    so with one that was merged into it."""
    if Role.AGENT not in roles_of(user):
        return False
    if ticket.handed_over_by_id == user.pk:
        return True
    if archived_at(ticket) is not None:
        return user.pk in getattr(ticket, "archived_reporters", ())
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
    if archived_at(ticket) is not None:
        return ()
    useless = {"watch" if is_watching(ticket, user) else "unwatch"}
    if undo_offer_of(ticket, user=user, now=timezone.now()) is None:
        useless.add("undo")
    return tuple(
        action
        for action in transitions.allowed_actions(
            ticket.status,
            roles=roles_of(user),
            is_assignee=ticket.assignee_id == user.pk,
            handed_over=ticket.handed_over_by_id == user.pk,
        )
        if action not in useless
    )
