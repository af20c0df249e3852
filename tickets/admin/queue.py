"""Tier 2's queue: what waits, what is mine, what is due next; and taking the next ticket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, OuterRef, Value, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.account_id import mask_account_id
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page, desk_render
from tickets.admin.queue_filters import Filters, View, in_view, listing
from tickets.admin.ticket_promise import Promise, promise_of
from tickets.admin.words import moment_words
from tickets.models import Team, Ticket
from tickets.models.labels import Priority
from tickets.rules.ticket_number import parse_number
from tickets.selectors.due import TimeLeftReader
from tickets.services.claims import claim_next

MOST_COUNTED = 99
"""A badge shows at most this number: an exact count of a long queue helps nobody and is slow."""


@dataclass(frozen=True, slots=True)
class Row:
    ticket: Ticket
    promise: Promise
    account: str
    priority_level: str
    resolved: str


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team to filter by; ``own`` when the person is a member and can take its tickets."""

    slug: str
    name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool
    count: str


def _views_for(user: Any) -> tuple[View, ...]:
    everybody = (View.WAITING, View.MINE)
    if Role.MANAGER in roles_of(user):
        return (*everybody, View.OPEN, View.RESOLVED)
    return (*everybody, View.RESOLVED)


@desk_page(Role.ADVISOR, Role.MANAGER)
def queue_page(request: HttpRequest) -> HttpResponse:
    """The queue; everything it shows is in its address, so it can be reloaded and sent on."""
    now = timezone.now()
    user = request.user
    filters = Filters.read(request.GET.dict(), views=_views_for(user))
    if filters.search[:1] in ("T", "t") and parse_number(filters.search) is not None:
        found = listing(filters, user=user, now=now).tickets
        if found:
            return redirect("admin:ticket", number=found[0].number)
    page = listing(filters, user=user, now=now)
    teams = _teams_for(user)
    own = {team.slug for team in teams if team.own}
    context = {
        "title": _("Queue"),
        "tabs": _tabs(filters, user=user, now=now),
        "filters": filters,
        "rows": _rows(page.tickets, now=now),
        "teams": teams if len(teams) > 1 else [],
        "can_take": bool(own),
        "take_team": filters.team if filters.team in own else "",
        "next_url": _url(filters, after=page.next_after) if page.next_after else "",
        "first_url": _url(filters) if filters.after else "",
        "shows_status": filters.view is not View.WAITING or bool(filters.search),
        "shows_resolved": filters.view is View.RESOLVED and not filters.search,
    }
    return desk_render(request, "admin/queue/page.html", context)


@desk_page(Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def queue_take(request: HttpRequest) -> HttpResponse:
    """Take the ticket that is due first and open it.

    GET comes from the login page after a session was lost: it takes nothing.
    """
    if request.method != "POST":
        return redirect("admin:queue")
    ticket = claim_next(
        acting_user=request.user,
        now=timezone.now(),
        team_slug=request.POST.get("team") or None,
    )
    if ticket is None:
        messages.info(request, _("Nothing is waiting in your teams: all tickets are taken."))
        return redirect("admin:queue")
    messages.success(request, _("%(number)s is yours now.") % {"number": ticket.number})
    return redirect("admin:ticket", number=ticket.number)


def _teams_for(user: Any) -> list[TeamChoice]:
    own = Team.members.through.objects.filter(team_id=OuterRef("pk"), user_id=user.pk)
    rows = Team.objects.annotate(own=Exists(own)).values_list("slug", "name", "own")
    sees_all = Role.MANAGER in roles_of(user)
    return [TeamChoice(*row) for row in rows if sees_all or row[2]]


def _rows(tickets: list[Ticket], *, now: datetime) -> list[Row]:
    if not tickets:
        return []
    prefetch_related_objects(tickets, "clocks")
    reader = TimeLeftReader(now=now)
    return [
        Row(
            ticket=ticket,
            promise=promise_of(ticket, reader=reader, now=now),
            account=mask_account_id(ticket.account_id),
            priority_level={Priority.URGENT: "bad", Priority.HIGH: "warn"}.get(
                Priority(ticket.priority), ""
            ),
            resolved=moment_words(ticket.resolved_at) if ticket.resolved_at else "",
        )
        for ticket in tickets
    ]


def _tabs(filters: Filters, *, user: Any, now: datetime) -> list[Tab]:
    labels = {
        View.WAITING: _("Waiting"),
        View.MINE: _("Mine"),
        View.OPEN: _("All open"),
        View.RESOLVED: _("Recently resolved"),
    }
    badges = _badges(user=user, now=now)
    tabs = []
    for view in _views_for(user):
        params = {"view": view.value} | ({"team": filters.team} if filters.team else {})
        tabs.append(
            Tab(
                label=labels[view],
                url=f"{reverse('admin:queue')}?{urlencode(params)}",
                current=view is filters.view and not filters.search,
                count=badges.get(view.value, ""),
            )
        )
    return tabs


def _badges(*, user: Any, now: datetime) -> dict[str, str]:
    """How many, up to a bound, in the two views that tell what is to be done; one query."""
    bounded = [
        in_view(view, user=user, now=now)
        .order_by()
        .annotate(view=Value(view.value))
        .values_list("view", flat=True)[: MOST_COUNTED + 1]
        for view in (View.WAITING, View.MINE)
    ]
    counted = Counter(bounded[0].union(bounded[1], all=True))
    return {
        view.value: f"{MOST_COUNTED}+" if counted[view] > MOST_COUNTED else str(counted[view])
        for view in (View.WAITING, View.MINE)
    }


def _url(filters: Filters, *, after: str = "") -> str:
    params = {
        "view": filters.view.value,
        "team": filters.team,
        "q": filters.search,
        "after": after,
    }
    given = {name: value for name, value in params.items() if value}
    return f"{reverse('admin:queue')}?{urlencode(given)}"
