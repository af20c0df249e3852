"""My notices: what a person is told by e-mail, too."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.channels.mail import is_configured
from notices.pages.parts import status_of, tabs
from notices.providers import working_hours
from notices.selectors import email_topics, topics_for
from notices.services.preferences import save_preferences


@desk_page(*Role, methods=("GET", "HEAD", "POST"))
def notice_settings(request: HttpRequest) -> HttpResponse:
    """One row for each topic that concerns the reader, one tick for e-mail."""
    if request.method != "POST":
        return _page(request, chosen=email_topics(request.user))
    chosen = set(request.POST.getlist("email"))
    try:
        save_preferences(acting_user=request.user, email_topics=chosen)
    except Invalid as refused:
        return _page(request, chosen=chosen, refused=refused)
    messages.success(request, _("Saved."))
    return redirect("admin:notice_settings")


def _page(
    request: HttpRequest, *, chosen: set[str], refused: Invalid | None = None
) -> HttpResponse:
    context = {
        "title": _("My notices"),
        "tabs": tabs(request),
        "rows": [
            {"topic": topic, "email": topic.key in chosen} for topic in topics_for(request.user)
        ],
        "address": request.user.email,  # type: ignore[union-attr]
        "is_configured": is_configured(),
        "hours": working_hours(),
        "refused": refused,
        "errors": refused.fields.get("email", []) if refused else [],
    }
    return desk_render(request, "admin/notices/settings.html", context, status=status_of(refused))
