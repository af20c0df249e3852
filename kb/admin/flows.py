"""Decision flows in the stock admin: the editors' own pages stand in the place of its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from kb.admin.base import ShownElsewhere
from kb.models import Flow, FlowVersion


class InFlowsList(ShownElsewhere):
    """The stock list leads to the editors' list of all flows."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:kb_flows")


@admin.register(Flow)
class FlowAdmin(InFlowsList):
    search_fields = ("title", "key")
    own_page = "admin:kb_flow"
    own_parts = MappingProxyType({"key": "key"})


@admin.register(FlowVersion)
class FlowVersionAdmin(InFlowsList):
    list_select_related = ("flow",)
    own_page = "admin:kb_flow_version"
    own_parts = MappingProxyType({"key": "flow.key", "version": "number"})
