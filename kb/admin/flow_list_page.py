"""All decision flows: what is published, what is being written, and how much they are walked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.admin.base import instant_words
from kb.admin.content_words import person_words
from kb.flow_usage import FlowUsage, usage_at
from kb.models import Flow
from kb.selectors.flows import draft_of, flow_list
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 50
MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow in words; ``number`` 0: never published."""

    key: str
    title: str
    number: int
    draft: str
    is_behind: bool
    questions: int
    usage: FlowUsage
    published_at: str
    published_by: str
    reason: str


@desk_page(Role.EDITOR)
def flows(request: HttpRequest) -> HttpResponse:
    """The list by title; ``q`` looks in title and key, ``draft=1`` shows what is being written."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_WORDS]
    drafts_only = request.GET.get("draft") == "1"
    rows = flow_list(user=request.user, words=words, drafts_only=drafts_only)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Decision flows"),
        "rows": _rows(page.object_list, now=timezone.now()),
        "page": page,
        "words": words,
        "drafts_only": drafts_only,
    }
    return desk_render(request, "admin/kb/flow_list.html", context)


def _rows(flows: Iterable[Flow], *, now: datetime) -> list[FlowRow]:
    usage = usage_at(now)
    return [_row(flow, usage.get(flow.key, FlowUsage())) for flow in flows]


def _row(flow: Flow, usage: FlowUsage) -> FlowRow:
    draft, current = draft_of(flow), flow.current
    number = current.number if current is not None else 0
    return FlowRow(
        key=flow.key,
        title=flow.title,
        number=number,
        draft=_draft_words(flow),
        is_behind=draft is not None and draft.base_number != number,
        questions=getattr(flow, "questions_using", 0),
        usage=usage,
        published_at=instant_words(current.created_at) if current is not None else "",
        published_by=person_words(current.author) if current is not None else "",
        reason=current.reason if current is not None else "",
    )


def _draft_words(flow: Flow) -> str:
    draft = draft_of(flow)
    if draft is None:
        return ""
    return _("%(who)s, %(time)s") % {
        "who": person_words(draft.author),
        "time": instant_words(draft.updated_at),
    }


urlpatterns = [path("kb-flows/", flows, name="kb_flows")]
