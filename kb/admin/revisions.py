"""Published states of standard questions: kept for ever, changed by nobody."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kb.admin.base import ReadOnlyAdmin, content_lines
from kb.admin.question_form import content_in_words
from kb.models import Category, Revision


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ("question", "number", "reason", "author", "created_at")
    list_select_related = ("question", "author")
    search_fields = ("question__title", "question__key", "reason")
    date_hierarchy = "created_at"
    fields = ("question", "number", "reason", "author", "created_at", "text")
    readonly_fields = fields

    @admin.display(description=_("content"))
    def text(self, revision: Revision) -> SafeString:
        return content_lines(content_in_words(revision.content))


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    list_display = ("title", "slug", "order")
    fields = ("title", "slug", "order")
    readonly_fields = fields
