"""The console's first screen: the user's words in, the standard question and its script out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.models import QuestionAttachment, StandardQuestion
from kb.rules.media import VIDEOS
from kb.selectors.answers import answer_of, flow_of
from kb.selectors.questions import answerable_question
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx
from tickets.admin.console_find import found, typed_words, with_words
from tickets.admin.console_standing import end_of, standing_badge
from tickets.models.labels import Channel, Status
from tickets.selectors.consultations import open_consultations
from tickets.selectors.parked import parked_of_colleagues
from tickets.selectors.tickets import tickets_for
from tickets.services.contact_transfers import MOST_NOTE

OPEN_SHOWN = 20
HANDED_OVER_SHOWN = 8


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a piece of the page is wanted: htmx asks for whole pages when one goes back."""
    return is_htmx(request) and request.headers.get("HX-History-Restore-Request") != "true"


@desk_page(Role.AGENT)
def home(request: HttpRequest) -> HttpResponse:
    """Search, the browse tree, the agent's open contacts and latest tickets."""
    return desk_render(
        request, "admin/console/home.html", home_context(request, now=timezone.now())
    )


@desk_page(Role.AGENT)
def search(request: HttpRequest) -> HttpResponse:
    """Results for ``?q=`` as a fragment; without htmx the whole console with them."""
    typed = typed_words(request)
    address = with_words(reverse("admin:console"), typed)
    if not wants_fragment(request):
        return redirect(address)
    context = found(user=request.user, typed=typed, now=timezone.now())
    response = render(request, "admin/console/_found.html", context)
    response.headers["HX-Replace-Url"] = address
    return response


@desk_page(Role.AGENT)
def question(request: HttpRequest, key: str) -> HttpResponse:
    """One standard question: the panel alone for htmx, else the console with the panel open."""
    now = timezone.now()
    asked = answerable_question(user=request.user, key=key)
    panel = question_panel(asked, typed=typed_words(request), now=now)
    if wants_fragment(request):
        return render(request, "admin/console/_panel.html", {**panel, "is_fragment": True})
    context = {**home_context(request, now=now), **panel, "title": asked.title}
    return desk_render(request, "admin/console/home.html", context)


def question_panel(asked: StandardQuestion, *, typed: str, now: datetime) -> dict[str, Any]:
    """Context of the question panel. Its forms post the user's words as ``typed`` has them.

    ``asked`` comes from ``kb.selectors.questions``. Of its texts, the panel shows to be read
    out and copied only what ``answer`` says may be given at ``now``.
    """
    flow = flow_of(asked, now=now)
    answer = answer_of(asked, now=now)
    return {
        "question": asked,
        "answer": answer,
        "badge": standing_badge(asked, now=now),
        "ends_at": end_of(asked),
        "typed": typed,
        "has_flow": flow is not None and flow.current_id is not None,
        "attachments": [_shown(item) for item in answer.attachments],
        "review_is_due": asked.review_due is not None
        and asked.review_due <= timezone.localdate(now),
        "channels": Channel.choices,
    }


def _shown(item: QuestionAttachment) -> dict[str, Any]:
    return {
        "title": item.title,
        "url": reverse("admin:kb_attachment", args=[item.attachment.digest]),
        "is_video": item.attachment.media_type in VIDEOS,
        "width": item.attachment.width,
        "height": item.attachment.height,
    }


def home_context(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """What the console's first screen shows beside a question."""
    user: Any = request.user
    open_contacts = list(open_consultations(user=user)[:OPEN_SHOWN])
    mine = tickets_for(user=user).filter(handed_over_by=user).order_by("-created_at")
    return {
        "title": _("Console"),
        "open_contacts": open_contacts,
        "handed_over": mine[:HANDED_OVER_SHOWN],
        "returned": mine.filter(status=Status.RETURNED).order_by("due_at", "pk")[:OPEN_SHOWN],
        **parked_context(user),
        **found(user=user, typed=typed_words(request), now=now),
    }


def parked_context(user: Any) -> dict[str, Any]:
    """Contacts of colleagues that wait for their user."""
    parked, more = parked_of_colleagues(user=user)
    return {"parked": parked, "parked_more": more, "most_note": MOST_NOTE}
