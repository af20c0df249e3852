"""The manager's SLA report and the tickets behind each of its numbers. Reads only."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render
from tickets.admin.report_list import TicketLine, ticket_lines
from tickets.admin.report_parts import chips, figures, group_choices, presets
from tickets.admin.report_query import ReportQuery, read_query
from tickets.reports.labels import narrowing_names
from tickets.reports.metrics import METRICS, Metric
from tickets.reports.period import today_at
from tickets.reports.reading import read_only
from tickets.reports.scope import NARROWING
from tickets.reports.sla import after_ticket, metric_tickets, sla_report

PAGE_LENGTH = 50
_TICKET_ID = re.compile(r"[0-9]{1,18}")


@desk_page(Role.MANAGER)
def sla_report_page(request: HttpRequest) -> HttpResponse:
    """The report; what cannot be read is answered with 400 and the form as it was typed."""
    now = timezone.now()
    try:
        query = read_query(request.GET.dict(), today=today_at(now))
        scope = query.scope(request.user)
        with read_only():
            names = narrowing_names(scope)
            report = sla_report(scope=scope, group_by=query.group_by, now=now)
        narrowed = chips(query, names)
    except Invalid as error:
        return _refused(request, error, now)
    context = {
        **_frame(query, now, query.pairs()),
        "report": report,
        "figures": figures(report, query),
        "chips": narrowed,
        "now": now,
    }
    return desk_render(request, "admin/reports/sla.html", context)


@desk_page(Role.MANAGER)
def sla_tickets_page(request: HttpRequest) -> HttpResponse:
    """The tickets behind one number, in pages that stay right while tickets are added."""
    now = timezone.now()
    try:
        query = read_query(request.GET.dict(), today=today_at(now))
        metric, after = _metric(request), _after(request)
        scope = query.scope(request.user)
        with read_only():
            narrowed = chips(query, narrowing_names(scope), metric=metric)
            tickets = metric_tickets(metric=metric, scope=scope, now=now)
            total = tickets.count()
            page = tickets if after is None else after_ticket(tickets, after)
            rows = ticket_lines(page[: PAGE_LENGTH + 1], now=now)
    except Invalid as error:
        return _refused(request, error, now)
    context = {
        "title": metric.label,
        "metric": metric,
        "total": total,
        "chips": narrowed,
        "query": query,
        "lines": rows[:PAGE_LENGTH],
        "back": query.string(),
        "first": query.string(metric=metric.code) if after is not None else "",
        "following": _following(query, metric, rows),
    }
    return desk_render(request, "admin/reports/sla_tickets.html", context)


def _metric(request: HttpRequest) -> Metric:
    metric = METRICS.get(request.GET.get("metric", ""))
    if metric is None:
        raise Invalid(
            _("The report has no such number."),
            fields={"metric": [_("The report has no such number.")]},
        )
    return metric


def _after(request: HttpRequest) -> int | None:
    text = request.GET.get("after", "")
    if text and not _TICKET_ID.fullmatch(text):
        raise Invalid(
            _("The list cannot go on from here."),
            fields={"after": [_("The list cannot go on from here.")]},
        )
    return int(text) if text else None


def _following(query: ReportQuery, metric: Metric, rows: list[TicketLine]) -> str:
    """The query string of the next page; empty on the last one."""
    if len(rows) <= PAGE_LENGTH:
        return ""
    return query.string(metric=metric.code, after=str(rows[PAGE_LENGTH - 1].pk))


def _frame(query: ReportQuery | None, now: datetime, typed: dict[str, str]) -> dict[str, Any]:
    """What the page has with and without figures: its title, the form, the ready-made periods."""
    return {
        "title": _("SLA report"),
        "typed": typed,
        "hidden": [(name, typed[name]) for name in NARROWING if typed.get(name)],
        "presets": presets(query, today=today_at(now)),
        "group_choices": group_choices(typed["group"]),
    }


def _refused(request: HttpRequest, error: Invalid, now: datetime) -> HttpResponse:
    """400 with the form as it was typed; what was not typed into it is left out where wrong."""
    typed = {"group": ""}
    others = []
    for name in ("from", "to", "group", *NARROWING):
        if name in ("from", "to") or name not in error.fields:
            typed[name] = request.GET.get(name, "")
    for name, texts in error.fields.items():
        if name not in ("from", "to"):
            others.extend(texts)
    context = {
        **_frame(None, now, typed),
        "error": error,
        "from_errors": error.fields.get("from", []),
        "to_errors": error.fields.get("to", []),
        "other_errors": others,
    }
    return desk_render(request, "admin/reports/sla.html", context, status=400)
