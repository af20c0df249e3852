"""Showing masked personal data to somebody who does not work the ticket: possible, and recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.models import Ticket
from tickets.selectors.masking import EVERYTHING, PersonalPart
from tickets.services.events import record
from tickets.services.locking import guard, lock_ticket
from tickets.services.text import check_reason


@transaction.atomic
def reveal(
    *,
    number: str,
    acting_user: Any,
    reason: str,
    now: datetime,
    what: Collection[str] = EVERYTHING,
    expected_event: int | None = None,
) -> Ticket:
    """The ticket, of which the caller may now show ``what`` (``PersonalPart``) this once.

    Leaves an event with who, what and why: nobody looks at a user's data without a reason.
    ``Invalid`` without one, and for a part that is none.
    """
    errors: dict[str, list[Any]] = {}
    clean = check_reason("reason", reason, errors)
    if not what or set(what) - set(PersonalPart):
        errors["what"] = [_("Choose what to reveal.")]
    if errors:
        raise Invalid(_("Nothing was revealed."), fields=errors)
    ticket = lock_ticket(number=number, acting_user=acting_user)
    guard(ticket, "reveal", acting_user=acting_user, expected_event=expected_event)
    record(
        ticket=ticket,
        code="ticket.revealed",
        acting_user=acting_user,
        now=now,
        new={"what": [part.value for part in PersonalPart if part in what]},
        note=clean,
    )
    return ticket
