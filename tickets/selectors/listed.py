"""A ticket as lists show it: what a line tells, its promise included, and nothing else.

One statement and plain tuples. Objects of the mapper would take a page of fifty several times as
long as PostgreSQL needs to answer, and a second statement for the clocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, Q

from tickets.models.labels import ClockKind
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import format_number


class ListedClock(NamedTuple):
    """The contact clock; fields as in ``Clock``."""

    due_at: datetime
    due_soon_at: datetime
    stopped_at: datetime | None
    paused_since: datetime | None
    breached_at: datetime | None
    dropped: bool
    provisional: bool
    kind: str


class ListedTicket(NamedTuple):
    """Fields as in ``Ticket``; of a question its title, of a team its name (None: no team), of the
    assignee the three names (None: nobody). ``clock`` is None for a record without a promise."""

    id: int
    status: str
    priority: int
    account_id: str
    created_at: datetime
    due_at: datetime | None
    resolved_at: datetime | None
    first_answered_at: datetime | None
    next_try_at: datetime | None
    chase_count: int
    question: str
    team: str | None
    username: str | None
    first_name: str | None
    last_name: str | None
    clock: ListedClock | None

    @property
    def number(self) -> str:
        return format_number(self.id)

    @property
    def assignee(self) -> str:
        """What colleagues call the assignee (``name_of``); empty when nobody has the ticket."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip() or self.username or ""


_ELSEWHERE = {
    "question": "question__title",
    "team": "team__name",
    **{name: f"assignee__{name}" for name in ("username", "first_name", "last_name")},
}
_OF_TICKET = ListedTicket._fields[:-1]


def columns_of(tickets: TicketQuerySet) -> Any:
    """The tuples of ``tickets`` in their order, for ``as_listed``."""
    return tickets.annotate(
        contact_clock=FilteredRelation("clocks", condition=Q(clocks__kind=ClockKind.CONTACT))
    ).values_list(
        *(F(_ELSEWHERE.get(name, name)) for name in _OF_TICKET),
        *(F(f"contact_clock__{name}") for name in ListedClock._fields),
    )


def as_listed(rows: Iterable[tuple[Any, ...]]) -> list[ListedTicket]:
    """What ``columns_of`` gave, with names."""
    width = len(_OF_TICKET)
    return [
        ListedTicket._make(
            (*row[:width], ListedClock._make(row[width:]) if row[width] is not None else None)
        )
        for row in rows
    ]
