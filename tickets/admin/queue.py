"""Tier 2's ticket list: what waits, what is mine, what is due next; and taking the next ticket."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.lookups import TooManyLookups, count_lookup
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page, desk_render
from tickets.admin.queue_filters import filter_form
from tickets.admin.queue_parts import badge_counts, list_url, tabs
from tickets.admin.queue_rows import Columns, lines_of, rendered
from tickets.models.labels import Priority
from tickets.rules.ticket_number import parse_number
from tickets.selectors.list_choices import choices_for, visible_teams
from tickets.selectors.ticket_list import MOST_FOUND, Filters, View, listing, looked_for
from tickets.services.claims import claim_next


def ticket_url(number: str, query: str = "") -> str:
    """A ticket's page that knows the list it was opened from."""
    url = reverse("admin:ticket", args=[number])
    return f"{url}?{query_of_list(query)}" if query else url


def query_of_list(query: str) -> str:
    """How the list's filters travel in a ticket's address."""
    return urlencode({"list": query})


@desk_page(Role.ADVISOR, Role.MANAGER)
def queue_page(request: HttpRequest) -> HttpResponse:
    """The list; everything it shows is in its address, so it can be reloaded and sent on."""
    filters = Filters.read(request.GET.dict())
    if filters.text[:1] in ("T", "t") and parse_number(filters.text) is not None:
        found = looked_for(filters.text, user=request.user)
        if found:
            return redirect(ticket_url(found[0]))
    return show_list(request, filters)


def show_list(
    request: HttpRequest,
    filters: Filters,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The list, with what another page has to say about it in ``more``."""
    now = timezone.now()
    user: Any = request.user
    page = listing(filters, user=user, now=now)
    choices = choices_for(user)
    teams = visible_teams(choices, user)
    own = {team.value for team in teams if team.own}
    is_manager = Role.MANAGER in roles_of(user)
    columns = _columns(filters, is_manager=is_manager)
    rows = lines_of(page.tickets, now=now)
    context = {
        "title": _("Queue"),
        "tabs": tabs(filters, badge_counts(user)),
        "filters": filters,
        "is_refined": filters.is_narrowed or bool(filters.sort),
        "rows": rows,
        "lines": rendered(rows, columns, now=now),
        "choices": choices,
        "filter_form": filter_form(
            filters, teams=teams, people=choices.people, questions=choices.questions
        ),
        "list_query": filters.query(after=filters.after),
        "view_query": filters.query(),
        "link_query": columns.link_query,
        "can_take": bool(own),
        "take_team": filters.team if filters.team in own else "",
        "next_url": list_url(filters.query(after=page.next_after)) if page.next_after else "",
        "first_url": list_url(filters.query()) if filters.after else "",
        "plain_url": list_url(Filters(view=filters.view).query()),
        "shows_status": columns.shows_status,
        "shows_resolved": columns.shows_resolved,
        "shows_next_try": columns.shows_next_try,
        "is_manager": is_manager,
        "priorities": Priority.choices,
        "most_found": MOST_FOUND,
        **more,
    }
    return desk_render(request, "admin/queue/page.html", context, status=status)


def _columns(filters: Filters, *, is_manager: bool) -> Columns:
    return Columns(
        is_manager=is_manager,
        shows_status=filters.view is not View.WAITING or bool(filters.found),
        shows_resolved=filters.view is View.RESOLVED and not filters.found,
        shows_next_try=filters.view in (View.MINE, View.REACH) or bool(filters.tried),
        link_query=query_of_list(filters.query()),
    )


@desk_page(Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def queue_find(request: HttpRequest) -> HttpResponse:
    """Look for a ticket number, an account ID or words.

    By POST, because an account ID is personal data and must not stand in an address: the answer
    names the tickets that were found. GET comes from the login page.
    """
    filters = Filters.of_query(request.POST.get("list", ""))
    text = request.POST.get("text", "").replace("\x00", "").strip()[:60]
    if request.method != "POST" or not text:
        return redirect(list_url(filters.query(text="", found="")))
    try:
        count_lookup(user=request.user, typed=text, now=timezone.now())
    except TooManyLookups as refused:
        return show_list(request, filters, status=429, looked_for=text, refused=refused.message)
    found = looked_for(text, user=request.user)
    if len(found) == 1:
        return redirect(ticket_url(found[0]))
    if found:
        return redirect(list_url(Filters(view=View.ALL, found=",".join(found)).query()))
    if any(character.isdigit() for character in text):
        return show_list(request, filters, status=422, looked_for=text, not_found=True)
    return redirect(list_url(filters.query(text=text, found="")))


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
