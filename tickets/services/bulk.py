"""The same change of many tickets: each by itself, with a word about each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import DeskError, Invalid, NotAllowed
from klingdesk.core.roles import Role, roles_of
from tickets.services.priorities import check_priority, set_priority
from tickets.services.transfers import destination, transfer_to

MOST_TICKETS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one ticket; where nothing did, ``message`` says why, ``code`` to programs."""

    number: str
    ok: bool
    message: Any = ""
    code: str = ""


def bulk_transfer(
    *,
    numbers: Iterable[str],
    acting_user: Any,
    reason: str,
    now: datetime,
    team: str | None = None,
    person: str | None = None,
    skill: str | None = None,
    undo_key: UUID | None = None,
) -> list[Row]:
    """Put tickets into a team's queue, or give them to one advisor (see ``transfer``).

    Each row is a transaction of its own: what cannot be done holds nothing else up. ``undo_key``
    lets what was done be undone together (``services.undo``). ``NotAllowed``
    for anybody but a manager; ``Invalid`` for a destination, a reason or a list that cannot be.
    """
    chosen = _chosen(numbers, acting_user)
    to = destination(team=team, person=person, skill=skill, reason=reason)
    return _each(
        chosen,
        lambda number: transfer_to(
            number=number, acting_user=acting_user, to=to, now=now, undo_key=undo_key
        ),
    )


def bulk_priority(
    *, numbers: Iterable[str], acting_user: Any, priority: int, reason: str, now: datetime
) -> list[Row]:
    """Set the priority of tickets; otherwise as ``bulk_transfer``."""
    chosen = _chosen(numbers, acting_user)
    check_priority(priority=priority, reason=reason)
    return _each(
        chosen,
        lambda number: set_priority(
            number=number, acting_user=acting_user, priority=priority, reason=reason, now=now
        ),
    )


def _chosen(numbers: Iterable[str], acting_user: Any) -> list[str]:
    """Each number once, in the order given."""
    if Role.MANAGER not in roles_of(acting_user):
        raise NotAllowed(_("Only managers change many tickets at once."))
    chosen = list(dict.fromkeys(numbers))
    problem: Any = None
    if not chosen:
        problem = _("Choose at least one ticket.")
    elif len(chosen) > MOST_TICKETS:
        problem = _("Choose at most %(most)d tickets.") % {"most": MOST_TICKETS}
    if problem is not None:
        raise Invalid(_("Nothing was changed."), fields={"numbers": [problem]})
    return chosen


def _each(numbers: Iterable[str], change: Callable[[str], object]) -> list[Row]:
    rows = []
    for number in numbers:
        try:
            with transaction.atomic():
                change(number)
        except Invalid as refused:
            told = [message for messages in refused.fields.values() for message in messages]
            rows.append(Row(number, False, told[0] if told else refused.message, refused.code))
        except DeskError as refused:
            rows.append(Row(number, False, refused.message, refused.code))
        else:
            rows.append(Row(number, True))
    return rows
