"""The admin site: Django's own, with the desk's pages inside and a home for each role."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog
from knox.models import AuthToken

from klingdesk.core.roles import Role, roles_of
from klingdesk.login import LoginForm
from notices.selectors import unread_count

# Label, URL name, roles: the order is the order in the header.
PAGES: tuple[tuple[Any, str, frozenset[Role]], ...] = (
    (_("Console"), "admin:console", frozenset({Role.AGENT})),
    (_("Queue"), "admin:queue", frozenset({Role.ADVISOR, Role.MANAGER})),
    (_("SLA"), "admin:sla_report", frozenset({Role.MANAGER})),
    (_("Today"), "admin:kb_room", frozenset({Role.EDITOR})),
    (_("Knowledge base"), "admin:kb_standardquestion_changelist", frozenset({Role.EDITOR})),
    (_("Inbox"), "admin:inbox", frozenset({Role.EDITOR})),
    (_("Administration"), "admin:site_index", frozenset({Role.MANAGER, Role.EDITOR, Role.ADMIN})),
)

HOMES: tuple[tuple[Role, str], ...] = (
    (Role.AGENT, "admin:console"),
    (Role.ADVISOR, "admin:queue"),
    (Role.MANAGER, "admin:sla_report"),
    (Role.EDITOR, "admin:kb_room"),
)
"""Where a role lands after logging in; whoever has several lands at the first."""


class ScriptTexts(JavaScriptCatalog):
    """The admin's texts for scripts, completed by our own catalogue."""

    packages = ["django.contrib.admin"]

    def get_paths(self, packages: list[str]) -> list[Any]:
        return [*super().get_paths(packages), *settings.LOCALE_PATHS]


class DeskAdminSite(AdminSite):
    login_form = LoginForm
    site_header = _("Kling support desk")
    site_title = _("Kling support desk")
    index_title = _("Administration")
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("site/", self.admin_view(super().index), name="site_index"),
            path("", include("notices.urls")),
            path("", include("kb.admin.urls")),
            path("", include("tickets.admin.urls")),
        ]
        return own + super().get_urls()

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The role's home: agents land in the console, advisors in the queue, and so on."""
        roles = roles_of(request.user)
        if Role.ADMIN not in roles:
            for role, name in HOMES:
                if role in roles:
                    return redirect(name)
        return super().index(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django does it; tokens issued under the old password end with it."""
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            AuthToken.objects.filter(user=request.user).delete()
        return response

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return ScriptTexts.as_view()(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        roles = roles_of(request.user)
        nav = []
        for label, name, allowed in PAGES:
            if roles & allowed:
                url = reverse(name)
                count = unread_count(request.user) if name == "admin:inbox" else 0
                nav.append(
                    {"label": label, "url": url, "current": request.path == url, "count": count}
                )
        return {**super().each_context(request), "desk_nav": nav}
