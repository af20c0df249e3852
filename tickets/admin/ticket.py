"""The page of one ticket: everything tier 1 learned, the clock, the timeline, and the actions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from klingdesk.moments import due_phrase
from klingdesk.pages import desk_page, desk_render
from tickets.admin.queue import ticket_url
from tickets.admin.queue_parts import list_url
from tickets.admin.ticket_actions import BUTTONS, Act
from tickets.admin.ticket_offers import Attempt, form_for
from tickets.admin.ticket_parts import ticket_context
from tickets.admin.ticket_undo import undo_tag
from tickets.models import Ticket
from tickets.selectors.access import may_see
from tickets.selectors.archive import ticket_read_for
from tickets.selectors.due import promised_before_next_try
from tickets.selectors.ticket_list import Filters
from tickets.selectors.tickets import ticket_get_for


@desk_page(Role.AGENT, Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    """GET shows the ticket. POST with ``action`` acts on it and comes back to this address.

    ``?list=`` holds the filters of the list that the person came from. 422 with errors at their
    fields, 409 when the state has moved on, 403 when the ticket is somebody else's by now: all
    three are this page again, with what was typed. An archived ticket can only be read. ``seen``
    is the last event that the form's page showed: a save on an older state is refused until its
    writer has seen the present one.
    """
    if request.method == "POST":
        return _act(request, number)
    return _show(request, ticket_read_for(user=request.user, number=number))


def _act(request: HttpRequest, number: str) -> HttpResponse:
    action = request.POST.get("action", "")
    button = BUTTONS.get(action)
    if button is None:
        raise BadRequest("unknown action")
    user: Any = request.user
    try:
        ticket = ticket_get_for(user=user, number=number)
    except NotFound as gone:
        return _gone(request, gone)
    form = form_for(action, ticket, user=user, data=request.POST)
    seen = _seen(request)
    if not form.is_valid():
        return _show(request, ticket, attempt=Attempt(action, form, seen=seen), status=422)
    try:
        result = button.run(Act(ticket, user, form, timezone.now(), seen))
    except Invalid as error:
        form.take(error)
        return _show(request, ticket, attempt=Attempt(action, form, seen=seen), status=422)
    except (Conflict, NotAllowed, NotFound) as error:
        return _refuse(request, number, Attempt(action, form, error.message, seen), error)
    if action == "reveal":
        return _show(request, ticket_get_for(user=user, number=number), revealed=True)
    messages.success(request, str(button.done), extra_tags=undo_tag(action, result))
    if action == "contact":
        _warn_of_late_try(request, ticket)
    if action == "follow_up":
        return redirect("admin:console_contact", getattr(result, "pk", 0))
    if action == "release" or not may_see(ticket, user):
        return redirect(_home(request))
    if action == "merge" and isinstance(result, Ticket):
        return redirect(ticket_url(result.number, _list_query(request)))
    return redirect(ticket_url(ticket.number, _list_query(request)))


def _warn_of_late_try(request: HttpRequest, ticket: Ticket) -> None:
    """When to try again is the advisor's plan; that it would break the promise is said."""
    now = timezone.now()
    due_at = promised_before_next_try(ticket_id=ticket.pk, now=now)
    if due_at is not None:
        text = _("The next try comes too late for the promise: reach the user %(by)s.")
        messages.warning(request, text % {"by": due_phrase(due_at, now=now)})


def _refuse(
    request: HttpRequest, number: str, attempt: Attempt, error: Conflict | NotAllowed | NotFound
) -> HttpResponse:
    """What stands now beside what was typed."""
    stale = error.code == "stale"
    shown = Attempt(attempt.action, attempt.form, attempt.refusal, attempt.seen, stale)
    try:
        fresh = ticket_get_for(user=request.user, number=number)
    except NotFound as gone:
        return _gone(request, gone)
    status = 403 if isinstance(error, NotAllowed) else 409
    return _show(request, fresh, attempt=shown, status=status)


_OURS = frozenset({"csrfmiddlewaretoken", "action", "seen"})
_MOST_SHOWN = 20


def _gone(request: HttpRequest, gone: NotFound) -> HttpResponse:
    """The ticket went elsewhere while somebody was writing: their own words, and nothing of it."""
    typed = [text for name, text in request.POST.items() if name not in _OURS and str(text).strip()]
    context = {
        "title": _("Not saved"),
        "message": gone.message,
        "typed": typed[:_MOST_SHOWN],
        "back_url": _home(request),
    }
    return desk_render(request, "admin/ticket/gone.html", context, status=404)


def _seen(request: HttpRequest) -> int | None:
    given = request.POST.get("seen", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


def _list_query(request: HttpRequest) -> str:
    given = request.GET.get("list", "").replace("\x00", "")
    return Filters.of_query(given).query() if given else ""


def _home(request: HttpRequest) -> str:
    """Where somebody goes on whose ticket is gone."""
    if roles_of(request.user) & {Role.ADVISOR, Role.MANAGER}:
        return list_url(_list_query(request))
    return reverse("admin:console")


def _show(
    request: HttpRequest,
    ticket: Ticket,
    *,
    attempt: Attempt | None = None,
    revealed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = ticket_context(
        ticket,
        user=request.user,
        now=timezone.now(),
        list_query=_list_query(request),
        attempt=attempt,
        revealed=revealed,
    )
    return desk_render(request, "admin/ticket/page.html", context, status=status)
