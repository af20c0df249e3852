"""What the queue page lists: the filters in its address turned into one bounded page of tickets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from klingdesk.core.account_id import AccountIdError, parse_account_id
from tickets.models import Ticket
from tickets.models.labels import Status
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import parse_number
from tickets.selectors.tickets import mine_for, queue_for, tickets_for

PAGE_SIZE = 50
RECENTLY = timedelta(days=7)
_CURSOR = re.compile(r"(?P<at>[0-9T:.+-]{10,40}|-)_(?P<priority>[0-9])_(?P<id>[0-9]{1,18})")


class View(StrEnum):
    """The tabs of the queue."""

    WAITING = "waiting"
    MINE = "mine"
    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Filters:
    """The page's address, cleaned: whatever makes no sense falls back to the default."""

    view: View
    team: str
    search: str
    after: str

    @classmethod
    def read(cls, params: Mapping[str, str], *, views: tuple[View, ...]) -> Filters:
        asked = params.get("view", "")
        return cls(
            view=View(asked) if asked in views else views[0],
            team=params.get("team", "")[:50].replace("\x00", ""),
            search=params.get("q", "")[:60].replace("\x00", "").strip(),
            after=params.get("after", "")[:80],
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of tickets, and the cursor of the next one when there is any."""

    tickets: list[Ticket]
    next_after: str


def listing(filters: Filters, *, user: Any, now: datetime) -> Listing:
    """At most ``PAGE_SIZE`` tickets; one query, and no counting however many there are."""
    if filters.search:
        found = searched(filters.search, user=user)
        return _page(found, filters, by="created_at")
    tickets = in_view(filters.view, user=user, now=now)
    if filters.team:
        tickets = tickets.filter(team__slug=filters.team)
    by = "resolved_at" if filters.view is View.RESOLVED else "due_at"
    return _page(tickets, filters, by=by)


def in_view(view: View, *, user: Any, now: datetime) -> TicketQuerySet:
    match view:
        case View.WAITING:
            return queue_for(user=user)
        case View.MINE:
            return mine_for(user=user)
        case View.OPEN:
            return tickets_for(user=user).open()
        case View.RESOLVED:
            return tickets_for(user=user).filter(
                status__in=[Status.RESOLVED, Status.CLOSED], resolved_at__gte=now - RECENTLY
            )


def searched(text: str, *, user: Any) -> TicketQuerySet:
    """Visible tickets with this number or exactly this account ID, in any state."""
    wanted = Q()
    ticket_id = parse_number(text)
    if ticket_id is not None:
        wanted |= Q(pk=ticket_id)
    try:
        wanted |= Q(account_id=parse_account_id(text))
    except AccountIdError:
        if ticket_id is None:
            return tickets_for(user=user).none()
    return tickets_for(user=user).filter(wanted)


def _page(tickets: TicketQuerySet, filters: Filters, *, by: str) -> Listing:
    if by != "due_at":
        tickets = tickets.order_by(f"-{by}", "-pk")
    after = _after(filters.after, by=by)
    if after is not None:
        tickets = tickets.filter(after)
    rows = list(
        # Long texts of the question that no row shows.
        tickets.defer(
            "transcript",
            "extra",
            "problem",
            "demand",
            "resolution_summary",
            "question__script",
            "question__internal_note",
            "question__review_reason",
        )[: PAGE_SIZE + 1]
    )
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    return Listing(rows, _cursor(rows[-1], by=by) if more else "")


def _cursor(last: Ticket, *, by: str) -> str:
    at = getattr(last, by)
    return f"{at.isoformat() if at else '-'}_{last.priority}_{last.pk}"


def _after(cursor: str, *, by: str) -> Q | None:
    """The rows behind a cursor; None for a cursor that is none, which gives the first page."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        return None
    last, priority = int(found["id"]), int(found["priority"])
    at = _instant(found["at"])
    if by != "due_at":
        if at is None:
            return None
        return Q(**{f"{by}__lt": at}) | Q(**{by: at, "pk__lt": last})
    later = Q(priority__lt=priority) | Q(priority=priority, pk__gt=last)
    if at is None:
        return Q(due_at=None) & later if found["at"] == "-" else None
    return Q(due_at__gt=at) | (Q(due_at=at) & later) | Q(due_at=None)


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and timezone.is_aware(at) else None
