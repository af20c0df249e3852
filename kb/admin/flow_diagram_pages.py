"""A flow as a picture, with what the lint found, and any node of it beside the picture."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kb.admin.flow_drawing import Drawing
from kb.admin.flow_nodes import node_shown
from kb.admin.flow_sides import Side, first_choice, offered, side_of
from kb.flows.diagram import draw
from kb.models import Flow
from kb.selectors.flows import flow_for
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render, is_htmx


@desk_page(Role.EDITOR)
def diagram(request: HttpRequest, key: str) -> HttpResponse:
    """The picture of ``?version=`` (a number, or ``draft``) with ``?node=`` beside it.

    For htmx the node alone. What is not there is answered by the same page, in words.
    """
    flow = flow_for(user=request.user, key=key)
    chosen = request.GET.get("version") or first_choice(flow)
    side = side_of(flow, chosen, now=timezone.now())
    node = request.GET.get("node", "")
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "diagram",
        "sides": offered(flow),
        "chosen": chosen,
        "side": side,
        "page_name": pgettext("flow page", "Diagram"),
        "is_editable": chosen == first_choice(flow),
        "node_url": f"?version={quote(chosen)}&node=",
        **_chosen_node(side, node),
    }
    if is_htmx(request) and node:
        return render(request, "admin/kb/_flow_node.html", context)
    if side is not None:
        context["drawing"] = drawing_of(flow, side)
    status = 200 if side is not None and (context["node"] or not node) else 404
    return desk_render(request, "admin/kb/flow_diagram.html", context, status=status)


def drawing_of(flow: Flow, side: Side) -> Drawing:
    """The picture of one text, with its findings marked."""
    drawn = draw(side.readable.draft, findings=side.findings, translate=_)
    return Drawing(drawn, _("Diagram of the flow “%(title)s”") % {"title": flow.title})


def _chosen_node(side: Side | None, key: str) -> dict[str, Any]:
    return {
        "node_key": key,
        "node": node_shown(side, key) if side is not None and key else None,
    }


urlpatterns = [
    path("kb-flows/<slug:key>/diagram/", diagram, name="kb_flow_diagram"),
]
