"""A contact goes to a colleague, or comes from one whose user has called back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.flow_fields import typed_text
from klingdesk.core.errors import Conflict, DeskError, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx
from tickets.admin.console import home_context, parked_context, wants_fragment
from tickets.admin.console_contacts import fresh, leave, show_contact
from tickets.admin.console_state import Notice, Passing
from tickets.selectors.parked import parked_of_account
from tickets.selectors.people import active_agents, name_of
from tickets.services.capture import account_id_message
from tickets.services.contact_transfers import MOST_NOTE, pass_on, take_over


@dataclass(frozen=True, slots=True)
class Wanted:
    """A take-over that was sent back: of which contact, what was typed, what is wrong."""

    contact: int = 0
    note: str = ""
    errors: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))
def pass_contact_on(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The colleagues to choose from (GET), and the contact given to one of them (POST)."""
    contact = fresh(request, contact_id)
    if request.method != "POST":
        if contact.status != "open" or contact.agent_id != request.user.pk:
            return redirect("admin:console_contact", contact_id)
        passing = _passing(request)
        if wants_fragment(request):
            context = {"passing": passing, "pass_on_url": request.path, "most_note": MOST_NOTE}
            return render(request, "admin/console/_pass_on.html", context)
        return show_contact(request, contact, passing=passing)
    try:
        moved = pass_on(
            consultation_id=contact_id,
            to_agent=typed_text(request.POST, "to"),
            acting_user=request.user,
            note=typed_text(request.POST, "note"),
            now=timezone.now(),
        )
    except Invalid as wrong:
        passing = _passing(request, wrong.fields)
        return show_contact(request, fresh(request, contact_id), status=422, passing=passing)
    except Conflict as late:
        notice, passing = Notice("warn", late.message), _passing(request)
        now = fresh(request, contact_id)
        return show_contact(request, now, status=409, notice=notice, passing=passing)
    text = _("Contact %(number)s is with %(name)s now.")
    messages.success(request, text % {"number": moved.pk, "name": name_of(moved.agent)})
    return leave(request, reverse("admin:console"))


def _passing(request: HttpRequest, errors: Mapping[str, Sequence[Any]] | None = None) -> Passing:
    others = active_agents().exclude(pk=request.user.pk)
    return Passing(
        colleagues=[(person.username, name_of(person)) for person in others],
        to=typed_text(request.POST, "to"),
        note=typed_text(request.POST, "note"),
        errors=errors or {},
    )


@desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))
def parked(request: HttpRequest) -> HttpResponse:
    """Contacts that wait for the user with this account ID. By POST: the ID is personal data."""
    if request.method != "POST":
        return redirect("admin:console")
    return _listed(request)


@desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))
def take_contact_over(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Take a colleague's contact whose user has come back."""
    if request.method != "POST":
        return redirect("admin:console")
    note = typed_text(request.POST, "note")
    try:
        take_over(
            consultation_id=contact_id,
            acting_user=request.user,
            note=note,
            from_agent=typed_text(request.POST, "from") or None,
            now=timezone.now(),
        )
    except Invalid as wrong:
        return _listed(request, status=422, wanted=Wanted(contact_id, note, wrong.fields))
    except (Conflict, NotFound) as late:
        return _listed(request, status=409, late=late, wanted=Wanted(note=note))
    messages.success(request, _("This contact is yours now. It goes on where it stands."))
    return leave(request, reverse("admin:console_contact", args=[contact_id]))


def _listed(
    request: HttpRequest,
    *,
    status: int = 200,
    late: DeskError | None = None,
    wanted: Wanted | None = None,
) -> HttpResponse:
    """The list as it is now, for the account ID that was typed: a fragment, or the console."""
    found = _found(request, typed_text(request.POST, "account_id"))
    found |= {"wanted": wanted}
    if late is not None:
        found["parked_notice"] = late.message
    if is_htmx(request):
        return render(request, "admin/console/_parked_list.html", found, status=status)
    context = {**home_context(request, now=timezone.now()), **found}
    return desk_render(request, "admin/console/home.html", context, status=status)


def _found(request: HttpRequest, raw: str) -> dict[str, Any]:
    if not raw.strip():
        return parked_context(request.user)
    problem = account_id_message(raw)
    if problem is not None:
        return {**parked_context(request.user), "parked_typed": raw, "parked_problem": problem}
    rows = parked_of_account(user=request.user, account_id=raw)
    return {
        "parked": rows,
        "parked_more": 0,
        "parked_typed": raw,
        "parked_searched": True,
        "most_note": MOST_NOTE,
    }
