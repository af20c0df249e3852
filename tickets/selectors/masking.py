"""Free text for people who do not work the ticket: users read numbers out in the middle of it."""

from __future__ import annotations

import re
from typing import Any

from tickets.models import Ticket
from tickets.rules.account_id import HIDDEN

_NUMBER = re.compile(r"\d(?:[ -]?\d){5,}")
"""Six digits or more, as account IDs, phones, cards and identity numbers have."""


def masked_text(text: str) -> str:
    """``text`` with the greater part of every long number hidden: ``1391234567`` → ``13****``."""
    return _NUMBER.sub(lambda found: found.group()[:2] + HIDDEN, text)


def hide_personal_text(ticket: Ticket) -> None:
    """Mask the texts of a ticket object that is about to be shown, and is never saved.

    Covers what tier 1 wrote and heard, notes of the timeline and of contacts, the summary.
    """
    for name in ("problem", "demand", "resolution_summary"):
        setattr(ticket, name, masked_text(getattr(ticket, name)))
    ticket.extra = _masked(ticket.extra)
    ticket.transcript = {
        **ticket.transcript,
        "utterance": masked_text(ticket.transcript.get("utterance", "")),
    }
    for event in ticket.events.all():
        event.note = masked_text(event.note)
    for contact in ticket.contacts.all():
        contact.note = masked_text(contact.note)


def _masked(extra: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**item, "value": masked_text(item["value"])} if isinstance(item["value"], str) else item
        for item in extra
    ]
