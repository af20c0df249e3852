"""The weekly report: whom it tells of what."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from notices.selectors import email_topics
from tickets.admin.report_frame import TABS
from tickets.models import ReportSubscription, Team
from tickets.services.notice_texts import WEEKLY
from tickets.services.weekly import save_subscriptions

_LONGEST_KEY = 18


@desk_page(Role.MANAGER, methods=("GET", "HEAD", "POST"))
def weekly_report(request: HttpRequest) -> HttpResponse:
    """One tick for the whole desk, one for each team."""
    if request.method != "POST":
        own = ReportSubscription.objects.filter(person=request.user)  # type: ignore[misc]
        chosen = set(own.values_list("team", flat=True))
        return _page(request, desk=None in chosen, teams={pk for pk in chosen if pk is not None})
    desk = request.POST.get("desk") == "1"
    given = request.POST.getlist("teams")
    # What names no team is refused with the others, as a team that does not exist.
    teams = {
        int(each) if each.isascii() and each.isdigit() and len(each) <= _LONGEST_KEY else 0
        for each in given
    }
    try:
        save_subscriptions(
            acting_user=request.user, whole_desk=desk, team_ids=teams, now=timezone.now()
        )
    except Invalid as refused:
        return _page(request, desk=desk, teams=teams, refused=refused)
    messages.success(request, _("Saved."))
    return redirect("admin:weekly_report")


def _page(
    request: HttpRequest, *, desk: bool, teams: set[int], refused: Invalid | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "title": _("Weekly report"),
        "tabs": [
            {"label": label, "href": reverse(f"admin:{name}"), "current": name == "weekly_report"}
            for label, name in TABS
        ],
        "desk": desk,
        # What is ticked stands first: the list may be long.
        "rows": sorted(
            ({"team": team, "chosen": team.pk in teams} for team in Team.objects.order_by("name")),
            key=lambda row: not row["chosen"],
        ),
        "by_email": WEEKLY.key in email_topics(request.user),
        "refused": refused,
        "errors": refused.fields.get("teams", []) if refused is not None else [],
    }
    status = 200 if refused is None else 400
    return desk_render(request, "admin/exports/weekly.html", context, status=status)


urlpatterns: list[URLPattern] = [path("reports/weekly/", weekly_report, name="weekly_report")]
