"""What runs tell about a flow: how far they came in each version, as tables, picture and file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from kb.admin.flow_drawing import Drawing
from kb.flows.diagram import draw, kind_words
from kb.imports.cells import guarded
from kb.models import Flow
from kb.selectors.flow_world import definition_of
from kb.selectors.flows import flow_for
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.flow_words import REASONS, seconds_words, share_words
from tickets.reports.flow_numbers import NodeNumbers, VersionNumbers, flow_numbers
from tickets.reports.period import Period, read_period, today_at
from tickets.reports.reading import read_only

CSV = "csv"
MOST_WORDS = 80
_BOM = "\ufeff"
DEFINITIONS: tuple[tuple[Any, Any], ...] = (
    (
        pgettext_lazy("numbers of a flow", "Runs"),
        gettext_lazy(
            "Runs that began in the period. One that was changed to the flow that hands over "
            "counts for both flows, for each as far as it was walked there."
        ),
    ),
    (
        pgettext_lazy("numbers of a flow", "Entered"),
        gettext_lazy("Runs that came to this node at least once."),
    ),
    (
        pgettext_lazy("numbers of a flow", "Answered"),
        gettext_lazy("Runs in which an answer of this node holds: it was not taken back. Nodes "
                     "that decide by themselves answer themselves."),
    ),
    (
        pgettext_lazy("numbers of a flow", "Left here"),
        gettext_lazy("Runs whose contact ended or was abandoned while they stood here, before the "
                     "flow came to its end or the hand-over was made."),
    ),
    (
        pgettext_lazy("numbers of a flow", "Taken back"),
        gettext_lazy("The share of the answers given here that were undone, by going back, jumping "
                     "back or starting again. Every answer counts, also several of one run."),
    ),
    (
        pgettext_lazy("numbers of a flow", "Median time"),
        gettext_lazy("Half of the answers of people took at most so long, from when the node was "
                     "first shown to the answer. Where the user tries something it may be hours."),
    ),
    (
        gettext_lazy("Ended or standing here"),
        gettext_lazy("What became of the runs that came no further. All of a version together are "
                     "its runs."),
    ),
)  # fmt: skip
"""Every number with what it counts; docs/flows.md says the same."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One line of the table: numbers in words."""

    key: str
    kind: str
    text: str
    is_inside: bool
    entered: int
    answered: int | None
    left: int
    back: str
    median: str
    reasons: list[tuple[str, int]]


@desk_page(Role.EDITOR, Role.MANAGER)
def numbers_page(request: HttpRequest, key: str) -> HttpResponseBase:
    """The numbers of ``?version=`` in the days ``from`` to ``to``, and of all versions in brief;
    ``format=csv`` gives a file of every node (of the one version if one is named).

    400 with the form as it was typed for what cannot be read.
    """
    flow = flow_for(user=request.user, key=key)
    today = today_at(timezone.now())
    typed = {name: request.GET.get(name, "") for name in ("version", "from", "to")}
    offered = list(flow.versions.order_by("-number").values_list("number", flat=True))
    try:
        number = _number(typed["version"], flow, offered)
        period = _period(typed, today)
    except Invalid as refused:
        return _show(request, flow, typed, offered, error=refused, status=400)
    typed |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    with read_only():
        found = flow_numbers(flow=flow, period=period, always=number)
    if request.GET.get("format") == CSV:
        wanted = [each for each in found if not typed["version"] or each.number == number]
        return _file(flow, period, wanted)
    chosen = next((each for each in found if each.number == number), None)
    return _show(request, flow, typed, offered, found=found, chosen=chosen)


def _number(text: str, flow: Flow, offered: Sequence[int]) -> int | None:
    """The version to show; None when none was ever published."""
    if not text:
        return flow.current.number if flow.current is not None else next(iter(offered), None)
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) in offered:
        return int(text)
    words = _("Choose one of the versions that there are.")
    raise Invalid(_("The numbers cannot be counted."), fields={"version": [words]})


def _period(typed: dict[str, str], today: Any) -> Period:
    return read_period(typed["from"], typed["to"], today=today)


def _show(
    request: HttpRequest,
    flow: Flow,
    typed: dict[str, str],
    offered: Sequence[int],
    *,
    found: Sequence[VersionNumbers] = (),
    chosen: VersionNumbers | None = None,
    error: Invalid | None = None,
    status: int = 200,
) -> HttpResponse:
    fields = error.fields if error is not None else {}
    context = {
        "title": flow.title,
        "flow": flow,
        "tab": "numbers",
        "typed": typed,
        "offered": offered,
        "error": error,
        "version_errors": fields.get("version", []),
        "from_errors": fields.get("from", []),
        "to_errors": fields.get("to", []),
        "chosen": chosen,
        "versions": _versions(found, typed),
        "reason_labels": list(REASONS.values()),
        "definitions": DEFINITIONS,
    }
    if chosen is not None:
        context |= {
            "rows": [_row(each) for each in chosen.nodes],
            "drawing": _drawing(flow, chosen),
            "file": _address(typed, chosen.number, format=CSV),
            "whole_file": _address(typed, None, format=CSV),
        }
    return desk_render(request, "admin/flows/numbers.html", context, status=status)


def _address(typed: dict[str, str], number: int | None, **more: str) -> str:
    """The query of this page for a version, or for all of them."""
    version = {"version": str(number)} if number is not None else {}
    return urlencode({**version, "from": typed["from"], "to": typed["to"], **more})


def _versions(found: Iterable[VersionNumbers], typed: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "number": each.number,
            "walks": each.walks,
            "reasons": [each.reasons.get(reason, 0) for reason in REASONS],
            "address": _address(typed, each.number),
        }
        for each in found
    ]


def _row(each: NodeNumbers) -> NodeRow:
    return NodeRow(
        key=each.key,
        kind=kind_words(each.node, _),
        text=_text(each),
        is_inside="/" in each.key,
        entered=each.entered,
        answered=None if each.node.is_terminal and not each.answered else each.answered,
        left=each.left,
        back=share_words(each.back_rate),
        median=seconds_words(each.median_seconds),
        reasons=_reasons(each),
    )


def _reasons(each: NodeNumbers) -> list[tuple[str, int]]:
    return [
        (str(words), count)
        for reason, words in REASONS.items()
        if (count := each.reasons.get(reason, 0))
    ]


def _text(each: NodeNumbers) -> str:
    text = getattr(each.node, "prompt", None) or each.node.script or ""
    line = " ".join(text.split())
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 1]}…"


def _drawing(flow: Flow, chosen: VersionNumbers) -> Drawing:
    """The version as a picture with its numbers in the nodes; those inside subflows are not in
    it, they stand in the table."""
    version = flow.versions.values_list("pk", flat=True).get(number=chosen.number)
    notes = {each.key: _notes(each) for each in chosen.nodes}
    drawn = draw(definition_of(version), numbers=notes, translate=_)
    words = {"title": flow.title, "number": chosen.number}
    return Drawing(drawn, _("Numbers of the flow “%(title)s”, version %(number)d") % words)


def _notes(each: NodeNumbers) -> list[str]:
    """Lines for a node of the picture; nothing where nobody came."""
    if not each.entered:
        return [_("nobody came here")]
    lines = [_("entered %(count)d") % {"count": each.entered}]
    if each.given:
        lines.append(_("answered %(count)d") % {"count": each.answered})
        lines.append(_("taken back %(share)s") % {"share": share_words(each.back_rate)})
        lines.append(_("median %(time)s") % {"time": seconds_words(each.median_seconds)})
    lines += [f"{words} {count}" for words, count in _reasons(each)]
    return lines


class _Echo:
    """A file whose lines are given back instead of being written."""

    def write(self, text: str) -> str:
        return text


def _file(flow: Flow, period: Period, found: Sequence[VersionNumbers]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    name = f"{flow.key}-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(found: Sequence[VersionNumbers]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield _BOM
    head = [
        _("Version"),
        pgettext("numbers of a flow", "Node"),
        pgettext("numbers of a flow", "Kind"),
        pgettext("numbers of a flow", "Text"),
        pgettext("numbers of a flow", "Entered"),
        pgettext("numbers of a flow", "Answered"),
        pgettext("numbers of a flow", "Left here"),
        _("Answers given"),
        _("Answers taken back"),
        _("Median time in seconds"),
        *(str(words) for words in REASONS.values()),
    ]
    yield writer.writerow([guarded(cell) for cell in head])
    for version in found:
        for each in version.nodes:
            yield writer.writerow([guarded(cell) for cell in _cells(version, each)])


def _cells(version: VersionNumbers, each: NodeNumbers) -> list[str]:
    seconds = each.median_seconds
    numbers = [each.entered, each.answered, each.left, each.given, each.undone]
    return [
        str(version.number),
        each.key,
        kind_words(each.node, _),
        getattr(each.node, "prompt", None) or each.node.script or "",
        *map(str, numbers),
        "" if seconds is None else f"{seconds:.1f}",
        *(str(each.reasons.get(reason, 0)) for reason in REASONS),
    ]


urlpatterns: list[URLPattern] = [
    path("kb-flows/<slug:key>/numbers/", numbers_page, name="flow_numbers"),
]
