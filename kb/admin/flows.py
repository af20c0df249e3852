"""Decision flows and their published versions, read-only: flows come from reviewed files."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kb.admin.base import ReadOnlyAdmin, instant_words, pretty_json
from kb.models import Flow, FlowVersion


@admin.register(Flow)
class FlowAdmin(ReadOnlyAdmin):
    list_display = ("title", "key", "current_number")
    search_fields = ("title", "key")
    fields = ("title", "key", "current_number", "versions_made")
    readonly_fields = fields
    list_select_related = ("current",)

    @admin.display(description=_("published version"))
    def current_number(self, flow: Flow) -> str:
        return f"v{flow.current.number}" if flow.current else "–"

    @admin.display(description=_("flow versions"))
    def versions_made(self, flow: Flow) -> SafeString:
        rows = flow.versions.values_list("pk", "number", "reason", "created_at")
        return format_html_join(
            "",
            '<div><a href="{}">v{}</a> {} – {}</div>',
            (
                (
                    reverse("admin:kb_flowversion_change", args=[pk]),
                    number,
                    instant_words(at),
                    reason,
                )
                for pk, number, reason, at in rows
            ),
        )


@admin.register(FlowVersion)
class FlowVersionAdmin(ReadOnlyAdmin):
    list_display = ("flow", "number", "reason", "author", "created_at")
    list_filter = ("flow",)
    list_select_related = ("flow", "author")
    fields = ("flow", "number", "schema", "digest", "reason", "author", "created_at", "as_json")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlowVersion]:
        versions: QuerySet[FlowVersion] = super().get_queryset(request)
        return versions.select_related("flow", "author")

    @admin.display(description=_("definition"))
    def as_json(self, version: FlowVersion) -> SafeString:
        return pretty_json(version.definition)
