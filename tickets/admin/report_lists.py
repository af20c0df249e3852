"""The tickets, contacts and searches behind each number of the reports. Reads only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.report import CONTACT_PAGE, HANDOVERS, KNOWLEDGE, OVERVIEW
from tickets.admin.report_frame import ReportPage, chips, refused
from tickets.admin.report_list import contact_lines, search_lines, ticket_lines
from tickets.reports.behind import after_row, metric_contacts, metric_searches, metric_tickets
from tickets.reports.measures import MEASURES, About, Measure
from tickets.reports.narrowing import narrowing_names
from tickets.reports.reading import read_only

PAGE_LENGTH = 50
_ROW = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ListPage:
    """A kind of list: which measures open it, where its rows come from and how they are shown."""

    about: tuple[About, ...]
    rows: Callable[..., QuerySet[Any]]
    lines: Callable[[Sequence[Any], datetime], list[Any]]
    template: str
    back: ReportPage
    export: str


TICKET_LIST = ListPage(
    (About.TICKETS, About.BACKLOG),
    metric_tickets,
    lambda rows, now: ticket_lines(rows, now=now),
    "admin/reports/tickets.html",
    OVERVIEW,
    "report_tickets",
)
CONTACT_LIST = ListPage(
    (About.CONTACTS,),
    metric_contacts,
    lambda rows, now: contact_lines(rows),
    "admin/reports/contacts.html",
    CONTACT_PAGE,
    "report_contacts",
)
SEARCH_LIST = ListPage(
    (About.SEARCHES,),
    metric_searches,
    lambda rows, now: search_lines(rows),
    "admin/reports/searches.html",
    KNOWLEDGE,
    "report_searches",
)


@desk_page(Role.MANAGER)
def sla_tickets_page(request: HttpRequest) -> HttpResponse:
    """The tickets behind one number, in pages that stay right while tickets are added."""
    return _listed(request, TICKET_LIST)


@desk_page(Role.MANAGER)
def contact_list_page(request: HttpRequest) -> HttpResponse:
    """The contacts behind one number."""
    return _listed(request, CONTACT_LIST)


@desk_page(Role.MANAGER)
def search_list_page(request: HttpRequest) -> HttpResponse:
    """The searches behind one number, as far as the log still keeps them."""
    return _listed(request, SEARCH_LIST)


def _listed(request: HttpRequest, kind: ListPage) -> HttpResponse:
    now = timezone.now()
    try:
        # A list is narrowed to whatever its numbers are; how they were grouped does not matter.
        query = kind.back.query(request, now=now, any_group=True)
        measure, after = _measure(request, kind), _after(request)
        scope = query.scope(request.user)
        with read_only():
            narrowed = chips(query, narrowing_names(scope), metric=measure.code)
            rows = kind.rows(measure=measure, scope=scope, now=now)
            total = rows.count()
            page = rows if after is None else after_row(rows, after)
            found = list(page[: PAGE_LENGTH + 1])
            lines = kind.lines(found[:PAGE_LENGTH], now)
    except Invalid as error:
        return refused(kind.back, request, error, now)
    more = len(found) > PAGE_LENGTH
    context = {
        "title": measure.label,
        "measure": measure,
        "in_period": measure.about is not About.BACKLOG,
        "total": total,
        "chips": narrowed,
        "query": query,
        "lines": lines,
        "back": f"{_back(kind, measure)}?{query.string()}",
        "export": {"kind": kind.export, "query": query.string(metric=measure.code)},
        "first": query.string(metric=measure.code) if after is not None else "",
        "following": query.string(metric=measure.code, after=str(found[PAGE_LENGTH - 1].pk))
        if more
        else "",
    }
    return desk_render(request, kind.template, context)


_OF_QUALITY = frozenset({"tickets", "returned", "chased", "reopened", "solved_once", "merged"})


def _back(kind: ListPage, measure: Measure) -> str:
    """The page on which the number stands."""
    return HANDOVERS.address if measure.code in _OF_QUALITY else reverse(f"admin:{kind.back.name}")


def _measure(request: HttpRequest, kind: ListPage) -> Measure:
    measure = MEASURES.get(request.GET.get("metric", ""))
    if measure is None or measure.about not in kind.about:
        raise Invalid(
            _("The report has no such number."),
            fields={"metric": [_("The report has no such number.")]},
        )
    return measure


def _after(request: HttpRequest) -> int | None:
    text = request.GET.get("after", "")
    if text and not _ROW.fullmatch(text):
        raise Invalid(
            _("The list cannot go on from here."),
            fields={"after": [_("The list cannot go on from here.")]},
        )
    return int(text) if text else None
