"""On what terms an operation may be used: the scope that a token needs, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.http import http_date
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.scopes import EVERYTHING, Scope


@dataclass(frozen=True, slots=True)
class Ending:
    """An operation that goes away: deprecated at ``since``, gone from ``sunset`` on.

    ``instead`` is the address of a page that says what to use.
    """

    since: datetime
    sunset: datetime
    instead: str


@dataclass(frozen=True, slots=True)
class Terms:
    """``scope``: what a token must hold; without one, everything."""

    scope: Scope | None
    ending: Ending | None = None


def terms_of(view: Any, method: str | None) -> Terms | None:
    """Those of a view's method; None where the view has no such method."""
    handler: Callable[..., Any] | None = getattr(view, (method or "").lower(), None)
    return getattr(handler, "desk_terms", None)


class ScopeMissing(PermissionDenied):
    default_code = "scope_missing"


class HasScope(BasePermission):
    """Whether the token is for this. A session is a person at the pages, and for everything."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiToken):
            return True
        terms = terms_of(view, request.method)
        if terms is None:
            return True
        needed = EVERYTHING if terms.scope is None else {terms.scope}
        if needed <= set(request.auth.scopes):
            return True
        raise ScopeMissing(
            _("This token is not for that; it would need the scope %(scope)s.")
            % {"scope": ", ".join(sorted(needed - set(request.auth.scopes)))}
        )


def tell_ending(response: Response, terms: Terms | None) -> None:
    """``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and where to read what comes instead."""
    if terms is None or terms.ending is None:
        return
    ending = terms.ending
    response.headers["Deprecation"] = f"@{int(ending.since.timestamp())}"
    response.headers["Sunset"] = http_date(ending.sunset.astimezone(UTC).timestamp())
    response.headers["Link"] = f'<{ending.instead}>; rel="deprecation"; type="text/html"'
