"""My login: sessions, and the second step."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.pages.token_parts import WantedToken, deal_with_token, tokens_context
from accounts.selectors.logins import authenticator_of, recovery_codes_left, sessions_of
from accounts.services import two_step
from accounts.services.logins import TWO_STEP, step_done
from accounts.services.sessions import end_logins, end_session
from klingdesk.core.errors import Conflict, DeskError, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


@desk_page(*Role)
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Where I am logged in, and how."""
    return desk_render(request, "admin/accounts/account.html", account_context(request))


def account_context(request: HttpRequest, wanted: WantedToken | None = None) -> dict[str, Any]:
    """Of the page; ``wanted`` is a token that was asked for on it."""
    device = authenticator_of(request.user)
    return {
        "title": _("My login"),
        "sessions": sessions_of(request.user),
        "present_key": request.session.session_key,
        "is_two_step": device is not None and device.confirmed,
        "codes_left": recovery_codes_left(request.user),
        **tokens_context(request.user, reverse("admin:account_tokens"), wanted),
    }


@desk_page(*Role, methods=("GET", "HEAD", "POST"))
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """Make a token, which is shown in the answer and never again, or revoke one."""
    if request.method != "POST":
        return redirect("admin:account")
    wanted = deal_with_token(request, user=request.user)
    if wanted is None:
        return redirect("admin:account")
    return desk_render(
        request,
        "admin/accounts/account.html",
        account_context(request, wanted),
        status=400 if wanted.errors else 200,
    )


@desk_page(*Role, methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """End one other session (``started_at``), or all others and the API tokens."""
    present = request.session.session_key or ""
    if chosen := request.POST.get("started_at"):
        started_at = _instant(chosen)
        if started_at and end_session(user=request.user, started_at=started_at, but=present):
            messages.success(request, _("That session is ended."))
        else:
            messages.info(request, _("That session had ended already."))
    else:
        end_logins(user=request.user, but=(present,))
        messages.success(request, _("You are logged out everywhere else; API tokens have ended."))
    return redirect("admin:account")


def _instant(text: str) -> Any:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


@desk_page(*Role, methods=("GET", "HEAD", "POST"))
@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    """Set up, switch off, renew the recovery codes: by ``action``."""
    if request.method != "POST":
        return _page(request)
    try:
        return _act(request, request.POST.get("action", ""))
    except DeskError as refused:
        return _page(request, refused=refused)


def _act(request: HttpRequest, action: str) -> HttpResponse:
    user, now = request.user, timezone.now()
    code = request.POST.get("code", "")[:100]
    match action:
        case "begin":
            two_step.begin_setup(user=user, now=now)
        case "confirm":
            codes = two_step.confirm_setup(
                user=user, code=code, session_key=request.session.session_key or "", now=now
            )
            step_done(request=request, step=TWO_STEP)
            return _codes(request, codes)
        case "renew":
            return _codes(request, two_step.renew_codes(user=user, code=code, now=now))
        case "off":
            two_step.switch_off(user=user, code=code, now=now)
            messages.success(request, _("Two-step login is switched off."))
            return redirect("admin:account")
        case _:
            raise Invalid(_("Choose what to do."))
    return redirect("admin:account_two_step")


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The recovery codes, shown in the answer itself and nowhere else."""
    context = {"title": _("Recovery codes"), "codes": codes}
    return desk_render(request, "admin/accounts/recovery_codes.html", context)


def _page(request: HttpRequest, *, refused: DeskError | None = None) -> HttpResponse:
    device = authenticator_of(request.user)
    context: dict[str, Any] = {
        "title": _("Two-step login"),
        "device": device,
        "codes_left": recovery_codes_left(request.user),
        "is_required": two_step.is_required(request.user),
        "refused": refused,
    }
    if device is not None and not device.confirmed:
        secret = two_step.secret_of(device)
        picture = segno.make(two_step.address_of(device), error="m")
        context["secret"] = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        context["picture"] = picture.png_data_uri(scale=5, border=4)
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 400
    return desk_render(request, "admin/accounts/two_step.html", context, status=status)
