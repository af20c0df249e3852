"""What the ticket list shows around its rows: tabs, rows, and the words of its filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klingdesk.core.account_id import mask_account_id
from tickets.admin.queue_filters import NOBODY, Due, Filters, View, matching
from tickets.admin.queue_sorting import Sort
from tickets.admin.ticket_promise import Promise, promise_of
from tickets.admin.words import moment_words
from tickets.models import Ticket
from tickets.models.labels import Priority, Status
from tickets.selectors.due import TimeLeftReader

MOST_COUNTED = 99
"""A badge shows at most this number: an exact count of a long queue helps nobody and is slow."""

PRIORITY_LEVELS = {Priority.HIGH: "warn", Priority.URGENT: "bad"}


@dataclass(frozen=True, slots=True)
class Row:
    ticket: Ticket
    promise: Promise
    account: str
    priority_level: str
    resolved: str
    next_try: str


@dataclass(frozen=True, slots=True)
class Tab:
    view: str
    label: str
    url: str
    current: bool
    count: str


def rows_of(tickets: Sequence[Ticket], *, now: datetime) -> list[Row]:
    """The tickets as a list shows them; four queries however many there are, none for none."""
    if not tickets:
        return []
    prefetch_related_objects(tickets, "clocks")
    reader = TimeLeftReader(now=now)
    return [
        Row(
            ticket=ticket,
            promise=promise_of(ticket, reader=reader, now=now),
            account=mask_account_id(ticket.account_id),
            priority_level=PRIORITY_LEVELS.get(Priority(ticket.priority), ""),
            resolved=moment_words(ticket.resolved_at) if ticket.resolved_at else "",
            next_try=moment_words(ticket.next_try_at) if ticket.next_try_at else "",
        )
        for ticket in tickets
    ]


def list_url(query: str) -> str:
    """The list with these filters."""
    return f"{reverse('admin:queue')}?{query}" if query else reverse("admin:queue")


def tabs(filters: Filters, counts: Counter[str]) -> list[Tab]:
    labels = {
        View.WAITING: pgettext("tickets", "Waiting"),
        View.MINE: _("Mine"),
        View.OPEN: _("All open"),
        View.WATCHED: _("Watched"),
        View.RESOLVED: _("Recently resolved"),
        View.ALL: pgettext("tickets", "All"),
    }
    kept = {"team": filters.team} if filters.team else {}
    return [
        Tab(
            view=view.value,
            label=label,
            url=list_url(Filters(view=view, **kept).query()),
            current=view is filters.view and not filters.found,
            count=bounded(counts[view.value]) if view in (View.WAITING, View.MINE) else "",
        )
        for view, label in labels.items()
    ]


def bounded(count: int) -> str:
    """A number for a badge."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def counted(lists: dict[str, Filters], *, user: Any, now: datetime) -> Counter[str]:
    """How many each list holds, by its name and up to one more than a badge shows; one query."""
    parts = [
        matching(filters, user=user, now=now)
        .order_by()
        .annotate(list_name=Value(name))
        .values_list("list_name", flat=True)[: MOST_COUNTED + 1]
        for name, filters in lists.items()
    ]
    return Counter(parts[0].union(*parts[1:], all=True))


BADGES = {view.value: Filters(view=view) for view in (View.WAITING, View.MINE)}


def fixed_choices() -> dict[str, list[tuple[str, str]]]:
    """The values of filters that do not come from the database, in words."""
    return {
        "statuses": [(value, str(label)) for value, label in Status.choices],
        "priorities": [(str(value), str(label)) for value, label in Priority.choices],
        "dues": [
            (Due.OVERDUE.value, _("overdue")),
            (Due.TODAY.value, _("by the end of today")),
            (Due.SOON.value, _("within 48 hours")),
        ],
        "sorts": [
            (Sort.DUE.value, _("due first")),
            (Sort.PRIORITY.value, _("most urgent first")),
            (Sort.CHASES.value, _("most chased first")),
            (Sort.NEXT_TRY.value, _("next try first")),
            (Sort.NEWEST.value, _("newest first")),
            (Sort.OLDEST.value, _("oldest first")),
            (Sort.RESOLVED.value, _("resolved last")),
        ],
        "nobody": [(NOBODY, _("nobody"))],
    }
