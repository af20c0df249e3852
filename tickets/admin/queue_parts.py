"""What the ticket list shows around its rows: tabs, numbers, and the words of its filters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django.db.models import Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klingdesk.core.roles import Role, roles_of
from klingdesk.database.composed import PERSON, ComposedValues, stand_in
from tickets.selectors.ticket_list import Filters, View, matching

MOST_COUNTED = 99
"""A badge shows at most this number: an exact count of a long queue helps nobody and is slow."""


@dataclass(frozen=True, slots=True)
class Tab:
    view: str
    label: str
    url: str
    current: bool
    count: str


def list_url(query: str) -> str:
    """The list with these filters."""
    url = reverse("admin:queue")
    return f"{url}?{query}" if query else url


def view_labels() -> dict[View, str]:
    """What the lists are called, in the order of their tabs."""
    return {
        View.WAITING: pgettext("tickets", "Waiting"),
        View.MINE: _("Mine"),
        View.OPEN: _("All open"),
        View.WATCHED: _("Watched"),
        View.RESOLVED: _("Recently resolved"),
        View.ALL: pgettext("tickets", "All"),
    }


def tabs(filters: Filters, counts: Counter[str]) -> list[Tab]:
    return [
        Tab(
            view=view.value,
            label=label,
            url=_tab_url(view, filters.team),
            current=view is filters.view and not filters.found,
            count=bounded(counts[view.value]) if view in (View.WAITING, View.MINE) else "",
        )
        for view, label in view_labels().items()
    ]


@lru_cache(500)
def _tab_url(view: View, team: str) -> str:
    return list_url(Filters(view=view, team=team).query())


def bounded(count: int) -> str:
    """A number for a badge."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def counted(lists: dict[str, Filters], *, user: Any, now: datetime) -> Counter[str]:
    """How many each list holds, by its name and up to one more than a badge shows; one query."""
    return Counter(name for (name,) in _members(lists, user=user, now=now))


def _members(lists: dict[str, Filters], *, user: Any, now: datetime) -> Any:
    """The name of its list for each ticket."""
    parts = [
        matching(filters, user=user, now=now)
        .order_by()
        .annotate(list_name=Value(name))
        .values_list("list_name")[: MOST_COUNTED + 1]
        for name, filters in lists.items()
    ]
    return parts[0].union(*parts[1:], all=True)


BADGES = {view.value: Filters(view=view) for view in (View.WAITING, View.MINE)}


def badge_counts(user: Any) -> Counter[str]:
    """``counted`` of the tabs with a badge, which ask for no time."""
    return Counter(name for (name,) in _badges(roles_of(user)).rows(user.pk))


@cache
def _badges(roles: frozenset[Role]) -> ComposedValues:
    user = stand_in(PERSON, roles)
    return ComposedValues(_members(BADGES, user=user, now=timezone.now()), PERSON, kept=True)
