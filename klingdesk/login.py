"""Logging in to the desk's pages: as Django does it, but not as often as one likes."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework.throttling import SimpleRateThrottle


class LoginThrottle(SimpleRateThrottle):
    """Counts tries by address and user name: one office may share an address."""

    scope = "login"

    def get_cache_key(self, request: Any, view: Any) -> str:
        name = str(request.POST.get("username", ""))[:150].lower()
        return self.cache_format % {
            "scope": self.scope,
            "ident": f"{self.get_ident(request)}|{name.encode().hex()}",
        }


class LoginForm(AdminAuthenticationForm):
    """Refuses before the password is looked at, so that a refusal tells nothing about it."""

    def clean(self) -> dict[str, Any] | None:
        if not LoginThrottle().allow_request(self.request, None):  # type: ignore[arg-type]
            raise ValidationError(
                _("Too many tries. Wait a minute, then try again."), code="throttled"
            )
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned
