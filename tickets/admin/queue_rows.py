"""A line of the ticket list: rendered when its values are new, kept while they are the same.

Everybody in a team looks at the same lines all day. A line shows plain values only, no objects, so
these are the whole key; which day it is and the language belong to it, because words depend on
them ("today 18:00").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from klingdesk.core.account_id import mask_account_id
from tickets.admin.ticket_promise import NO_PROMISE, Promise, clock_promise
from tickets.models.labels import Priority, Status
from tickets.selectors.due import TimeLeftReader
from tickets.selectors.listed import ListedTicket

MOST_KEPT = 4_000
"""Lines in the memory of a process, about 2 kB each."""

PRIORITY_LEVELS = {Priority.HIGH: "warn", Priority.URGENT: "bad"}


class Columns(NamedTuple):
    """What the whole list shows, and the list that a ticket's page leads back to."""

    is_manager: bool
    shows_status: bool
    shows_resolved: bool
    shows_next_try: bool
    link_query: str


class Line(NamedTuple):
    """All that a line can show; its template (``admin/queue/_row.html``) knows nothing else.

    A tuple, as the other two that are the key of what is kept: fifty are made and looked up for
    each page, and to make and to hash a dataclass takes several times as long.
    """

    number: str
    promise: Promise
    question: str
    status: Status
    next_try_at: datetime | None
    resolved_at: datetime | None
    priority: Priority
    priority_level: str
    chases: int
    team: str
    assignee: str
    account: str


def lines_of(tickets: Sequence[ListedTicket], *, now: datetime) -> list[Line]:
    """The tickets as a list shows them; one query however many there are, none for none."""
    if not tickets:
        return []
    reader = TimeLeftReader(now=now)
    # Promises fall due together: most of a list say the same.
    known: dict[tuple[Any, ...], Promise] = {}
    lines = []
    for ticket in tickets:
        told = (ticket.clock, ticket.first_answered_at)
        if told not in known:
            known[told] = _promise(ticket, reader, now)
        lines.append(_line(ticket, known[told]))
    return lines


def _promise(ticket: ListedTicket, reader: TimeLeftReader, now: datetime) -> Promise:
    """Of the contact clock and of when the user was answered, and of nothing else."""
    if ticket.clock is None:
        return NO_PROMISE
    found = clock_promise(ticket, ticket.clock, reader=reader, now=now)
    return found._replace(left=None)  # minutes that pass and that no word tells


def _line(ticket: ListedTicket, promise: Promise) -> Line:
    priority = Priority(ticket.priority)
    return Line(
        number=ticket.number,
        promise=promise,
        question=ticket.question,
        status=Status(ticket.status),
        next_try_at=ticket.next_try_at,
        resolved_at=ticket.resolved_at,
        priority=priority,
        priority_level=PRIORITY_LEVELS.get(priority, ""),
        chases=ticket.chase_count,
        team=ticket.team or "",
        assignee=ticket.assignee,
        account=mask_account_id(ticket.account_id),
    )


def rendered(lines: Sequence[Line], columns: Columns, *, now: datetime) -> list[SafeString]:
    """The lines as markup."""
    language, today = get_language() or "", timezone.localdate(now)
    return [_markup(line, columns, language, today) for line in lines]


@lru_cache(MOST_KEPT)
def _markup(line: Line, columns: Columns, language: str, today: date) -> SafeString:
    return render_to_string("admin/queue/_row.html", {"row": line, "columns": columns})
