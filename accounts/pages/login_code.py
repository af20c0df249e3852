"""The second step of a login: between the right password and the session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.services.logins import log_in
from accounts.services.two_step import TooSoon, check_code
from klingdesk.core.errors import DeskError
from klingdesk.pages import desk_render

PENDING = "login_pending"
PENDING_SECONDS = 600
MOST_WRONG_CODES = 5
"""After so many the password is asked for anew; what slows guessing down is the authenticator."""


def remember_password(request: HttpRequest, user: Any, *, next_page: str) -> None:
    """Note in the (anonymous) session that the password was right."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": int(timezone.now().timestamp()),
        "next": next_page,
        "wrong": 0,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask for the code and log in; back to the password when it is not remembered (any more)."""
    now = timezone.now()
    user = _pending_user(request, now)
    if user is None:
        return redirect("admin:login")
    if request.method != "POST":
        return _page(request)
    try:
        check_code(user=user, code=request.POST.get("code", "")[:100], now=now)
    except DeskError as refused:
        return _refused(request, refused)
    next_page = request.session.pop(PENDING)["next"]
    log_in(request=request, user=user, now=now)
    return HttpResponseRedirect(next_page)


def _pending_user(request: HttpRequest, now: datetime) -> Any | None:
    pending = request.session.get(PENDING)
    if pending is None or now.timestamp() - pending["at"] > PENDING_SECONDS:
        return None
    user = get_user_model().objects.filter(pk=pending["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), pending["password"]):
        return None
    return user


def _refused(request: HttpRequest, refused: DeskError) -> HttpResponse:
    pending = request.session[PENDING]
    wrong = pending["wrong"] + (0 if isinstance(refused, TooSoon) else 1)
    if wrong >= MOST_WRONG_CODES:
        del request.session[PENDING]
        return redirect("admin:login")
    request.session[PENDING] = {**pending, "wrong": wrong}
    return _page(request, refused=refused)


def _page(request: HttpRequest, *, refused: DeskError | None = None) -> HttpResponse:
    context = {"title": _("Enter the code"), "refused": refused}
    status = 200 if refused is None else 429 if isinstance(refused, TooSoon) else 400
    return desk_render(request, "admin/accounts/login_code.html", context, status=status)
