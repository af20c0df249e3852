"""A line of the ticket list: rendered when its values are new, kept while they are the same.

Everybody in a team looks at the same lines all day. A line shows plain values only, no objects, so
these are the whole key; which day it is and the language belong to it, because words depend on
them ("today 18:00").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from klingdesk.core.account_id import mask_account_id
from tickets.admin.ticket_promise import Promise
from tickets.models import Ticket
from tickets.models.labels import Priority, Status
from tickets.selectors.people import name_of

MOST_KEPT = 4_000
"""Lines in the memory of a process, about 2 kB each."""

PRIORITY_LEVELS = {Priority.HIGH: "warn", Priority.URGENT: "bad"}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the whole list shows, and the list that a ticket's page leads back to."""

    is_manager: bool
    shows_status: bool
    shows_resolved: bool
    shows_next_try: bool
    link_query: str


@dataclass(frozen=True, slots=True)
class Line:
    """All that a line can show; its template (``admin/queue/_row.html``) knows nothing else."""

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


def line_of(ticket: Ticket, promise: Promise) -> Line:
    priority = Priority(ticket.priority)
    return Line(
        number=ticket.number,
        promise=replace(promise, left=None),  # minutes that pass and that no word tells
        question=ticket.question.title,
        status=Status(ticket.status),
        next_try_at=ticket.next_try_at,
        resolved_at=ticket.resolved_at,
        priority=priority,
        priority_level=PRIORITY_LEVELS.get(priority, ""),
        chases=ticket.chase_count,
        team=ticket.team.name if ticket.team else "",
        assignee=name_of(ticket.assignee) if ticket.assignee else "",
        account=mask_account_id(ticket.account_id),
    )


def rendered(lines: Sequence[Line], columns: Columns, *, now: datetime) -> list[SafeString]:
    """The lines as markup."""
    language, today = get_language() or "", timezone.localdate(now)
    return [_markup(line, columns, language, today) for line in lines]


@lru_cache(MOST_KEPT)
def _markup(line: Line, columns: Columns, language: str, today: date) -> SafeString:
    return render_to_string("admin/queue/_row.html", {"row": line, "columns": columns})
