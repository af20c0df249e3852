"""Sessions that end, the person's language, steps that are owed, forms sent too late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.limits import is_over
from accounts.services.logins import PASSWORD
from accounts.sessions import LANGUAGE, OWED, SEEN
from klingdesk.pages import is_htmx

Answer = Callable[[HttpRequest], HttpResponseBase]

ASKED_BY_PAGE = "X-Desk-Polling"
"""Header of what a page asks by itself while it is open: no sign of the person.

The desk's scripts send it (``tests/house/test_polling.py``). Whoever forges it shortens their own
session and nothing else.
"""

NOT_REPEATED = frozenset({"csrfmiddlewaretoken", "secret", "url"})
"""Fields that no page repeats, beside passwords: webhooks' secrets and addresses."""

SEEN_EVERY = 60
"""Seconds between two notes of when a person was last seen: a write for each request is dear."""

ALWAYS_OPEN = frozenset(
    {"logout", "jsi18n", "set_language", "password_change", "password_change_done"}
)
TWO_STEP_PAGE = "account_two_step"


class SessionLimits:
    """Ends sessions that are idle or too old; keeps what was typed when one has ended.

    Stands before the authentication, so that an ended session is nobody's.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if has_session and SESSION_KEY in request.session:
            self._end_if_over(request)
        response = self.get_response(request)
        return _form_kept(request, response) if _is_lost_form(request, response) else response

    def _end_if_over(self, request: HttpRequest) -> None:
        if is_over(
            request.session,
            now=timezone.now(),
            idle=settings.KLINGDESK_SESSION_IDLE,
            longest=settings.KLINGDESK_SESSION_LONGEST,
        ):
            request.session.flush()

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Note that the person is there, unless the page asks by itself."""
        seen = (
            request.session.get(SEEN) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        )
        if seen is not None and ASKED_BY_PAGE not in request.headers:
            stamp = int(timezone.now().timestamp())
            if stamp - seen >= SEEN_EVERY:
                request.session[SEEN] = stamp
        return None


def _is_lost_form(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a form was sent by somebody whom the desk does not know (any more)."""
    if request.method != "POST" or response.status_code != 302:
        return False
    login, leads_to = reverse(settings.LOGIN_URL), response.headers.get("Location", "")
    return leads_to.startswith(f"{login}?") and not request.path.startswith(login)


def _form_kept(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """401 with everything that was typed, to be sent again after a login in another tab.

    Passwords, and secrets and addresses of webhooks, are left out. htmx gets it without a swap:
    the form stays as it is, and ``desk.js`` says what to do.
    """
    if is_htmx(request):
        kept = HttpResponse(status=401)
        kept.headers["HX-Reswap"] = "none"
        return kept
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in NOT_REPEATED and "password" not in name
    ]
    context = {"fields": fields, "address": request.get_full_path(), "has_files": request.FILES}
    kept = render(request, "admin/accounts/form_kept.html", context, status=401)
    kept.headers["Cache-Control"] = "no-store"
    return kept


class PersonLanguage(LocaleMiddleware):
    """The language that the person has chosen, on every machine they log in at.

    Without a choice, and for programs with a token, it is Django's: the browser's cookie, then
    ``Accept-Language``, then the desk's. Costs no query: the session is read in any case.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        chosen = request.session.get(LANGUAGE)
        if chosen in dict(settings.LANGUAGES):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen


class OwedSteps:
    """Lets somebody who has to change the password, or to set up the second step, do only that."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        owed = request.session.get(OWED)
        name = request.resolver_match.url_name if request.resolver_match else None
        if not owed or name in ALWAYS_OPEN or not request.user.is_authenticated:
            return None
        if owed[0] == PASSWORD:
            page, text = "password_change", _("Choose a password of your own first.")
        elif name == TWO_STEP_PAGE:
            return None
        else:
            page, text = TWO_STEP_PAGE, _("Your role needs two-step login. Set it up first.")
        if request.path.startswith("/api/"):
            return _problem(text, f"{owed[0]}_owed")
        if request.method == "GET":
            messages.warning(request, text)
        return redirect(f"admin:{page}")


def _problem(text: str, code: str) -> JsonResponse:
    body = {
        "type": f"urn:klingdesk:problem:{code}",
        "title": _("Not allowed"),
        "status": 403,
        "detail": text,
        "code": code,
    }
    return JsonResponse(body, status=403, content_type="application/problem+json")
