"""The advisor's day: what is due, what breaches next, whom to try again, what came back."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.selectors import notices_for, unread_count
from notices.words import in_words
from tickets.admin.queue import query_of_list
from tickets.admin.queue_parts import BADGES, MOST_COUNTED, bounded, counted, list_url
from tickets.admin.queue_rows import Line, lines_of
from tickets.selectors.listed import as_listed, columns_of
from tickets.selectors.ticket_list import Due, Filters, View, matching
from tickets.selectors.ticket_order import Sort, in_order
from tickets.selectors.tickets import tickets_for

SHOWN = 5
UNREAD = "unread"

LISTS: Mapping[str, Filters] = {
    "due_today": Filters(view=View.MINE, due=Due.TODAY),
    "next_tries": Filters(view=View.MINE, tried="1", sort=Sort.NEXT_TRY),
    "due_soon": Filters(view=View.REACH, due=Due.SOON),
    "chased": Filters(view=View.REACH, chased="1", sort=Sort.CHASES),
    "came_back": Filters(view=View.OPEN, returned="1"),
}
"""Each list of the day is a list of the queue page: the same tickets, the same number."""


@dataclass(frozen=True, slots=True)
class DayList:
    """``is_alarm`` shows a list in red as long as something is in it."""

    name: str
    title: str
    empty: str
    count: str
    url: str
    link_query: str
    lines: list[Line]
    is_alarm: bool


@desk_page(Role.ADVISOR)
def advisor_day(request: HttpRequest) -> HttpResponse:
    """Short lists, each with its number and a link to all of it."""
    now = timezone.now()
    user: Any = request.user
    found = _found(user=user, now=now)
    shown = {pk for pks in found.values() for pk in pks[:SHOWN]}
    tickets = as_listed(columns_of(tickets_for(user=user).filter(pk__in=shown))) if shown else []
    lines = {
        ticket.id: line for ticket, line in zip(tickets, lines_of(tickets, now=now), strict=True)
    }
    notices = list(notices_for(user, unread=True)[: MOST_COUNTED + 1])
    context = {
        "title": _("My day"),
        "lists": [
            DayList(
                name=name,
                title=title,
                empty=empty,
                count=bounded(len(found[name])),
                url=list_url(LISTS[name].query()),
                link_query=query_of_list(LISTS[name].query()),
                lines=[lines[pk] for pk in found[name][:SHOWN] if pk in lines],
                is_alarm=name in ("due_today", "chased") and bool(found[name]),
            )
            for name, (title, empty) in _words().items()
        ],
        "unread": bounded(len(notices)),
        "notices": [
            {"notice": notice, "words": in_words(notice.code, notice.params)}
            for notice in notices[:SHOWN]
        ],
    }
    return desk_render(request, "admin/day/page.html", context)


@desk_page(Role.ADVISOR, Role.MANAGER)
def work_counts(request: HttpRequest) -> HttpResponse:
    """The numbers of the lists and of the queue's tabs as JSON; 304 while none has changed."""
    user: Any = request.user
    lists = {**LISTS, **BADGES}
    counts = counted(lists, user=user, now=timezone.now())
    numbers = {name: bounded(counts[name]) for name in lists}
    numbers[UNREAD] = bounded(min(unread_count(user), MOST_COUNTED + 1))
    etag = f'"{hashlib.sha256(json.dumps(numbers).encode()).hexdigest()[:20]}"'
    answer = JsonResponse(numbers, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _words() -> dict[str, tuple[str, str]]:
    """Title, and what is said when there is nothing."""
    return {
        "due_today": (_("Overdue or due today"), _("Nothing of yours is due today or overdue.")),
        "next_tries": (_("Next try has come"), _("Nobody is to be tried again yet.")),
        "due_soon": (_("Breached or within 48 hours"), _("Nothing breaches within 48 hours.")),
        "chased": (pgettext("tickets", "Chased"), _("Nobody is asking again.")),
        "came_back": (_("Returned by me"), _("Nothing that you returned is open.")),
    }


def _found(*, user: Any, now: datetime) -> dict[str, list[int]]:
    """The tickets of every list in its order, up to one more than a badge shows; one query."""
    parts = [
        in_order(matching(filters, user=user, now=now), filters.order)
        .annotate(list_name=Value(name))
        .values_list("list_name", "pk")[: MOST_COUNTED + 1]
        for name, filters in LISTS.items()
    ]
    rows: Iterable[tuple[str, int]] = parts[0].union(*parts[1:], all=True)
    found: dict[str, list[int]] = defaultdict(list)
    for name, pk in rows:
        found[name].append(pk)
    return found
