"""Internal notes, and the people who are asked to read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.rules.mentions import MOST_MENTIONS, mentions, possible_names
from tickets.selectors.access import may_see
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.telling import tell_mentioned
from tickets.services.text import check_length, cleaned
from tickets.services.undo import offer_undo


@transaction.atomic
def add_note(
    *,
    number: str,
    acting_user: Any,
    note: str,
    now: datetime,
    expected_event: int | None = None,
) -> Ticket:
    """Put a note into the timeline; notes are internal and never leave the desk.

    People named as ``@username`` are told, once it can be undone no more. ``Invalid`` names those
    who are unknown or may not see the ticket: they would wait in vain for whoever wrote to them.
    """
    note = cleaned(note)
    errors: dict[str, list[Any]] = {}
    if not note:
        errors["note"] = [_("Write the note first.")]
    check_length("note", note, errors)
    if errors:
        raise Invalid(_NOT_SAVED, fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "note", acting_user=acting_user, expected_event=expected_event)
    people = _mentioned(ticket, note)
    names = [person.get_username() for person in people]
    event = record(
        ticket=ticket,
        code="ticket.noted",
        acting_user=acting_user,
        now=now,
        new={"mentions": names} if names else None,
        note=note,
    )
    if people:
        tell_mentioned(ticket=ticket, people=people, acting_user=acting_user, now=now)
    offer_undo(ticket=ticket, event=event, acting_user=acting_user)
    return ticket


_NOT_SAVED = _("The note was not saved.")


def _mentioned(ticket: Ticket, note: str) -> list[Any]:
    """The people named in ``note``, who all see the ticket."""
    possible = possible_names(note)
    if not possible:
        return []
    rows = get_user_model().objects.filter(username__in=possible)
    known = {person.get_username(): person for person in rows}
    named = mentions(note, known)
    if len(named.names) + len(named.unknown) > MOST_MENTIONS:
        _refuse(_("Name at most %(most)d people.") % {"most": MOST_MENTIONS})
    blind = [name for name in named.names if not may_see(ticket, known[name])]
    if blind or named.unknown:
        _refuse(
            _(
                "Nobody of this name can see the ticket: %(names)s. Correct the name, or put a "
                "space after the @ when nobody is meant."
            )
            % {"names": _listed([*blind, *named.unknown])}
        )
    return [known[name] for name in named.names]


def _refuse(message: Any) -> None:
    raise Invalid(_NOT_SAVED, fields={"note": [message]})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"@{name}" for name in names)
