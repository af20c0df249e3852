"""Which tables the reports have, and what stands in their columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tickets.reports.answer_use import AnswerUse, answer_use
from tickets.reports.backlog import Backlog, backlog
from tickets.reports.backlog_measures import AGE_LABELS, LEFT_CONTACT, LEFT_RESOLVE, Left
from tickets.reports.contact_numbers import contact_numbers
from tickets.reports.measures import HOURS, PERCENTILES
from tickets.reports.narrowing import NARROWING, TIMES, GroupBy, ReportScope
from tickets.reports.period import Period
from tickets.reports.query import GROUPS, ReportQuery
from tickets.reports.search_numbers import search_numbers
from tickets.reports.sheets import (
    Figure,
    Heading,
    Line,
    Matrix,
    Plan,
    Sheet,
    Unit,
    Value,
    count,
    group_sheet,
    matrix_sheet,
)
from tickets.reports.tallying import Tally
from tickets.reports.ticket_numbers import ticket_counts, ticket_numbers

MOST_DAYS_BY_DAY = 62
MOST_DAYS_BY_WEEK = 400


def _figures(*codes: str) -> tuple[Figure, ...]:
    return tuple(Figure(code) for code in codes)


PROMISE = Plan(
    code="promise",
    engine=ticket_numbers,
    figures=(
        *_figures("attainment", "handed_over", "met", "breached", "open_in_time"),
        Figure("contact_hours", 50),
        Figure("contact_hours", 90),
        *_figures("resolve_attainment", "resolve_met", "resolve_breached"),
        Figure("resolve_hours", 90),
    ),
    groups=GROUPS,
    narrowing=NARROWING,
)

TREND = Plan(
    code="trend",
    engine=ticket_numbers,
    figures=(
        Figure("attainment"),
        Figure("attainment", before=True),
        *_figures("handed_over", "met", "breached", "open_in_time"),
        *_figures("resolve_attainment", "resolve_met", "resolve_breached"),
    ),
    groups=TIMES,
    narrowing=NARROWING,
)

QUALITY = Plan(
    code="quality",
    engine=ticket_counts,
    figures=(
        *_figures("tickets", "completeness", "returned", "chase_rate", "chased"),
        *_figures("solved_once", "reopen_rate", "reopened", "merged", "cancelled"),
    ),
    groups=(GroupBy.AGENT, *(group for group in GROUPS if group is not GroupBy.AGENT)),
    narrowing=NARROWING,
)

CONTACTS = Plan(
    code="contacts",
    engine=contact_numbers,
    figures=(
        *_figures("contacts", "first_contact_resolution", "escalation_rate", "contact_chase_rate"),
        *_figures("contacts_answered", "contacts_redirected", "contacts_escalated"),
        *_figures("contacts_chased", "contacts_abandoned", "contacts_open"),
    ),
    groups=(GroupBy.QUESTION, GroupBy.CATEGORY, GroupBy.AGENT, *TIMES),
    narrowing=("question", "category", "agent"),
)

SEARCHES = Plan(
    code="searches",
    engine=search_numbers,
    figures=_figures(
        *("searches", "search_success", "searches_opened", "searches_confident"),
        *("search_nothing_rate", "searches_nothing", "searches_retyped"),
    ),
    groups=(GroupBy.WEEK, GroupBy.DAY, GroupBy.MONTH, GroupBy.QUESTION),
    narrowing=("question",),
)

PLANS: Mapping[str, Plan] = MappingProxyType(
    {plan.code: plan for plan in (PROMISE, TREND, QUALITY, CONTACTS, SEARCHES)}
)


def step_for(period: Period) -> GroupBy:
    """Days, weeks or months: as fine as a chart of the period can be read."""
    if period.days <= MOST_DAYS_BY_DAY:
        return GroupBy.DAY
    return GroupBy.WEEK if period.days <= MOST_DAYS_BY_WEEK else GroupBy.MONTH


# --- rows that are figures ------------------------------------------------------------------------

_CLOCKS = (
    (gettext_lazy("First contact"), Unit.COUNT, ""),
    (gettext_lazy("Solution"), Unit.COUNT, ""),
)

CAUSES = Matrix(
    code="causes",
    title=gettext_lazy("Breaches by cause"),
    head=gettext_lazy("What the ticket waited for"),
    columns=_CLOCKS,
    rows=tuple(
        (label, _figures(f"breached_by_{cause}", f"resolve_breached_by_{cause}"))
        for cause, label in (
            ("assignment", pgettext_lazy("cause of a breach", "An advisor")),
            ("contact", pgettext_lazy("cause of a breach", "Tier 2")),
            ("user", pgettext_lazy("cause of a breach", "The user")),
            ("details", pgettext_lazy("cause of a breach", "Tier 1")),
        )
    ),
)

WORKING_HOURS = Matrix(
    code="times",
    title=gettext_lazy("Working hours"),
    head=gettext_lazy("Until"),
    columns=(
        (gettext_lazy("Tickets"), Unit.COUNT, ""),
        *(
            (format_lazy(gettext_lazy("{percent}% within"), percent=percent), Unit.HOURS, "")
            for percent in PERCENTILES
        ),
    ),
    rows=tuple(
        (
            label,
            (
                Figure(HOURS[code].counted),
                *(Figure(code, percent) for percent in PERCENTILES),
            ),
        )
        for code, label in (
            ("contact_hours", gettext_lazy("the user was answered")),
            ("resolve_hours", gettext_lazy("the ticket was solved")),
        )
    ),
)

AGES = Matrix(
    code="ages",
    title=gettext_lazy("Open by age"),
    head=gettext_lazy("Since hand-over"),
    columns=(
        (gettext_lazy("Open"), Unit.COUNT, "open_age_0"),
        (gettext_lazy("Breached among them"), Unit.COUNT, "open_age_0_breached"),
    ),
    rows=tuple(
        (label, _figures(f"open_age_{band}", f"open_age_{band}_breached"))
        for band, label in AGE_LABELS.items()
    ),
)


def _left(code: str, title: Any, bands: tuple[Left, ...]) -> Matrix:
    return Matrix(
        code=code,
        title=title,
        head=gettext_lazy("Time left"),
        columns=((gettext_lazy("Open"), Unit.COUNT, f"{code}_late"),),
        rows=tuple((band.label, _figures(f"{code}_{band.code}")) for band in bands),
    )


LEFT_BY_CONTACT = _left(
    "left_contact", gettext_lazy("Open by time left for the first contact"), LEFT_CONTACT
)
LEFT_BY_RESOLVE = _left(
    "left_resolve", gettext_lazy("Open by time left for the solution"), LEFT_RESOLVE
)

OF_PERIOD: Mapping[str, Matrix] = MappingProxyType(
    {each.code: each for each in (CAUSES, WORKING_HOURS)}
)
OF_NOW: Mapping[str, Matrix] = MappingProxyType(
    {each.code: each for each in (AGES, LEFT_BY_CONTACT, LEFT_BY_RESOLVE)}
)


def backlog_tally(found: Backlog) -> Tally:
    return Tally(numbers=found.numbers, percentiles={})


# --- answers --------------------------------------------------------------------------------------

ANSWERS = "answers"
ANSWER_HEADINGS = (
    (gettext_lazy("Group of questions"), Unit.TEXT),
    (gettext_lazy("Contacts"), Unit.COUNT),
    (gettext_lazy("Opened from searches"), Unit.COUNT),
    (gettext_lazy("Tickets"), Unit.COUNT),
    (gettext_lazy("Last revised, days ago"), Unit.DAYS),
    (gettext_lazy("Review due"), Unit.TEXT),
)


def answers_sheet(found: tuple[AnswerUse, ...], scope: ReportScope) -> Sheet:
    """Every answer that is online: how often it was used, and how old it is."""
    return Sheet(
        code=ANSWERS,
        title=_("Answers by use and age"),
        head=_("Standard question"),
        headings=tuple(Heading(str(label), unit) for label, unit in ANSWER_HEADINGS),
        lines=tuple(_answer_line(each, scope) for each in found),
    )


def _answer_line(each: AnswerUse, scope: ReportScope) -> Line:
    due = each.review_due.isoformat() if each.review_due else None
    return Line(
        each.title,
        (
            Value(each.category, unit=Unit.TEXT),
            Value(each.contacts, measure="contacts"),
            Value(each.opened, measure="searches_opened"),
            Value(each.tickets, measure="tickets"),
            Value(each.age_days, unit=Unit.DAYS),
            Value(due, unit=Unit.TEXT, code="late" if each.is_review_due else ""),
        ),
        scope.but(question=each.question_id),
        each.question_id,
    )


# --- by name --------------------------------------------------------------------------------------

SHEETS = (*PLANS, *OF_PERIOD, *OF_NOW, ANSWERS)


def build_sheet(code: str, *, query: ReportQuery, user: Any, now: datetime) -> Sheet:
    """The table ``code`` (one of ``SHEETS``) as its page shows it."""
    scope = query.scope(user)
    if code in PLANS:
        plan = PLANS[code]
        group_by = query.group_by if query.group_by in plan.groups else plan.groups[0]
        counted = count(plan, scope=scope, group_by=group_by, compare=query.compare, now=now)
        return group_sheet(plan, counted, scope)
    if code in OF_PERIOD:
        total = ticket_numbers(scope=scope, group_by=GroupBy.TOTAL, now=now).total
        return matrix_sheet(OF_PERIOD[code], total, scope)
    if code == ANSWERS:
        return answers_sheet(answer_use(scope=scope, now=now), scope)
    found = backlog(scope=scope, now=now)
    return matrix_sheet(OF_NOW[code], backlog_tally(found), scope)
