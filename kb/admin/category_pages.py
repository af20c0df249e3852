"""Groups of standard questions on one page: added, renamed, put in order, deleted when empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _

from kb.models import Category
from kb.services.categories import (
    MOST_SLUG,
    MOST_TITLE,
    add_category,
    delete_category,
    rename_category,
    swap_categories,
)
from klingdesk.core.errors import Conflict, DeskError, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


def show_groups(
    request: HttpRequest,
    *,
    refused: DeskError | None = None,
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """All groups in their order. After a refusal with what was ``typed`` and why not."""
    typed = typed or {}
    adding = typed.get("act") == "add"
    groups = list(Category.objects.annotate(size=Count("questions")).order_by("order", "slug"))
    context = {
        "title": _("Groups"),
        "rows": [
            {
                "group": group,
                "typed": typed.get("title", "")
                if typed.get("act") == "rename" and typed.get("slug") == group.slug
                else group.title,
                "is_refused": not adding and typed.get("slug") == group.slug,
                "above": groups[place - 1].slug if place else "",
                "below": groups[place + 1].slug if place + 1 < len(groups) else "",
            }
            for place, group in enumerate(groups)
        ],
        "new": typed if adding else {},
        "problem": refused.message if refused is not None else "",
        "errors": refused.fields if isinstance(refused, Invalid) else {},
        "is_adding": adding,
        "most_title": MOST_TITLE,
        "most_slug": MOST_SLUG,
    }
    return desk_render(request, "admin/kb/room_groups.html", context, status=status)


@desk_page(Role.EDITOR, methods=("POST",))
def change_groups(request: HttpRequest) -> HttpResponse:
    """Do what ``act`` says. 422 with the errors, 409 when somebody else was faster."""
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise BadRequest("unknown act")
    try:
        done = act(request.POST)
    except (Invalid, Conflict, NotFound) as refused:
        status = 422 if isinstance(refused, Invalid) else 409
        return show_groups(request, refused=refused, typed=request.POST.dict(), status=status)
    messages.success(request, done)
    return redirect("admin:kb_category_changelist")


def _text(post: QueryDict, name: str) -> str:
    return str(post.get(name, "")).replace("\x00", "")


def _add(post: QueryDict) -> str:
    made = add_category(slug=_text(post, "slug"), title=_text(post, "title"))
    return _("The group “%(title)s” is there.") % {"title": made.title}


def _rename(post: QueryDict) -> str:
    renamed = rename_category(
        slug=_text(post, "slug"),
        title=_text(post, "title"),
        expected_title=_text(post, "expected_title"),
    )
    return _("The group is called “%(title)s” now.") % {"title": renamed.title}


def _move(post: QueryDict) -> str:
    swap_categories(slug=_text(post, "slug"), neighbour=_text(post, "neighbour"))
    return _("The order is changed.")


def _delete(post: QueryDict) -> str:
    delete_category(slug=_text(post, "slug"))
    return _("The group is deleted.")


_ACTS: dict[str, Callable[[QueryDict], Any]] = {
    "add": _add,
    "rename": _rename,
    "move": _move,
    "delete": _delete,
}

urlpatterns = [path("kb-room/groups/", change_groups, name="kb_groups_change")]
