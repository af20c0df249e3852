"""The editors' list of standard questions: where each stands now, and changes to many at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.base import DeskModelAdmin
from kb.admin.bulk_pages import Kind, ask_first
from kb.admin.content_words import person_words
from kb.admin.question_filters import (
    DisputeFilter,
    DraftFilter,
    OwnerFilter,
    ReviewFilter,
    SourceFilter,
    StandingFilter,
)
from kb.admin.standing_words import CHIPS
from kb.models import StandardQuestion
from kb.rules.lifecycle import PUBLISHED, DraftState, Standing
from kb.selectors.room import is_overdue, with_list_columns
from kb.selectors.usage import usage_counts
from klingdesk.changelist import StrictChangeList

DRAFT_WORDS = {
    DraftState.DRAFT: gettext_lazy("Draft by %(who)s"),
    DraftState.IN_REVIEW: gettext_lazy("In review, by %(who)s"),
    DraftState.SCHEDULED: gettext_lazy("Next text scheduled"),
}

Selected = QuerySet[StandardQuestion]


class QuestionChangeList(StrictChangeList):
    """Rows come with everything the columns show, so a page costs the same number of queries."""

    _with_columns = False

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[StandardQuestion]:
        if not self._with_columns:
            now = timezone.now()
            self.root_queryset = with_list_columns(
                self.root_queryset, usage=usage_counts(now=now), now=now
            )
            self._with_columns = True
        return super().get_queryset(request, exclude_parameters)


class QuestionListMixin(DeskModelAdmin):
    """List columns, filters, search and bulk changes of ``StandardQuestionAdmin``."""

    class Media:
        css = {"all": ["desk/room.css"]}

    list_display = (
        "title_column",
        "standing_column",
        "category",
        "owner_column",
        "review_column",
        "usage_column",
        "updated_column",
    )
    list_filter = (
        StandingFilter,
        "category",
        OwnerFilter,
        ReviewFilter,
        DraftFilter,
        DisputeFilter,
        SourceFilter,
    )
    search_fields = ("title", "key", "phrasings__text", "script", "internal_note")
    list_max_show_all = 200
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("assign_owner", "set_review", "retire")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StrictChangeList]:
        return QuestionChangeList

    @admin.display(description=gettext_lazy("standard question"), ordering="title")
    def title_column(self, question: StandardQuestion) -> SafeString:
        return format_html(
            '{} <span class="room-key">{}</span>', question.title or question.key, question.key
        )

    @admin.display(description=gettext_lazy("standing"))
    def standing_column(self, question: Any) -> SafeString:
        chip = CHIPS[Standing(question.standing_now)]
        chips = [(chip.style, chip.label), *_waiting_beside(question)]
        if question.is_disputed:
            chips.append(("desk-chip--warn", _("Open question")))
        return format_html_join(" ", '<span class="desk-chip {}">{}</span>', chips)

    @admin.display(description=gettext_lazy("owner"), ordering="owner__username")
    def owner_column(self, question: StandardQuestion) -> str:
        return person_words(question.owner) if question.owner is not None else "–"

    @admin.display(description=gettext_lazy("review due"), ordering="review_due")
    def review_column(self, question: StandardQuestion) -> SafeString | str:
        due = question.review_due
        if due is None:
            return "–"
        if not is_overdue(due, status=question.status, now=timezone.now()):
            return due.isoformat()
        return format_html(
            '{} <span class="desk-chip desk-chip--bad">{}</span>', due.isoformat(), _("Is due")
        )

    @admin.display(description=gettext_lazy("opened in 30 days"), ordering="usage")
    def usage_column(self, question: Any) -> int:
        return int(question.usage)

    @admin.display(description=gettext_lazy("changed"), ordering="updated_at")
    def updated_column(self, question: StandardQuestion) -> str:
        return f"{timezone.localtime(question.updated_at):%Y-%m-%d}"

    @admin.action(description=gettext_lazy("Assign an owner"), permissions=["change"])
    def assign_owner(self, request: HttpRequest, queryset: Selected) -> HttpResponse:
        return ask_first(request, Kind.OWNER, queryset)

    @admin.action(description=gettext_lazy("Set the review date"), permissions=["change"])
    def set_review(self, request: HttpRequest, queryset: Selected) -> HttpResponse:
        return ask_first(request, Kind.REVIEW, queryset)

    @admin.action(description=gettext_lazy("Retire"), permissions=["change"])
    def retire(self, request: HttpRequest, queryset: Selected) -> HttpResponse:
        return ask_first(request, Kind.RETIRE, queryset)


def _waiting_beside(question: StandardQuestion) -> list[tuple[str, str]]:
    """What is being written beside the published text; without one, the standing says it."""
    draft = getattr(question, "draft", None)
    if draft is None or question.status not in PUBLISHED:
        return []
    words = str(DRAFT_WORDS[DraftState(draft.state)]) % {"who": person_words(draft.author)}
    return [("desk-chip--info", words)]


def list_address(**filters: str) -> str:
    """The list with ``filters`` set, for links to it."""
    address = reverse("admin:kb_standardquestion_changelist")
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return f"{address}?{query}" if query else address
