"""The manager's reports. Reads only; the lists behind the numbers are in report_lists.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.models import Flow
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page, desk_render
from tickets.admin.report_frame import ReportPage, age, frame, refused
from tickets.admin.report_parts import (
    Chart,
    ShownTable,
    card,
    definitions,
    list_address,
    shown_table,
)
from tickets.reports.answer_use import answer_use
from tickets.reports.as_of import facts_as_of
from tickets.reports.backlog import backlog
from tickets.reports.narrowing import TIMES, GroupBy, ReportScope
from tickets.reports.plans import (
    AGES,
    CAUSES,
    CONTACTS,
    LEFT_BY_CONTACT,
    LEFT_BY_RESOLVE,
    PROMISE,
    QUALITY,
    SEARCHES,
    TREND,
    WORKING_HOURS,
    answers_sheet,
    backlog_tally,
    step_for,
)
from tickets.reports.provisional import promises_now_provisional
from tickets.reports.query import ReportQuery
from tickets.reports.reading import read_only
from tickets.reports.sheets import (
    Counted,
    Figure,
    Plan,
    Sheet,
    count,
    group_sheet,
    matrix_sheet,
    value_of,
)

Figures = dict[str, Any]
Counter = Callable[[ReportQuery, ReportScope, datetime], Figures]

OVERVIEW = ReportPage(
    "sla_report", gettext_lazy("SLA report"), template="admin/reports/overview.html"
)
GROUPS = ReportPage(
    "report_groups",
    gettext_lazy("The promise by group"),
    PROMISE.groups,
    template="admin/reports/page.html",
)
CONTACT_PAGE = ReportPage(
    "report_contacts",
    gettext_lazy("Contacts and escalation"),
    CONTACTS.groups,
    CONTACTS.narrowing,
    "admin/reports/page.html",
    counts_tickets=False,
    period_words=gettext_lazy("Contacts that began from %(first)s to %(last)s"),
)
HANDOVERS = ReportPage(
    "report_handovers",
    gettext_lazy("Quality of hand-overs"),
    QUALITY.groups,
    template="admin/reports/page.html",
)
KNOWLEDGE = ReportPage(
    "report_knowledge",
    gettext_lazy("Use of the knowledge base"),
    SEARCHES.groups,
    SEARCHES.narrowing,
    "admin/reports/knowledge.html",
    period_words=gettext_lazy("Searches, contacts and tickets from %(first)s to %(last)s"),
)

MOST_BARS = 12


def _shown(request: HttpRequest, page: ReportPage, counted: Counter) -> HttpResponse:
    """``page`` with what ``counted`` gives; what cannot be read is answered with 400 and the form
    as it was typed."""
    now = timezone.now()
    try:
        query = page.query(request, now=now)
        with read_only():
            context = frame(page, query, request.user, now=now)
            is_counted = not page.counts_tickets or facts_as_of() is not None
            if is_counted:
                context |= counted(query, query.scope(request.user), now)
                context |= age(context["as_of"], now)
    except Invalid as error:
        return refused(page, request, error, now)
    template = page.template if is_counted else "admin/reports/not_counted.html"
    return desk_render(request, template, {**context, "now": now})


@desk_page(Role.MANAGER)
def sla_report_page(request: HttpRequest) -> HttpResponse:
    """How both promises are kept, with the trend, the times, the causes and what is open."""
    return _shown(request, OVERVIEW, _overview)


@desk_page(Role.MANAGER)
def groups_page(request: HttpRequest) -> HttpResponse:
    """The promise by question, team, person, outcome or date."""
    return _shown(request, GROUPS, _grouped(GROUPS, PROMISE, _PROMISE_CARDS, _promise_charts))


@desk_page(Role.MANAGER)
def contacts_page(request: HttpRequest) -> HttpResponse:
    """How contacts ended: answered at once, or handed over."""
    return _shown(
        request, CONTACT_PAGE, _grouped(CONTACT_PAGE, CONTACTS, _CONTACT_CARDS, _contact_charts)
    )


@desk_page(Role.MANAGER)
def handovers_page(request: HttpRequest) -> HttpResponse:
    """What came back, was asked for again, or was opened again."""
    return _shown(request, HANDOVERS, _grouped(HANDOVERS, QUALITY, _QUALITY_CARDS, _quality_charts))


@desk_page(Role.MANAGER)
def knowledge_page(request: HttpRequest) -> HttpResponse:
    """Whether searches led to an answer, and which answers are used and how old they are."""
    is_editor = Role.EDITOR in roles_of(request.user)

    def counted(query: ReportQuery, scope: ReportScope, now: datetime) -> Figures:
        found = _grouped(KNOWLEDGE, SEARCHES, _SEARCH_CARDS, _search_charts)(query, scope, now)
        sheet = answers_sheet(answer_use(scope=scope, now=now), scope)
        answers = shown_table(sheet, query, empty=_("No answer is online."))
        return {
            **found,
            "tables": [*found["tables"], answers],
            "gaps_address": reverse("admin:kb_gaps") if is_editor else "",
            "flows": [
                (reverse("admin:flow_numbers", args=[flow.key]), flow.title)
                for flow in Flow.objects.visible_to(request.user)
                .exclude(current=None)
                .order_by("title")
            ],
            "flow_period": f"from={query.period.first}&to={query.period.last}",
        }

    return _shown(request, KNOWLEDGE, counted)


# --- figures --------------------------------------------------------------------------------------

_OVERVIEW_CARDS = ("attainment", "handed_over", "met", "breached", "open_in_time")
_RESOLVE_CARDS = (
    *("resolve_attainment", "resolve_promised", "resolve_met", "resolve_breached"),
    "resolve_open_in_time",
)
_NOW_CARDS = ("open", "open_breached", "open_resolve_breached")
_PROMISE_CARDS = ("attainment", "handed_over", "breached", "resolve_attainment")
_CONTACT_CARDS = (
    *("first_contact_resolution", "escalation_rate", "contacts", "contacts_escalated"),
    *("contacts_chased", "contacts_abandoned"),
)
_QUALITY_CARDS = (
    *("completeness", "tickets", "returned", "chase_rate", "chased", "reopen_rate", "reopened"),
)
_SEARCH_CARDS = (
    *("search_success", "searches", "searches_opened", "searches_nothing", "searches_retyped"),
)


def _overview(query: ReportQuery, scope: ReportScope, now: datetime) -> Figures:
    step = step_for(query.period)
    counted = count(TREND, scope=scope, group_by=step, compare=query.compare, now=now)
    tally = counted.table.total
    before = counted.before.total if counted.before is not None else None
    open_now = backlog(scope=scope, now=now)
    standing = backlog_tally(open_now)
    stepped = query.but(group_by=step)
    trend = shown_table(
        _without_before(group_sheet(TREND, counted, scope), counted),
        stepped,
        page=GROUPS,
        charts=_trend_charts(step),
    )
    causes = shown_table(
        matrix_sheet(CAUSES, tally, scope, before), query, charts=(_lying(_("Breaches by cause")),)
    )
    tables = {
        "trend": trend,
        "times": shown_table(
            matrix_sheet(WORKING_HOURS, tally, scope, before),
            query,
            note=_("Within how many working hours; small numbers are good."),
        ),
        "causes": causes,
        **{
            sheet.code: shown_table(
                matrix_sheet(sheet, standing, scope), query, charts=(_lying(str(sheet.title)),)
            )
            for sheet in (AGES, LEFT_BY_CONTACT, LEFT_BY_RESOLVE)
        },
    }
    cards = {
        "cards": _cards(_OVERVIEW_CARDS, counted, query),
        "resolve_cards": _cards(_RESOLVE_CARDS, counted, query),
        "now_cards": [card(value_of(Figure(code), standing), query) for code in _NOW_CARDS],
    }
    promises_provisional = promises_now_provisional(now)
    provisional = open_now.numbers["open_provisional"]
    return {
        **cards,
        **tables,
        "is_drawn": True,
        "is_empty": not tally.numbers["tickets"],
        "provisional": promises_provisional or provisional > 0,
        "promises_now_provisional": promises_provisional,
        "open_provisional": provisional,
        "provisional_list": list_address("open_provisional", query.string()),
        "as_of": counted.table.as_of,
        "definitions": definitions(
            (
                *(*_OVERVIEW_CARDS, *_RESOLVE_CARDS, *_NOW_CARDS, "open_provisional"),
                *_codes(tables.values()),
            )
        ),
    }


def _without_before(sheet: Sheet, counted: Counted) -> Sheet:
    """Without the column of the period before where there is nothing to compare."""
    if counted.before is not None and sheet.group_by is GroupBy.DAY:
        return sheet
    return sheet.without_before()


def _grouped(
    page: ReportPage,
    plan: Plan,
    cards: tuple[str, ...],
    charts: Callable[[GroupBy], tuple[Chart, ...]],
) -> Counter:
    """Cards for all of it and a table of the groups that the query asks for."""

    def counted(query: ReportQuery, scope: ReportScope, now: datetime) -> Figures:
        found = count(plan, scope=scope, group_by=query.group_by, compare=query.compare, now=now)
        table = shown_table(
            group_sheet(plan, found, scope),
            query,
            page=page,
            charts=charts(query.group_by),
            empty=_("There was nothing in this period."),
        )
        return {
            "cards": _cards(cards, found, query),
            "tables": [table],
            "is_drawn": bool(table.lines),
            "as_of": found.table.as_of,
            "definitions": definitions((*cards, *_codes([table]))),
        }

    return counted


def _cards(codes: Iterable[str], counted: Counted, query: ReportQuery) -> list[Any]:
    total = counted.table.total
    before = counted.before.total if counted.before is not None else None
    values = [value_of(Figure(code), total, before) for code in codes]
    return [card(value, query, main=at == 0) for at, value in enumerate(values)]


def _codes(tables: Iterable[ShownTable]) -> Iterable[str]:
    """The codes of which a table shows the name."""
    for table in tables:
        yield from (column.term.code for column in table.columns)
        yield from (line.term.code for line in table.lines if line.term is not None)


# --- charts ---------------------------------------------------------------------------------------


def _lying(label: str) -> Chart:
    return Chart("bar", "", label, lying=True)


def _trend_charts(step: GroupBy) -> tuple[Chart, ...]:
    return (
        Chart(
            "line",
            "attainment attainment:before resolve_attainment",
            _("Attainment over time"),
            reverse=True,
        ),
        Chart(
            "stack",
            "met breached open_in_time",
            _("Kept and breached promises over time"),
            reverse=True,
        ),
    )


def _promise_charts(group_by: GroupBy) -> tuple[Chart, ...]:
    if group_by in TIMES:
        return _trend_charts(group_by)
    label = _("Kept and breached promises by group")
    return (Chart("stack", "met breached open_in_time", label, lying=True, most=MOST_BARS),)


def _contact_charts(group_by: GroupBy) -> tuple[Chart, ...]:
    label = _("First-contact resolution and escalation")
    if group_by in TIMES:
        return (Chart("line", "first_contact_resolution escalation_rate", label, reverse=True),)
    ended = "contacts_answered contacts_escalated contacts_redirected contacts_abandoned"
    label = _("How contacts ended")
    return (Chart("stack", ended, label, lying=True, most=MOST_BARS),)


def _quality_charts(group_by: GroupBy) -> tuple[Chart, ...]:
    if group_by in TIMES:
        label = _("Completeness, chases and reopenings over time")
        return (Chart("line", "completeness chase_rate reopen_rate", label, reverse=True),)
    label = _("Returned, chased and reopened tickets")
    return (Chart("bar", "returned chased reopened", label, lying=True, most=MOST_BARS),)


def _search_charts(group_by: GroupBy) -> tuple[Chart, ...]:
    if group_by not in TIMES:
        return ()
    label = _("Success of searches over time")
    return (Chart("line", "search_success search_nothing_rate", label, reverse=True),)
