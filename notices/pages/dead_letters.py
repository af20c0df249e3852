"""Undelivered: what could not leave the desk, and what a manager decides about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klingdesk.core.errors import Conflict, DeskError, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.error_words import in_error_words
from notices.models import Delivery
from notices.pages.parts import number_in, status_of, tabs
from notices.selectors import dead_letters
from notices.services.dead_letters import discard, resend
from notices.words import in_words

PER_PAGE = 50


@desk_page(Role.MANAGER)
def letters(request: HttpRequest) -> HttpResponse:
    """The latest first, with the error of each."""
    return _page(request)


@desk_page(Role.MANAGER, methods=("POST",))
def deal(request: HttpRequest) -> HttpResponse:
    """``do`` is ``resend`` or ``discard``, with ``reason``; ``id`` names one, without it all."""
    posted = request.POST
    given = posted.get("id", "")
    delivery_id = number_in(given)
    if given and delivery_id is None:
        return redirect("admin:dead_letters")
    who: dict[str, Any] = {
        "acting_user": request.user,
        "delivery_ids": None if delivery_id is None else [delivery_id],
        "now": timezone.now(),
    }
    try:
        if posted.get("do") == "resend":
            done = resend(**who)
            text = ngettext(
                "%(count)d delivery is being sent again.",
                "%(count)d deliveries are being sent again.",
                done,
            )
            messages.success(request, text % {"count": done})
        elif posted.get("do") == "discard":
            done = discard(**who, reason=posted.get("reason", "").replace("\x00", ""))
            text = ngettext(
                "%(count)d delivery was discarded.", "%(count)d deliveries were discarded.", done
            )
            messages.success(request, text % {"count": done})
    except (Conflict, Invalid) as refused:
        return _page(request, refused=refused, refused_id=delivery_id)
    return redirect("admin:dead_letters")


def _page(
    request: HttpRequest, *, refused: DeskError | None = None, refused_id: int | None = None
) -> HttpResponse:
    page = Paginator(dead_letters(), PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    errors = refused.fields.get("reason", []) if isinstance(refused, Invalid) else []
    is_shown = refused_id in {delivery.pk for delivery in shown}
    context = {
        "title": _("Undelivered notices"),
        "tabs": tabs(request),
        "page": page,
        "rows": [
            _row(delivery, errors if delivery.pk == refused_id else [], request)
            for delivery in shown
        ],
        "refused": refused,
        "all_errors": errors if refused_id is None or not is_shown else [],
        "all_reason": request.POST.get("reason", "") if refused_id is None else "",
    }
    return desk_render(
        request, "admin/notices/dead_letters.html", context, status=status_of(refused)
    )


def _row(delivery: Delivery, errors: list[Any], request: HttpRequest) -> dict[str, Any]:
    target = delivery.webhook.name if delivery.webhook else str(delivery.recipient)
    return {
        "delivery": delivery,
        "words": in_words(delivery.payload["code"], delivery.payload["params"]),
        "target": target,
        "error": in_error_words(delivery.last_error),
        "is_off": delivery.webhook is not None and not delivery.webhook.is_active,
        "errors": errors,
        "reason": request.POST.get("reason", "") if errors else "",
    }
