"""The inbox: what this person has been told."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.models.labels import SeverityLabel
from notices.pages.parts import number_in, tabs
from notices.selectors import notices_for, topics_for, unread_count
from notices.services import mark_read
from notices.words import codes_of, in_words, severity_of, topic_of

PER_PAGE = 50


@desk_page(*Role)
def inbox(request: HttpRequest) -> HttpResponse:
    """The reader's own notices, newest first; ``?unread=1`` and ``?topic=`` narrow them."""
    unread, topic = _filters(request.GET, request)
    notices = notices_for(request.user, unread=unread, topic=topic)
    page = Paginator(notices, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    rows = [
        {
            "notice": notice,
            "words": in_words(notice.code, notice.params),
            "topic": topic_of(notice.code).label,
            "severity": severity_of(notice.code).value,
            "severity_label": SeverityLabel(severity_of(notice.code).value).label,
        }
        for notice in shown
    ]
    context = {
        "title": _("Inbox"),
        "tabs": tabs(request),
        "page": page,
        "rows": rows,
        "unread": unread,
        "topic": topic,
        "topics": topics_for(request.user),
        "is_filtered": bool(unread or topic),
        "has_unread": any(notice.read_at is None for notice in shown),
    }
    return desk_render(request, "admin/notices/inbox.html", context)


@desk_page(*Role, methods=("POST",))
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (``id``) as read, or without one all that the filters show."""
    given = request.POST.get("id", "")
    unread, topic = _filters(request.POST, request)
    back = _address(unread, topic)
    notice_id = number_in(given)
    if given and notice_id is None:
        return redirect(back)
    done = mark_read(
        acting_user=request.user,
        notice_ids=None if notice_id is None else [notice_id],
        codes=codes_of(topic) if topic and notice_id is None else None,
        now=timezone.now(),
    )
    if done:
        text = ngettext(
            "%(count)d notice marked as read.", "%(count)d notices marked as read.", done
        )
        messages.success(request, text % {"count": done})
    return redirect(back)


@desk_page(*Role)
def unread(request: HttpRequest) -> HttpResponse:
    """How many are unread, as JSON; 304 while that has not changed since the given ETag."""
    count = unread_count(request.user)
    etag = f'"{count}"'
    answer = JsonResponse({"unread": count}, headers={"ETag": etag})
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _filters(query: object, request: HttpRequest) -> tuple[bool, str]:
    """What is asked for; a topic that does not concern the reader narrows nothing."""
    given = getattr(query, "get")  # noqa: B009 - a QueryDict of either method
    known = {topic.key for topic in topics_for(request.user)}
    topic = given("topic", "")
    return given("unread", "") == "1", topic if topic in known else ""


def _address(unread: bool, topic: str) -> str:
    kept = {name: value for name, value in (("unread", unread and "1"), ("topic", topic)) if value}
    address = reverse("admin:inbox")
    return f"{address}?{urlencode(kept)}" if kept else address
