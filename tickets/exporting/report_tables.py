"""The tables of the reports, and the lists behind their numbers, by the queries of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.exporting.cells import Cell
from tickets.exporting.desk_tables import READ_AT_ONCE, SEARCH_FIELDS, SEARCH_LABELS, search_row
from tickets.exporting.tables import Asked, Table
from tickets.models.labels import ConsultationStatus, Status
from tickets.reports.behind import metric_contacts, metric_searches, metric_tickets
from tickets.reports.labels import person_name
from tickets.reports.measures import MEASURES, About, Measure
from tickets.reports.period import today_at
from tickets.reports.plans import PLANS, SHEETS, build_sheet
from tickets.reports.query import GROUPS, ReportQuery, read_query
from tickets.reports.sheets import Number, Sheet
from tickets.rules.fact_profile import Fate, contact_fate
from tickets.rules.ticket_number import format_number

_PRECISE = 6
"""Digits of a share, which is written as a number from 0 to 1."""


def report_table(asked: Asked) -> Table:
    """The table ``sheet`` of a report with the query of its page; all of them together in the last
    row, where the page has such a line."""
    code = asked.query.get("sheet", "")
    if code not in SHEETS:
        raise Invalid(
            _("The report has no such table."),
            fields={"sheet": [_("The report has no such table.")]},
        )
    plan = PLANS.get(code)
    query = _read(asked, groups=plan.groups if plan else GROUPS)

    @cache
    def sheet() -> Sheet:
        return build_sheet(code, query=query, user=asked.user, now=asked.now)

    def rows() -> Iterator[tuple[Cell, ...]]:
        found = sheet()
        for line in (*found.lines, *([found.total] if found.total is not None else [])):
            yield (line.label, *map(_number, line.values()))

    def labels() -> list[Any]:
        return [sheet().head, *(heading.label for heading in sheet().headings)]

    return Table(labels, lambda: len(sheet().lines) + (1 if sheet().total is not None else 0), rows)


def _number(value: Number) -> Cell:
    return round(float(value), _PRECISE) if isinstance(value, Fraction) else value


def behind_tickets(asked: Asked) -> Table:
    """The tickets behind the number ``metric``; without account IDs, which reports do not have."""
    measure = _measure(asked, About.TICKETS, About.BACKLOG)
    scope = _read(asked).scope(asked.user)

    @cache
    def tickets() -> QuerySet[Any]:
        return metric_tickets(measure=measure, scope=scope, now=asked.now)

    def rows() -> Iterator[tuple[Cell, ...]]:
        statuses = {value: str(label) for value, label in Status.choices}
        named = tickets().annotate(
            assignee_name=person_name("assignee__"), agent_name=person_name("agent__")
        )
        fields = (
            *("ticket_id", "question__title", "team__name", "assignee_name", "agent_name"),
            *("status", "created_at", "due_at", "provisional", "profile", "answered_at"),
            *("solved_at", "chases", "returns", "reopens"),
        )
        for (
            pk, question, team, assignee, agent, status, created, due, provisional, profile,
            answered, *rest
        ) in named.values_list(*fields).iterator(chunk_size=READ_AT_ONCE):  # fmt: skip
            yield (
                *(format_number(pk), question, team, assignee, agent, statuses[status]),
                *(created, due, provisional),
                *(_is_late(contact_fate(profile), due, asked.now), answered, *rest),
            )

    labels = (
        *(_("Ticket"), _("Standard question"), _("Team"), _("Assignee"), _("Handed over by")),
        *(_("Status"), _("Handed over at"), _("Due"), _("Due date provisional"), _("Breached")),
        *(_("User answered at"), _("Resolved at"), _("Chases"), _("Returns"), _("Reopenings")),
    )
    return Table(lambda: labels, lambda: tickets().order_by().count(), rows)


def _is_late(fate: Fate, due: datetime | None, now: datetime) -> bool:
    """What is stored of a running clock was true at its last event."""
    return fate is Fate.BREACHED or (fate is Fate.RUNNING and due is not None and due < now)


def behind_contacts(asked: Asked) -> Table:
    """The contacts behind the number ``metric``."""
    measure = _measure(asked, About.CONTACTS)
    scope = _read(asked).scope(asked.user)

    @cache
    def contacts() -> QuerySet[Any]:
        return metric_contacts(measure=measure, scope=scope, now=asked.now)

    def rows() -> Iterator[tuple[Cell, ...]]:
        statuses = {value: str(label) for value, label in ConsultationStatus.choices}
        named = contacts().annotate(agent_name=person_name("agent__"))
        fields = ("contact_id", "started_at", "question__title", "agent_name", "outcome")
        for *values, outcome in named.values_list(*fields).iterator(chunk_size=READ_AT_ONCE):
            yield (*values, statuses[outcome])

    labels = (_("Contact"), _("Begun at"), _("Standard question"), _("Agent"), _("Status"))
    return Table(lambda: labels, lambda: contacts().order_by().count(), rows)


def behind_searches(asked: Asked) -> Table:
    """The searches behind the number ``metric``, as far as the log still has them."""
    measure = _measure(asked, About.SEARCHES)
    scope = _read(asked).scope(asked.user)

    @cache
    def searches() -> QuerySet[Any]:
        return metric_searches(measure=measure, scope=scope, now=asked.now)

    def rows() -> Iterator[tuple[Cell, ...]]:
        found = searches().values_list(*SEARCH_FIELDS)
        return map(search_row, found.iterator(chunk_size=READ_AT_ONCE))

    return Table(lambda: SEARCH_LABELS, lambda: searches().order_by().count(), rows)


def _read(asked: Asked, **kwargs: Any) -> ReportQuery:
    return read_query(asked.query, today=today_at(asked.now), **kwargs)


def _measure(asked: Asked, *about: About) -> Measure:
    """The measure that ``metric`` names, if it counts such rows."""
    measure = MEASURES.get(asked.query.get("metric", ""))
    if measure is None or measure.about not in about:
        raise Invalid(
            _("The report has no such number."),
            fields={"metric": [_("The report has no such number.")]},
        )
    return measure
