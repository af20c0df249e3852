"""The offer to take something back, as a message carries it, and the address that does it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.errors import Conflict, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page
from klingdesk.undo_offers import offer_tag
from tickets.admin.queue import ticket_url
from tickets.models import Ticket
from tickets.rules.ticket_number import parse_number
from tickets.rules.undo import OFFERED
from tickets.selectors.access import may_see
from tickets.services.undo import undo, undo_together

OFFERED_AFTER = frozenset({"release", "transfer", "note"})
MOST_TOGETHER = 100
"""Of more at once the first would be past undoing before the last is done."""


def undo_tag(action: str, result: object) -> str:
    """For the message that says what was done: what it offers to take back, empty for nothing."""
    if action not in OFFERED_AFTER or not isinstance(result, Ticket):
        return ""
    what = f"{result.number}.{result.undo.event_id}"
    return offer_tag(what, until=timezone.now() + OFFERED)


def together_tag(key: UUID, done: int) -> str:
    """The same for a change of many tickets."""
    if not 0 < done <= MOST_TOGETHER:
        return ""
    return offer_tag(str(key), until=timezone.now() + OFFERED)


@desk_page(Role.AGENT, Role.ADVISOR, Role.MANAGER, methods=("POST",))
def ticket_undo(request: HttpRequest) -> HttpResponse:
    """``what`` is that of the offer: a ticket's number and event, or the key of many."""
    number, dot, event = request.POST.get("what", "").partition(".")
    if dot and event.isascii() and event.isdigit() and len(event) <= 18:
        return _one(request, number, int(event))
    try:
        key = UUID(number)
    except ValueError:
        raise BadRequest("nothing to undo") from None
    done, late = undo_together(key=key, acting_user=request.user, now=timezone.now())
    if done:
        words = ngettext(
            "%(number)d ticket is as it was.", "%(number)d tickets are as they were.", done
        )
        messages.success(request, words % {"number": done})
    if late:
        words = ngettext(
            "Too late to undo for %(number)d ticket.",
            "Too late to undo for %(number)d tickets.",
            late,
        )
        messages.error(request, words % {"number": late})
    elif not done:
        messages.error(request, _("Too late to undo."))
    return redirect("admin:queue")


def _one(request: HttpRequest, number: str, event: int) -> HttpResponse:
    user: Any = request.user
    try:
        ticket = undo(number=number, acting_user=user, now=timezone.now(), event=event)
    except NotFound:
        messages.error(request, _("Too late to undo: the ticket is in other hands."))
        return redirect(_home(user))
    except (Conflict, NotAllowed) as refused:
        messages.error(request, str(refused.message))
        return redirect(ticket_url(number, "") if _sees(user, number) else _home(user))
    messages.success(request, _("Undone: the ticket is as it was."))
    return redirect(ticket_url(ticket.number, "") if may_see(ticket, user) else _home(user))


def _sees(user: Any, number: str) -> bool:
    return Ticket.objects.visible_to(user).filter(pk=parse_number(number) or 0).exists()


def _home(user: Any) -> str:
    tier2 = roles_of(user) & {Role.ADVISOR, Role.MANAGER}
    return reverse("admin:queue" if tier2 else "admin:console")
