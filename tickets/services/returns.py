"""Sending a ticket back to tier 1 because something is missing, and completing it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.flows.schema import CAPTURED
from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.telling import tell_returned
from tickets.services.text import check_length, check_reason

MOST_MISSING = 20
MOST_LABEL = 100

_NOT_RETURNED = _("The ticket was not returned.")

Missing = Sequence[Mapping[str, str]]
"""``[{"field", "label", "why"}]``. ``field`` is one of the four captured things or the key of a
further detail; or it is empty, and ``label`` says in words what is missing."""


@transaction.atomic
def return_ticket(
    *,
    number: str,
    acting_user: Any,
    reason: str,
    missing: Missing,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Send a ticket back to tier 1 with what is to be completed; it keeps its team.

    A ``field`` that the ticket does not have counts as free text. The clocks go on: the user was
    promised an answer, whoever's turn it is. ``Invalid`` with the errors of item n at
    ``missing.n.<name>``.
    """
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    if not missing:
        errors["missing"] = [_("Say what is missing.")]
    elif len(missing) > MOST_MISSING:
        errors["missing"] = [_("Name at most %(most)d things.") % {"most": MOST_MISSING}]
    if errors:
        raise Invalid(_NOT_RETURNED, fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "return", acting_user=acting_user, expected_event=expected_event)
    items = _items(ticket, missing)
    former = ticket.assignee.get_username() if ticket.assignee else None
    ticket.status = Status.RETURNED
    ticket.assignee = None
    ticket.claimed_at = None
    ticket.next_try_at = None
    ticket.missing = items
    ticket.bounce_count += 1
    ticket.save(
        update_fields=[
            "status",
            "assignee",
            "claimed_at",
            "next_try_at",
            "missing",
            "bounce_count",
        ]
    )
    record(
        ticket=ticket,
        code="ticket.returned",
        acting_user=acting_user,
        now=now,
        old={"status": Status.ASSIGNED, "assignee": former},
        new={"status": Status.RETURNED, "missing": items, "returns": ticket.bounce_count},
        note=clean,
    )
    tell_returned(ticket=ticket, acting_user=acting_user, now=now)
    return ticket


def _items(ticket: Ticket, missing: Missing) -> list[dict[str, str]]:
    """What is missing, clean; each thing once."""
    labels = {item["key"]: item["label"] for item in ticket.extra}
    errors: dict[str, list[Any]] = {}
    items: list[dict[str, str]] = []
    for number, raw in enumerate(missing):
        field, label = raw.get("field", "").strip(), raw.get("label", "").strip()
        why = check_reason(f"missing.{number}.why", raw.get("why", ""), errors)
        if field in labels:
            label = labels[field]
        elif field not in CAPTURED:
            field, label = "", label or field
            if not label:
                errors[f"missing.{number}.field"] = [_("Say what is missing.")]
        check_length(f"missing.{number}.label", label, errors, most=MOST_LABEL)
        if any((field, label) == (item["field"], item["label"]) for item in items):
            errors[f"missing.{number}.field"] = [_("This is named twice.")]
        items.append({"field": field, "label": label, "why": why})
    if errors:
        raise Invalid(_NOT_RETURNED, fields=errors)
    return items
