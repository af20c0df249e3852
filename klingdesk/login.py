"""Logging in to the desk's pages: the password, and the second step where it is on."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.addresses import client_address
from accounts.pages.login_code import remember_password
from accounts.selectors.logins import has_two_step
from accounts.services.lockouts import count_failure, in_turn, is_locked, lift, minutes_locked
from accounts.services.logins import log_in


class LoginForm(AdminAuthenticationForm):
    """Refuses before the password is looked at, so that a refusal tells nothing about it."""

    def clean(self) -> dict[str, Any] | None:
        request: Any = self.request
        name = self.cleaned_data.get("username") or ""

        def tried() -> dict[str, Any] | None:
            _refuse_locked(request, name)
            cleaned: dict[str, Any] | None = super(LoginForm, self).clean()
            return cleaned

        return in_turn(tried, request=request, username=name)


def _refuse_locked(request: HttpRequest, name: str) -> None:
    if is_locked(request, name, now=timezone.now()):
        raise ValidationError(
            _(
                "Too many failed tries. Wait %(minutes)s minutes, or ask an administrator to "
                "lift the lock-out."
            ),
            code="locked",
            params={"minutes": minutes_locked()},
        )


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
    """Refuses the present password as the new one: an administrator may know it.

    The present one cannot be guessed here any more often than at the login: whoever finds a
    session open would own it for good.
    """

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        name = self.user.get_username()

        def tried() -> str:
            _refuse_locked(self._request, name)
            try:
                given: str = super(OwnPasswordForm, self).clean_old_password()
            except ValidationError:
                count_failure(request=self._request, username=name)
                raise
            return given

        return in_turn(tried, request=self._request, username=name)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        new = cleaned.get("new_password1")
        if new and new == cleaned.get("old_password"):
            self.add_error("new_password1", _("Choose another password than the present one."))
        return cleaned


class OwnPassword(PasswordChangeView):
    """Django's; its form knows where the request comes from."""

    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        """Whoever knew it may have mistyped before, as at the login."""
        lift(name=form.user.get_username(), address=client_address(self.request))
        return super().form_valid(form)
