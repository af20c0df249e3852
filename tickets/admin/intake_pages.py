"""Users of a chatbot who wait for an agent: the list in the console, and taking one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.flow_fields import typed_text
from kb.rules.masking import mask
from klingdesk.core.account_id import mask_account_id
from klingdesk.core.errors import Conflict, DeskError, NotFound
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page, desk_render
from tickets.admin.console import wants_fragment
from tickets.admin.console_contacts import leave
from tickets.models import Intake
from tickets.selectors.intake import waiting_for
from tickets.services.intake import take_intake

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the list. Nothing in it says who the user is."""

    pk: int
    since: datetime
    until: datetime
    channel: str
    bot: str
    words: str
    account: str
    turns: int
    suggestions: list[dict[str, str]]


@desk_page(Role.AGENT, Role.MANAGER)
def waiting_users(request: HttpRequest) -> HttpResponse:
    """Who waits, the longest first: the whole page, or for htmx its list."""
    return _listed(request)


@desk_page(Role.AGENT, methods=("GET", "HEAD", "POST"))
def take(request: HttpRequest, intake_id: int) -> HttpResponse:
    """Take a user, about the suggested ``question`` or none yet; the contact opens."""
    if request.method != "POST":
        return redirect("admin:intake")
    try:
        taken = take_intake(
            intake_id=intake_id,
            acting_user=request.user,
            question_key=typed_text(request.POST, "question") or None,
            now=timezone.now(),
        )
    except (Conflict, NotFound) as late:
        return _listed(request, status=409, late=late)
    messages.success(request, _("This user is yours now. The contact has begun."))
    return leave(request, reverse("admin:console_contact", args=[taken.consultation_id]))


def _listed(
    request: HttpRequest, *, status: int = 200, late: DeskError | None = None
) -> HttpResponse:
    now = timezone.now()
    rows = list(waiting_for(user=request.user, now=now)[: SHOWN + 1])
    context: dict[str, Any] = {
        "title": _("Waiting users"),
        "rows": [_row(each) for each in rows[:SHOWN]],
        "is_more": len(rows) > SHOWN,
        "late": late,
        "may_take": Role.AGENT in roles_of(request.user),
    }
    if wants_fragment(request):
        return render(request, "admin/console/_intake_list.html", context, status=status)
    return desk_render(request, "admin/console/intake.html", context, status=status)


def _row(intake: Intake) -> Waiting:
    return Waiting(
        pk=intake.pk,
        since=intake.created_at,
        until=intake.expires_at,
        channel=str(intake.get_channel_display()),
        bot=intake.bot.get_username(),
        words=mask(intake.text),
        account=mask_account_id(intake.account_id) if intake.account_id else "",
        turns=len(intake.transcript),
        suggestions=intake.suggestions,
    )


urlpatterns: list[URLPattern] = [
    path("console/waiting/", waiting_users, name="intake"),
    path("console/waiting/<int:intake_id>/take/", take, name="intake_take"),
]
