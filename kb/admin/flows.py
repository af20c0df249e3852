"""Decision flows in the stock admin: the editors' own pages stand in the place of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from kb.admin.base import ReadOnlyAdmin
from kb.models import Flow, FlowVersion


class ShownElsewhere(ReadOnlyAdmin):
    """The stock addresses lead to the editors' pages; other forms can still search for rows."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:kb_flows")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return self.own_page(row)

    def own_page(self, row: Any) -> HttpResponse:
        """The page that shows ``row``."""
        raise NotImplementedError


@admin.register(Flow)
class FlowAdmin(ShownElsewhere):
    search_fields = ("title", "key")

    def own_page(self, row: Any) -> HttpResponse:
        return redirect("admin:kb_flow", key=row.key)


@admin.register(FlowVersion)
class FlowVersionAdmin(ShownElsewhere):
    list_select_related = ("flow",)

    def own_page(self, row: Any) -> HttpResponse:
        return redirect("admin:kb_flow_version", key=row.flow.key, version=row.number)
