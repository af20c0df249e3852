"""Published states of standard questions, kept for ever; and the groups they are in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from kb.admin.base import ReadOnlyAdmin, instant_words
from kb.admin.category_pages import show_groups
from kb.admin.content_words import person_words
from kb.models import Category, Revision


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Everybody's latest revisions; each opens on the page of its question."""

    list_display = ("question", "number", "reason", "author_words", "moment")
    list_select_related = ("question", "author")
    search_fields = ("question__title", "question__key", "reason")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        revision = self.get_object(request, unquote(object_id))
        if revision is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, revision):
            raise PermissionDenied
        return redirect(
            "admin:kb_question_revision", key=revision.question.key, revision=revision.number
        )

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
