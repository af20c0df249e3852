"""Any two texts of a flow beside each other: in words, and as one picture."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kb.admin.flow_drawing import Drawing
from kb.admin.flow_sides import DRAFT, Side, offered, side_of
from kb.admin.flow_words import mark_words, place_words
from kb.flows.diagram import draw, kind_words
from kb.flows.difference import FieldChange, NodeChange, WayChange, difference
from kb.models import Flow
from kb.rules.word_diff import Passage, Piece, diff, passages
from kb.selectors.flows import draft_of, flow_for, versions_of
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


@dataclass(frozen=True, slots=True)
class FieldRow:
    label: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class NodeRow:
    """``kind`` is what the node is, in words; blank when it cannot be read."""

    key: str
    mark: str
    mark_words: str
    kind: str
    fields: list[FieldRow]


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, as the page shows it. ``passages`` are of the texts themselves, which may
    differ in layout and comments where the flow does not differ at all."""

    head: list[FieldRow]
    nodes: list[NodeRow]
    ways: tuple[WayChange, ...]
    passages: list[Passage]
    drawing: Drawing

    @property
    def changed(self) -> list[str]:
        """Keys of the nodes that have something to read about below ``nodes``."""
        return [node.key for node in self.nodes]

    @property
    def is_same(self) -> bool:
        return not (self.head or self.nodes)


@desk_page(Role.EDITOR)
def compare(request: HttpRequest, key: str) -> HttpResponse:
    """``?from=`` and ``?to=`` are numbers of versions, or ``draft``.

    Without a choice: what is published and the draft, else the last two versions. What is not
    there is answered by the same page, in words.
    """
    flow = flow_for(user=request.user, key=key)
    before, after = _usual(flow)
    chosen = request.GET.get("from") or before, request.GET.get("to") or after
    now = timezone.now()
    old, new = (side_of(flow, value, now=now) for value in chosen)
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "compare",
        "page_name": pgettext("flow page", "Compare"),
        "sides": offered(flow),
        "chosen": chosen,
        "old": old,
        "new": new,
        "is_only_one": before == after == "",
        "compared": compared(flow, old, new) if old and new else None,
    }
    status = 200 if (old and new) or context["is_only_one"] else 404
    return desk_render(request, "admin/kb/flow_compare.html", context, status=status)


def compared(flow: Flow, old: Side, new: Side) -> Compared:
    """What turns ``old`` into ``new``."""
    found = difference(old.readable, new.readable, _)
    label = _("Diagram of the flow “%(title)s”, with what changed") % {"title": flow.title}
    picture = draw(new.readable.draft, findings=new.findings, marks=found.marks, translate=_)
    return Compared(
        head=[_field_row(each) for each in found.head],
        nodes=[_node_row(each, old, new) for each in found.nodes],
        ways=found.ways,
        passages=passages(diff(old.text, new.text)),
        drawing=Drawing(picture, label),
    )


def _node_row(change: NodeChange, old: Side, new: Side) -> NodeRow:
    side = old if change.mark == "removed" else new
    node = side.readable.draft.nodes.get(change.key)
    return NodeRow(
        key=change.key,
        mark=change.mark,
        mark_words=mark_words(change.mark),
        kind=kind_words(node, _) if node is not None else "",
        fields=[_field_row(each) for each in change.fields],
    )


def _field_row(change: FieldChange) -> FieldRow:
    label = place_words(change.place) or _("the whole step")
    return FieldRow(label, diff(change.old or "", change.new or ""))


def _usual(flow: Flow) -> tuple[str, str]:
    """What is compared when nobody chose; blanks when there is only one text."""
    numbers = [str(each) for each in versions_of(flow).values_list("number", flat=True)[:2]]
    if draft_of(flow) is not None and flow.current is not None:
        return str(flow.current.number), DRAFT
    return (numbers[1], numbers[0]) if len(numbers) == 2 else ("", "")


urlpatterns = [
    path("kb-flows/<slug:key>/compare/", compare, name="kb_flow_compare"),
]
