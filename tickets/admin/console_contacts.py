"""The contact in progress: one node of its flow at a time, until it ends without a ticket."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.flow_fields import typed_text, typed_values
from klingdesk.core.errors import Conflict, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx
from tickets.admin.console_collect import TypedValues, rescued_values
from tickets.admin.console_find import MOST_TYPED, question_url, with_words
from tickets.admin.console_state import Notice, contact_context
from tickets.models import Consultation
from tickets.selectors.consultations import consultation_get_for
from tickets.selectors.runs import run_state
from tickets.services.consultations import (
    answer_step,
    finish_consultation,
    go_back,
    hand_over_instead,
    jump_back,
    restart_run,
    start_consultation,
)

View = Callable[..., HttpResponse]

SLUG = re.compile(r"[-a-zA-Z0-9_]+")


def contact_action(view: View) -> View:
    """A button of the contact page. A GET (the login page sends people on with one) shows the
    contact as it is."""

    @wraps(view)
    def posted(request: HttpRequest, contact_id: int) -> HttpResponse:
        if request.method != "POST":
            return redirect("admin:console_contact", contact_id)
        return view(request, contact_id)

    return desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))(posted)


def show_contact(
    request: HttpRequest, consultation: Consultation, *, status: int = 200, **what: Any
) -> HttpResponse:
    """The contact: for htmx the part that changes, else the whole page."""
    context = contact_context(request, consultation, now=timezone.now(), **what)
    if is_htmx(request):
        return render(request, "admin/console/_contact.html", context, status=status)
    asked = consultation.question
    context["title"] = asked.title if asked else _("Contact without a standard question")
    return desk_render(request, "admin/console/contact.html", context, status=status)


def fresh(request: HttpRequest, contact_id: int) -> Consultation:
    """The contact as the database has it now. ``NotFound`` when it may not be seen."""
    return consultation_get_for(user=request.user, consultation_id=contact_id)


def after(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The answer to a button that worked: the new state, by redirect where there is no htmx."""
    if is_htmx(request):
        return show_contact(request, fresh(request, contact_id))
    return redirect("admin:console_contact", contact_id)


def conflict(request: HttpRequest, contact_id: int, late: Conflict, **what: Any) -> HttpResponse:
    """The answer to a button that came too late: what stands now, with the reason on top."""
    notice = Notice("warn", late.message)
    return show_contact(request, fresh(request, contact_id), status=409, notice=notice, **what)


def leave(request: HttpRequest, address: str) -> HttpResponse:
    """Go to another page, with or without htmx."""
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))
def start(request: HttpRequest) -> HttpResponse:
    """Begin a contact from a question's panel; ``then=answered`` ends it at once."""
    if request.method != "POST":
        return redirect("admin:console")
    words = typed_text(request.POST, "utterance")
    key = typed_text(request.POST, "question")
    found_by = with_words(reverse("admin:console"), typed_text(request.POST, "q")[:MOST_TYPED])
    if not key:
        messages.error(request, _("Choose the standard question first."))
        return redirect(found_by)
    try:
        begun = _begin(request, words=words, key=key, now=timezone.now())
    except NotFound as gone:
        messages.error(request, str(gone))
        return redirect(found_by)
    except Invalid as wrong:
        for message in [str(text) for texts in wrong.fields.values() for text in texts]:
            messages.error(request, message)
        return redirect(question_url(key, words[:MOST_TYPED]) if SLUG.fullmatch(key) else found_by)
    except Conflict:
        # The page is older than the answer's end, or than its flow.
        messages.warning(
            request,
            _("Nothing was recorded: this question is handed over now. Say what stands here."),
        )
        return redirect(question_url(key, words[:MOST_TYPED]))
    if begun.status == "open":
        return redirect("admin:console_contact", begun.pk)
    messages.success(request, _("Recorded as answered: %(title)s") % {"title": begun.question})
    return redirect("admin:console")


@transaction.atomic
def _begin(request: HttpRequest, *, words: str, key: str, now: datetime) -> Consultation:
    begun = start_consultation(
        acting_user=request.user,
        channel=request.POST.get("channel", ""),
        utterance=words,
        question_key=key,
        now=now,
    )
    if request.POST.get("then") == "answered":
        return finish_consultation(
            consultation_id=begun.pk, acting_user=request.user, outcome="answered", now=now
        )
    return begun


@desk_page(Role.AGENT)
def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The contact where it stands, over or not."""
    return show_contact(request, fresh(request, contact_id))


@contact_action
def answer(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Answer the node that the page showed, with the values that were typed there."""
    node, values = typed_text(request.POST, "node"), typed_values(request.POST)
    try:
        answer_step(
            consultation_id=contact_id,
            acting_user=request.user,
            node=node,
            value=typed_text(request.POST, "value"),
            values=values,
            now=timezone.now(),
        )
    except Conflict as late:
        state = run_state(fresh(request, contact_id)) if values else None
        rescued = rescued_values(state, TypedValues(node, values, {})) if state else []
        return conflict(request, contact_id, late, rescued=rescued)
    except Invalid as wrong:
        return show_contact(
            request,
            fresh(request, contact_id),
            status=422,
            notice=Notice("bad", wrong.message) if "value" in wrong.fields else None,
            refused_values=TypedValues(node, values, wrong.fields),
        )
    return after(request, contact_id)


@contact_action
def back(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Undo the last answer."""
    return _walk(go_back, request, contact_id)


@contact_action
def jump(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Ask an earlier answer of the path again."""
    step = request.POST.get("step", "")
    number = int(step) if re.fullmatch(r"[0-9]{1,6}", step, re.ASCII) else 0
    return _walk(partial(jump_back, step=number), request, contact_id)


@contact_action
def restart(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Undo every answer."""
    return _walk(restart_run, request, contact_id)


@contact_action
def instead(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Leave a flow whose answer is not in force any more, and hand over."""
    return _walk(hand_over_instead, request, contact_id)


def _walk(service: Callable[..., Any], request: HttpRequest, contact_id: int) -> HttpResponse:
    try:
        service(consultation_id=contact_id, acting_user=request.user, now=timezone.now())
    except Conflict as late:
        return conflict(request, contact_id, late)
    return after(request, contact_id)


@contact_action
def finish(request: HttpRequest, contact_id: int) -> HttpResponse:
    """End the contact without a ticket and go on to the next user."""
    try:
        ended = finish_consultation(
            consultation_id=contact_id,
            acting_user=request.user,
            outcome=request.POST.get("outcome", ""),
            now=timezone.now(),
        )
    except Conflict as late:
        return conflict(request, contact_id, late)
    except Invalid as wrong:
        notice = Notice("bad", wrong.message)
        return show_contact(request, fresh(request, contact_id), status=422, notice=notice)
    messages.success(
        request,
        _("Contact ended (%(status)s). Ready for the next user.")
        % {"status": ended.get_status_display()},
    )
    return leave(request, reverse("admin:console"))
