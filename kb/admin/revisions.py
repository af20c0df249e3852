"""Published states of standard questions, kept for ever; and the groups they are in."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kb.admin.base import ReadOnlyAdmin, ShownElsewhere, instant_words
from kb.admin.category_pages import show_groups
from kb.admin.content_words import person_words
from kb.models import Category, Revision


@admin.register(Revision)
class RevisionAdmin(ShownElsewhere):
    """Everybody's latest revisions; each opens on the page of its question."""

    list_display = ("question", "number", "reason", "author_words", "moment")
    list_select_related = ("question", "author")
    search_fields = ("question__title", "question__key", "reason")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")
    own_page = "admin:kb_question_revision"
    own_parts = MappingProxyType({"key": "question.key", "revision": "number"})

    @admin.display(description=_("author"), ordering="author")
    def author_words(self, revision: Revision) -> str:
        return person_words(revision.author)

    @admin.display(description=_("created at"), ordering="created_at")
    def moment(self, revision: Revision) -> str:
        return instant_words(revision.created_at)


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    """One page for all groups stands in the place of the stock list."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return show_groups(request)
