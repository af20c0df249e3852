"""How urgent a ticket is, where a manager knows better than the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.models.labels import Priority
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_reason

_NOT_CHANGED = _("The priority was not changed.")


def check_priority(*, priority: int, reason: str) -> str:
    """The reason, clean; ``Invalid`` with all field errors at once."""
    errors: dict[str, list[Any]] = {}
    if priority not in Priority.values:
        errors["priority"] = [_("Choose a priority.")]
    clean = check_reason("reason", reason, errors)
    if errors:
        raise Invalid(_NOT_CHANGED, fields=errors)
    return clean


@transaction.atomic
def set_priority(
    *,
    number: str,
    acting_user: Any,
    priority: int,
    reason: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Set the priority (a ``Priority``), up or down; later chases raise it again by their rule."""
    clean = check_priority(priority=priority, reason=reason)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "priority", acting_user=acting_user, expected_event=expected_event)
    if ticket.priority == priority:
        raise Invalid(
            _NOT_CHANGED, fields={"priority": [_("The ticket has this priority already.")]}
        )
    old = ticket.priority
    ticket.priority = priority
    ticket.save(update_fields=["priority"])
    record(
        ticket=ticket,
        code="ticket.prioritised",
        acting_user=acting_user,
        now=now,
        old={"priority": old},
        new={"priority": priority},
        note=clean,
    )
    return ticket
