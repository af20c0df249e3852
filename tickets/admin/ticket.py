"""The page of one ticket: everything tier 1 learned, the clock, the timeline, and the actions."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.ticket_actions import BUTTONS
from tickets.admin.ticket_forms import form_for
from tickets.admin.ticket_parts import Attempt, ticket_context
from tickets.models import Ticket
from tickets.selectors.tickets import ticket_get_for


@desk_page(Role.AGENT, Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def ticket_page(request: HttpRequest, number: str) -> HttpResponse:
    """GET shows the ticket. POST with ``action`` acts on it and comes back to this address.

    422 with errors at their fields, 409 when the state has moved on, 403 when the ticket is
    somebody else's by now: all three are this page again, with what was typed.
    """
    if request.method == "POST":
        return _act(request, number)
    return _show(request, ticket_get_for(user=request.user, number=number))


def _act(request: HttpRequest, number: str) -> HttpResponse:
    action = request.POST.get("action", "")
    button = BUTTONS.get(action)
    if button is None:
        raise BadRequest("unknown action")
    ticket = ticket_get_for(user=request.user, number=number)
    form = form_for(action, ticket, request.POST)
    if not form.is_valid():
        return _show(request, ticket, attempt=Attempt(action, form), status=422)
    try:
        button.run(ticket.number, request.user, form, timezone.now())
    except Invalid as error:
        form.take(error)
        return _show(request, ticket, attempt=Attempt(action, form), status=422)
    except (Conflict, NotAllowed) as error:
        return _show(
            request,
            ticket_get_for(user=request.user, number=number),
            attempt=Attempt(action, form, error.message),
            status=409 if isinstance(error, Conflict) else 403,
        )
    if action == "reveal":
        fresh = ticket_get_for(user=request.user, number=number)
        return _show(request, fresh, revealed=True)
    messages.success(request, str(button.done))
    if action == "release":
        return redirect("admin:queue")
    return redirect("admin:ticket", number=ticket.number)


def _show(
    request: HttpRequest,
    ticket: Ticket,
    *,
    attempt: Attempt | None = None,
    revealed: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = ticket_context(
        ticket, user=request.user, now=timezone.now(), attempt=attempt, revealed=revealed
    )
    return desk_render(request, "admin/ticket/page.html", context, status=status)
