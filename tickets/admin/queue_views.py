"""Filters of the ticket list that a person keeps under a name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page
from tickets.admin.queue import show_list
from tickets.admin.queue_parts import list_url
from tickets.selectors.ticket_list import Filters
from tickets.services.saved_views import delete_view, rename_view, save_view, share_view


@desk_page(Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def queue_view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters ``list`` as ``name``; the list again with the name when it cannot be."""
    filters = Filters.of_query(request.POST.get("list", ""))
    if request.method != "POST":
        return redirect("admin:queue")
    name = request.POST.get("name", "").replace("\x00", "")
    try:
        view = save_view(
            acting_user=request.user,
            name=name,
            query=filters.query(),
            now=timezone.now(),
            replace=bool(request.POST.get("replace")),
        )
    except Invalid as wrong:
        told = [message for each in wrong.fields.values() for message in each]
        return _again(request, filters, name, told, 422)
    except Conflict as taken:
        return _again(request, filters, name, [taken.message], 409, can_replace=True)
    messages.success(request, _("View saved: %(name)s") % {"name": view.name})
    return redirect(list_url(filters.query()))


def _again(
    request: HttpRequest,
    filters: Filters,
    name: str,
    errors: list[Any],
    status: int,
    *,
    can_replace: bool = False,
) -> HttpResponse:
    return show_list(
        request,
        filters,
        status=status,
        view_name=name,
        view_errors=errors,
        can_replace=can_replace,
    )


@desk_page(Role.ADVISOR, Role.MANAGER, methods=("GET", "HEAD", "POST"))
def queue_view_change(request: HttpRequest, view_id: int) -> HttpResponse:
    """``do`` is ``delete``, ``share``, ``unshare`` or ``rename`` (with ``name``)."""
    back = redirect(list_url(Filters.of_query(request.POST.get("list", "")).query()))
    if request.method != "POST":
        return redirect("admin:queue")
    user = request.user
    try:
        match request.POST.get("do", ""):
            case "delete":
                delete_view(view_id=view_id, acting_user=user)
                messages.success(request, _("The view is deleted."))
            case "share" | "unshare" as do:
                share_view(view_id=view_id, acting_user=user, shared=do == "share")
                messages.success(
                    request,
                    _("Everybody sees the view now.")
                    if do == "share"
                    else _("The view is yours alone now."),
                )
            case "rename":
                rename_view(view_id=view_id, acting_user=user, name=request.POST.get("name", ""))
                messages.success(request, _("The view has its new name."))
    except Invalid as wrong:
        for message in [text for each in wrong.fields.values() for text in each]:
            messages.error(request, message)
    except Conflict as taken:
        messages.error(request, taken.message)
    return back
