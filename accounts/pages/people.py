"""Administrators' pages about other people's logins: lock-outs, sessions, the second step."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.pages.token_parts import WantedToken, deal_with_token, tokens_context
from accounts.selectors.logins import authenticator_of, must_change_password, sessions_of
from accounts.services.lockouts import lift, lift_for, locked_now, minutes_locked
from accounts.services.sessions import end_logins
from accounts.services.two_step import reset_for
from klingdesk.core.roles import Role, is_bot
from klingdesk.pages import desk_page, desk_render


@desk_page(Role.ADMIN)
def lockouts(request: HttpRequest) -> HttpResponse:
    """Who is locked out now."""
    context = {
        "title": _("Lock-outs"),
        "rows": locked_now(now=timezone.now()),
        "minutes": minutes_locked(),
    }
    return desk_render(request, "admin/accounts/lockouts.html", context)


@desk_page(Role.ADMIN, methods=("POST",))
def lift_lockout(request: HttpRequest) -> HttpResponse:
    """Lift one row of the list."""
    address = request.POST.get("address", "")
    known = {(row.name, row.address or "") for row in locked_now(now=timezone.now())}
    name = request.POST.get("name", "")
    if (name, address) in known:
        lift(name=name, address=address)
        messages.success(request, _("The lock-out is lifted."))
    else:
        messages.info(request, _("The lock-out was over already."))
    return redirect("admin:lockouts")


@desk_page(Role.ADMIN)
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """How one person logs in, and what an administrator can do about it."""
    return _person_page(request, _person(user_id))


def _person_page(
    request: HttpRequest, somebody: Any, wanted: WantedToken | None = None
) -> HttpResponse:
    device = authenticator_of(somebody)
    context = {
        "title": _("Login of %(name)s") % {"name": somebody.get_username()},
        "person": somebody,
        "sessions": sessions_of(somebody),
        "is_bot": is_bot(somebody),
        "is_two_step": device is not None and device.confirmed,
        "must_change": must_change_password(somebody),
        **tokens_context(somebody, reverse("admin:person_tokens", args=[somebody.pk]), wanted),
    }
    status = 400 if wanted is not None and wanted.errors else 200
    return desk_render(request, "admin/accounts/person.html", context, status=status)


@desk_page(Role.ADMIN, methods=("GET", "HEAD", "POST"))
@never_cache
def person_tokens(request: HttpRequest, user_id: int) -> HttpResponse:
    """Make and revoke tokens of a program; people make their own."""
    somebody = _person(user_id)
    if request.method != "POST":
        return redirect("admin:person_login", user_id=user_id)
    wanted = deal_with_token(request, user=somebody)
    if wanted is None or wanted.token:
        done = _("An API token was made.") if wanted else _("An API token was revoked.")
        _log(request, somebody, done)
    if wanted is None:
        return redirect("admin:person_login", user_id=user_id)
    return _person_page(request, somebody, wanted)


@desk_page(Role.ADMIN, methods=("POST",))
def person_act(request: HttpRequest, user_id: int) -> HttpResponse:
    """Sign out everywhere, reset the second step, lift the lock-out: by ``action``."""
    somebody = _person(user_id)
    match request.POST.get("action"):
        case "sign_out":
            end_logins(user=somebody)
            done = _("Logged out everywhere; API tokens have ended.")
        case "reset_two_step":
            reset_for(user=somebody)
            done = _("Two-step login is reset, and all sessions have ended.")
        case "lift":
            lift_for(user=somebody)
            done = _("The lock-out is lifted.")
        case _:
            messages.error(request, _("Choose what to do."))
            return redirect("admin:person_login", user_id=user_id)
    _log(request, somebody, done)
    messages.success(request, done)
    return redirect("admin:person_login", user_id=user_id)


def _log(request: HttpRequest, somebody: Any, done: str) -> None:
    LogEntry.objects.log_actions(
        user_id=int(request.user.pk or 0),
        queryset=[somebody],
        action_flag=CHANGE,
        change_message=done,
        single_object=True,
    )


def _person(user_id: int) -> Any:
    somebody = get_user_model().objects.filter(pk=user_id).first()
    if somebody is None:
        raise Http404
    return somebody
