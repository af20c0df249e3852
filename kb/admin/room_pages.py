"""The editor's home: what waits today, each number a link to its list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.bulk_pages import urlpatterns as bulk
from kb.admin.category_pages import urlpatterns as groups
from kb.admin.gap_pages import USUAL_PERIOD
from kb.admin.open_question_pages import urlpatterns as open_questions
from kb.admin.question_list import list_address
from kb.admin.revision_pages import urlpatterns as revisions
from kb.selectors.room import RoomCounts, room_counts
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and the list that it opens; ``style`` marks it while there is something."""

    label: str
    count: int
    address: str
    style: str = ""

    @property
    def shown_style(self) -> str:
        return self.style if self.count else "is-none"


@desk_page(Role.EDITOR)
def room(request: HttpRequest) -> HttpResponse:
    """Counts only: the lists behind them filter by the same conditions."""
    now = timezone.now()
    since = now - timedelta(days=USUAL_PERIOD)
    counts = room_counts(user=request.user, gaps_since=since, now=now)
    context = {
        "title": _("Knowledge work today"),
        "sections": [
            (_("Being written"), _writing(counts)),
            (_("Answers that need a look"), _answers(counts)),
            (_("Reviews"), _reviews(counts)),
            (_("Coming in"), _incoming(counts)),
        ],
    }
    return desk_render(request, "admin/kb/room.html", context)


def _writing(counts: RoomCounts) -> list[Tile]:
    return [
        Tile(_("My drafts"), counts.my_drafts, list_address(draft="mine"), "is-info"),
        Tile(_("Waiting for review"), counts.in_review, list_address(draft="in_review"), "is-warn"),
        Tile(_("Scheduled texts"), counts.scheduled, list_address(draft="scheduled"), "is-info"),
        Tile(
            _("Flows being written"),
            counts.flows,
            reverse("admin:kb_flows", query={"draft": "1"}),
            "is-info",
        ),
    ]


def _answers(counts: RoomCounts) -> list[Tile]:
    return [
        Tile(_("Expired"), counts.expired, list_address(standing="expired"), "is-bad"),
        Tile(
            _("Expires within 14 days"),
            counts.expiring,
            list_address(standing="expires_soon"),
            "is-warn",
        ),
        Tile(
            _("Open questions"),
            counts.open_questions,
            reverse("admin:kb_open_questions"),
            "is-warn",
        ),
    ]


def _reviews(counts: RoomCounts) -> list[Tile]:
    due: dict[str, Any] = {"review": "due"}
    return [
        Tile(_("Due, mine"), counts.review_mine, list_address(**due, owner="-me"), "is-bad"),
        Tile(
            _("Due, without an owner"),
            counts.review_unowned,
            list_address(**due, owner="-none"),
            "is-warn",
        ),
        Tile(_("Due, all"), counts.review_all, list_address(**due), "is-info"),
    ]


def _incoming(counts: RoomCounts) -> list[Tile]:
    return [
        Tile(_("Searches in vain"), counts.gaps, reverse("admin:kb_gaps"), "is-info"),
        Tile(_("Imports to look at"), counts.imports, reverse("admin:kb_imports"), "is-info"),
    ]


urlpatterns = [
    path("kb-room/", room, name="kb_room"),
    *bulk,
    *groups,
    *open_questions,
    *revisions,
]
