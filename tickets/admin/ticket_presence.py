"""Who has a ticket open: pages report themselves and are told who else is there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klingdesk.core.roles import Role
from klingdesk.pages import desk_page
from tickets.admin.event_words import event_words
from tickets.selectors.access import sees_personal_data
from tickets.selectors.masking import hide_event_text
from tickets.selectors.presence import Here, news_since, others_here, ticket_open_to
from tickets.services.presence import seen


@desk_page(Role.AGENT, Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def ticket_here(request: HttpRequest, number: str) -> HttpResponse:
    """``writing`` is 1 while something is being typed, ``seen`` the last event on the page.

    ``{"others": words, "news": words}``; both empty when there is nothing to say.
    """
    if request.method != "POST":
        return redirect("admin:ticket", number=number)
    now = timezone.now()
    ticket = ticket_open_to(user=request.user, number=number)
    is_writing = request.POST.get("writing") == "1"
    seen(ticket=ticket, person=request.user, is_writing=is_writing, now=now)
    others = others_here(ticket=ticket, person=request.user, now=now)
    given = request.POST.get("seen", "")
    known = int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None
    latest = news_since(ticket=ticket, person=request.user, event=known) if known else None
    news = ""
    if latest is not None:
        if not sees_personal_data(ticket, request.user):
            hide_event_text(latest)
        news = _("%(person)s: %(event)s") % {
            "person": str(latest.actor) if latest.actor else _("System"),
            "event": event_words(latest),
        }
    return JsonResponse({"others": others_words(others), "news": news})


def others_words(others: list[Here]) -> str:
    """Who is here, and what they do."""
    said = [
        _("%(person)s is writing") % {"person": each.name}
        if each.is_writing
        else _("%(person)s is reading") % {"person": each.name}
        for each in others
    ]
    return pgettext("between the parts of a list", ", ").join(said)
