"""Running contacts for managers: whose they are, and a colleague in an agent's place."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.flow_fields import typed_text
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.selectors.people import active_agents, name_of
from tickets.selectors.running import SHOWN, running_contacts
from tickets.services.contact_transfers import MOST_NOTE, pass_on


@desk_page(Role.MANAGER)
def contacts(request: HttpRequest) -> HttpResponse:
    """All running contacts, or those of one agent."""
    return _list(request)


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def contact_pass_on(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Give a running contact to another agent. A GET (the login page sends people on with one)
    shows the list."""
    if request.method != "POST":
        return redirect("admin:contacts")
    try:
        moved = pass_on(
            consultation_id=contact_id,
            to_agent=typed_text(request.POST, "to"),
            acting_user=request.user,
            note=typed_text(request.POST, "note"),
            now=timezone.now(),
        )
    except Invalid as wrong:
        return _list(request, status=422, wanted=contact_id, errors=wrong.fields)
    except (Conflict, NotFound) as late:
        return _list(request, status=409, notice=late.message)
    text = _("Contact %(number)s is with %(name)s now.")
    messages.success(request, text % {"number": moved.pk, "name": name_of(moved.agent)})
    agent = typed_text(request.POST, "agent")
    return redirect(f"{reverse('admin:contacts')}?agent={agent}" if agent else "admin:contacts")


def _list(request: HttpRequest, *, status: int = 200, **what: Any) -> HttpResponse:
    agent = typed_text(request.POST if request.method == "POST" else request.GET, "agent")[:150]
    rows, is_more = running_contacts(user=request.user, agent=agent)
    context = {
        "title": _("Running contacts"),
        "rows": rows,
        "is_more": is_more,
        "shown": SHOWN,
        "agent": agent,
        "agents": [(each.get_username(), name_of(each)) for each in active_agents()],
        "most_note": MOST_NOTE,
        "typed": request.POST,
        **what,
    }
    return desk_render(request, "admin/contacts/page.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("contacts/", contacts, name="contacts"),
    path("contacts/<int:contact_id>/pass-on/", contact_pass_on, name="contact_pass_on"),
]
