"""Reading decision flows as editors see them: the list, one flow, and the text to work on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kb.flows.references import questions_of
from kb.flows.skeleton import skeleton
from kb.models import Flow, FlowDraft, FlowVersion
from kb.rules.lifecycle import Status
from kb.selectors.flow_world import definition_of
from klingdesk.core.errors import NotFound

FALLBACK_QUESTION = "other"
"""The standard question of the starter knowledge base for whatever has none of its own."""


@dataclass(frozen=True, slots=True)
class FlowText:
    """The text to work on: the draft's, else the published one, else a beginning.

    ``version`` is the draft's (0: there is none), ``base_number`` the published version that
    the text was begun on, ``published`` the one that is current (0: none for both).
    """

    flow: Flow
    draft: FlowDraft | None
    text: str
    version: int
    base_number: int
    published: int


def flow_for(*, user: Any, key: str) -> Flow:
    """One flow with its published version and its draft (``draft_of``). Raises ``NotFound``."""
    rows = Flow.objects.visible_to(user).select_related(
        "current", "current__author", "draft", "draft__author"
    )
    flow = rows.defer("current__definition").filter(key=key).first()
    if flow is None:
        raise NotFound(_("There is no such flow."))
    return flow


def draft_of(flow: Flow) -> FlowDraft | None:
    """What an editor is writing for ``flow``; None when nobody is."""
    return getattr(flow, "draft", None)


def text_of(flow: Flow) -> FlowText:
    """What the pages of ``flow`` show and change."""
    draft, current = draft_of(flow), flow.current
    published = current.number if current is not None else 0
    if draft is not None:
        return FlowText(flow, draft, draft.text, draft.version, draft.base_number, published)
    if current is not None:
        return FlowText(flow, None, current.source, 0, published, published)
    question = flow.questions.values_list("key", flat=True).order_by("pk").first()
    text = skeleton(key=flow.key, title=flow.title, question=question or FALLBACK_QUESTION)
    return FlowText(flow, None, text, 0, 0, 0)


def flow_list(*, user: Any, words: str = "", drafts_only: bool = False) -> QuerySet[Flow]:
    """Flows by title with all that their list shows; retired questions do not use them."""
    using = Count("questions", filter=~Q(questions__status=Status.RETIRED))
    rows = Flow.objects.visible_to(user).annotate(questions_using=using)
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(key__icontains=words))
    if drafts_only:
        rows = rows.filter(draft__isnull=False)
    related = rows.select_related("current", "current__author", "draft", "draft__author")
    slim = related.defer("current__definition", "current__source", "draft__text")
    return slim.order_by("title", "key")


def flows_reading(keys: Collection[str]) -> dict[str, list[Flow]]:
    """For each of these standard questions the flows whose published version refers to it, by
    title; questions to which none does are left out. One query."""
    found: dict[str, list[Flow]] = {}
    current = Flow.objects.filter(current__isnull=False).order_by("title")
    for flow in current.defer("current__definition", "current__source"):
        assert flow.current_id is not None  # noqa: S101 - filtered so
        for key in questions_of(definition_of(flow.current_id)).intersection(keys):
            found.setdefault(key, []).append(flow)
    return found


def versions_of(flow: Flow) -> QuerySet[FlowVersion]:
    """Published versions, the latest first, without their definitions."""
    return flow.versions.select_related("author").defer("definition").order_by("-number")


def version_for(flow: Flow, number: int) -> FlowVersion:
    """One published version with its text. Raises ``NotFound``."""
    version = versions_of(flow).filter(number=number).first()
    if version is None:
        raise NotFound(_("This flow has no such version."))
    return version
