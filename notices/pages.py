"""The inbox: what this person has been told."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.selectors import notices_for
from notices.services import mark_read
from notices.words import in_words

PER_PAGE = 50


@desk_page(*Role)
def inbox(request: HttpRequest) -> HttpResponse:
    """The reader's own notices, newest first."""
    page = Paginator(notices_for(request.user), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    rows = [{"notice": notice, "words": in_words(notice.code, notice.params)} for notice in shown]
    context = {
        "title": _("Inbox"),
        "page": page,
        "rows": rows,
        "has_unread": any(notice.read_at is None for notice in shown),
    }
    return desk_render(request, "admin/notices/inbox.html", context)


@desk_page(*Role, methods=("POST",))
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (``id``) as read, or all of them without one."""
    given = request.POST.get("id", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 19):
        return redirect("admin:inbox")
    done = mark_read(
        acting_user=request.user,
        notice_ids=[int(given)] if given else None,
        now=timezone.now(),
    )
    if done:
        text = ngettext(
            "%(count)d notice marked as read.", "%(count)d notices marked as read.", done
        )
        messages.success(request, text % {"count": done})
    return redirect("admin:inbox")
