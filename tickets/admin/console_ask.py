"""What a contact is about that began without a standard question: found and chosen in the contact.

Users whom a chatbot hands over come like that. The words searched for are not logged: nobody typed
them as a search of the console, and the contact keeps them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from kb.admin.flow_fields import typed_text
from klingdesk.core.errors import Conflict, NotFound
from klingdesk.pages import is_htmx
from tickets.admin.console_contacts import (
    after,
    conflict,
    contact_action,
    fresh,
    show_contact,
)
from tickets.admin.console_find import MOST_TYPED, found_questions
from tickets.admin.console_state import Notice
from tickets.services.consultations import choose_question


@contact_action
def search(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The questions that ``q`` may mean, as buttons: for htmx that list, else the contact.

    By POST, for it begins with the user's own words: account and number may be among them.
    """
    contact = fresh(request, contact_id)
    typed = typed_text(request.POST, "q")[:MOST_TYPED].strip()
    if not is_htmx(request):
        return show_contact(request, contact, asked=typed)
    return render(
        request,
        "admin/console/_ask_found.html",
        {
            "asked_typed": typed,
            "asked_rows": found_questions(user=request.user, typed=typed, now=timezone.now()),
            "choose_url": reverse("admin:console_choose", args=[contact.pk]),
        },
    )


@contact_action
def choose(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The contact is about ``question``; its flow begins."""
    now: datetime = timezone.now()
    key = typed_text(request.POST, "question")
    user: Any = request.user
    contact = fresh(request, contact_id)
    if not key:
        return redirect("admin:console_contact", contact_id)
    try:
        choose_question(consultation_id=contact_id, acting_user=user, question_key=key, now=now)
    except Conflict as late:
        return conflict(request, contact_id, late)
    except NotFound as gone:
        # Retired a moment ago; a contact of somebody else stays a 404.
        if contact.agent_id != user.pk:
            raise
        return show_contact(request, contact, status=409, notice=Notice("warn", gone.message))
    return after(request, contact_id)


urlpatterns: list[URLPattern] = [
    path("console/contacts/<int:contact_id>/ask/", search, name="console_ask"),
    path("console/contacts/<int:contact_id>/question/", choose, name="console_choose"),
]
