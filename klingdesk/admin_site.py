"""The admin site: Django's own, with the desk's pages inside and a home for each role."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.i18n import JavaScriptCatalog

from accounts.services.logins import PASSWORD, step_done
from accounts.services.passwords import password_changed_by_owner
from klingdesk.core.roles import Role, roles_of
from klingdesk.login import DeskLogin, LoginForm, OwnPassword
from klingdesk.promise_banner import promise_banner
from klingdesk.start_page import start_groups
from notices.selectors import unread_count

INBOX = "admin:inbox"

# Label, URL name, roles: the order is the order in the header.
PAGES: tuple[tuple[Any, str, frozenset[Role]], ...] = (
    (_("Console"), "admin:console", frozenset({Role.AGENT})),
    (_("Waiting users"), "admin:intake", frozenset({Role.AGENT, Role.MANAGER})),
    (_("My day"), "admin:advisor_day", frozenset({Role.ADVISOR})),
    (_("Queue"), "admin:queue", frozenset({Role.ADVISOR, Role.MANAGER})),
    (_("SLA"), "admin:sla_report", frozenset({Role.MANAGER})),
    (_("Contacts"), "admin:contacts", frozenset({Role.MANAGER})),
    (_("Calendar"), "admin:calendar", frozenset({Role.MANAGER})),
    (_("Routing"), "admin:routing", frozenset({Role.MANAGER})),
    (_("My leave"), "admin:advisors", frozenset({Role.ADVISOR})),
    (_("Today"), "admin:kb_room", frozenset({Role.EDITOR})),
    (_("Knowledge base"), "admin:kb_standardquestion_changelist", frozenset({Role.EDITOR})),
    (_("Decision flows"), "admin:kb_flows", frozenset({Role.EDITOR})),
    (_("Inbox"), INBOX, frozenset(Role)),
    (_("Administration"), "admin:site_index", frozenset({Role.MANAGER, Role.EDITOR, Role.ADMIN})),
)

HOMES: tuple[tuple[Role, str], ...] = (
    (Role.AGENT, "admin:console"),
    (Role.ADVISOR, "admin:advisor_day"),
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
    index_template = "admin/start.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("site/", self.admin_view(self.start), name="site_index"),
            path("", include("klingdesk.palette.urls")),
            path("", include("klingdesk.help.urls")),
            path("", include("klingdesk.design")),
            path("", include("accounts.urls")),
            path("", include("notices.urls")),
            path("", include("kb.admin.urls")),
            path("", include("tickets.admin.urls")),
        ]
        return own + super().get_urls()

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """As Django does it, but only for pages that show the list: it asks for permissions,
        and Django wants it for the side bar of every page, which this site does not have."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        return SimpleLazyObject(lambda: super(DeskAdminSite, self).get_app_list(request))

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The role's home: agents land in the console, advisors in their day, and so on."""
        roles = roles_of(request.user)
        if Role.ADMIN not in roles:
            for role, name in HOMES:
                if role in roles:
                    return redirect(name)
        return self.start(request, extra_context)

    def start(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """All pages that the person may open, by what they are for."""
        context = {"groups": start_groups(roles_of(request.user)), **(extra_context or {})}
        return super().index(request, context)

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django does it, with the desk's limits and the second step."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        if "next" not in request.GET and "next" not in request.POST:
            context["next"] = reverse("admin:index")
        request.current_app = self.name  # type: ignore[attr-defined]
        view = DeskLogin.as_view(
            extra_context={**context, **(extra_context or {})},
            authentication_form=self.login_form,
            template_name="admin/login.html",
        )
        return view(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django does it; other sessions and the tokens end with the old password."""
        request.current_app = self.name  # type: ignore[attr-defined]
        view = OwnPassword.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        response: HttpResponse = view(request)
        if request.method == "POST" and response.status_code == 302:
            key = request.session.session_key or ""
            password_changed_by_owner(user=request.user, session_key=key)
            step_done(request=request, step=PASSWORD)
        return response

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return ScriptTexts.as_view()(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        nav = []
        for label, name, url in _pages_of(roles_of(request.user)):
            item = {"label": label, "url": url, "current": request.path == url}
            if name == INBOX:
                item["count"] = unread_count(request.user)
                item["unread_url"] = reverse("admin:inbox_unread")
            nav.append(item)
        return {
            **super().each_context(request),
            "desk_nav": nav,
            "promise_banner": promise_banner(request),
        }


@cache
def _pages_of(roles: frozenset[Role]) -> tuple[tuple[Any, str, str], ...]:
    """Label, URL name and address of what stands in the header."""
    return tuple((label, name, reverse(name)) for label, name, allowed in PAGES if roles & allowed)
