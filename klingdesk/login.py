"""Logging in to the desk's pages: the password, and the second step where it is on."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.pages.login_code import remember_password
from accounts.selectors.logins import has_two_step
from accounts.services.lockouts import is_locked, minutes_locked
from accounts.services.logins import log_in


class LoginForm(AdminAuthenticationForm):
    """Refuses before the password is looked at, so that a refusal tells nothing about it."""

    def clean(self) -> dict[str, Any] | None:
        name = self.cleaned_data.get("username") or ""
        if is_locked(self.request, name, now=timezone.now()):  # type: ignore[arg-type]
            raise ValidationError(
                _(
                    "Too many failed tries. Wait %(minutes)s minutes, or ask an administrator to "
                    "lift the lock-out."
                ),
                code="locked",
                params={"minutes": minutes_locked()},
            )
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned


class DeskLogin(LoginView):
    """Django's, which asks for a code after the password where the person has switched it on."""

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if has_two_step(user):
            remember_password(self.request, user, next_page=self.get_success_url())
            return redirect("admin:login_code")
        log_in(request=self.request, user=user, now=timezone.now())
        return HttpResponseRedirect(self.get_success_url())


class OwnPasswordForm(AdminPasswordChangeForm):
    """Refuses the present password as the new one: an administrator may know it."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        new = cleaned.get("new_password1")
        if new and new == cleaned.get("old_password"):
            self.add_error("new_password1", _("Choose another password than the present one."))
        return cleaned
