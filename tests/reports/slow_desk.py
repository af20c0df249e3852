"""All numbers of a desk counted the slow way, and the comparison with what the reports say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kb.models import LoggedSearch, StandardQuestion
from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Consultation, FlowOutcome, Ticket, TicketFact
from tickets.reports.backlog import backlog
from tickets.reports.behind import metric_contacts, metric_searches, metric_tickets
from tickets.reports.contact_numbers import CONTACTS_BY, contact_numbers
from tickets.reports.measures import MEASURES, PERCENTILES, About
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import Period
from tickets.reports.search_numbers import SEARCHES_BY, search_numbers
from tickets.reports.slowly import slow_ticket
from tickets.reports.tables import Table
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.rules.ticket_facts import whole_hours
from tickets.selectors.sla import working_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")

SETTLED = ("answered", "redirected")
DECIDED = (*SETTLED, "escalated", "chased")


def codes_of(about: About) -> list[str]:
    return [code for code, measure in MEASURES.items() if measure.about is about]


class SlowNumbers:
    """Counts and members by group and code; ``hours`` by group and kind as they come."""

    def __init__(self) -> None:
        self.counts: defaultdict[Any, Counter[str]] = defaultdict(Counter)
        self.members: defaultdict[str, set[int]] = defaultdict(set)
        self.hours: defaultdict[tuple[Any, str], list[int]] = defaultdict(list)

    def add(self, pk: int, groups: Iterable[Any], codes: Iterable[str]) -> None:
        codes = list(codes)
        for group in groups:
            self.counts[group].update(codes)
        for code in codes:
            self.members[code].add(pk)


def groups_of(day: date, **keys: int | None) -> list[tuple[str, Any]]:
    """Every group that a row of this day belongs to, as (grouping, key)."""
    monday = day - timedelta(days=day.weekday())
    dates = {"day": day, "week": monday, "month": day.replace(day=1)}
    return [("total", None), *dates.items(), *keys.items()]


def slow_tickets(now: datetime, period: Period, calendar: WorkingCalendar) -> tuple[Any, Any]:
    """Numbers of the period, and those of the backlog."""
    found, now_open = SlowNumbers(), SlowNumbers()
    outcomes = dict(FlowOutcome.objects.values_list("code", "pk"))
    for ticket in Ticket.objects.select_related("question"):
        told = slow_ticket(ticket, now=now, calendar=calendar)
        fact = TicketFact.objects.get(pk=ticket.pk)
        for kind in ("contact", "resolve"):
            minutes = getattr(fact, f"{kind}_minutes")
            hours = None if minutes is None else whole_hours(minutes)
            assert hours == getattr(told, f"{kind}_hours"), (ticket.number, kind)
        day = ticket.created_at.astimezone(SHANGHAI).date()
        groups = groups_of(
            day,
            question=ticket.question_id,
            category=ticket.question.category_id,
            team=ticket.team_id,
            assignee=ticket.assignee_id,
            agent=ticket.handed_over_by_id,
            outcome=outcomes.get(slow_outcome(ticket)),
        )
        backlogged = told.codes & set(codes_of(About.BACKLOG))
        now_open.add(ticket.pk, groups, backlogged)
        if not period.first <= day <= period.last:
            continue
        found.add(ticket.pk, groups, told.codes - backlogged)
        for group in groups:
            for kind in ("contact_hours", "resolve_hours"):
                if (hours := getattr(told, kind)) is not None:
                    found.hours[group, kind].append(hours)
    return found, now_open


def slow_outcome(ticket: Ticket) -> str:
    flow = ticket.transcript.get("flow")
    if not flow:
        return ""
    end = ticket.transcript.get("queue") or "+".join(sorted(ticket.tags))
    return f"{flow}/{end}" if end else flow


def slow_percentile(hours: list[int], percent: int) -> int | None:
    """Try every whole hour until enough lie within it."""
    if not hours:
        return None
    within = 0
    while sum(each <= within for each in hours) * 100 < percent * len(hours):
        within += 1
    return within


def slow_contacts(period: Period) -> SlowNumbers:
    found = SlowNumbers()
    for contact in Consultation.objects.select_related("question"):
        day = contact.started_at.astimezone(SHANGHAI).date()
        if not period.first <= day <= period.last:
            continue
        codes = ["contacts", f"contacts_{contact.status}"]
        codes += ["contacts_settled"] if contact.status in SETTLED else []
        codes += ["contacts_decided"] if contact.status in DECIDED else []
        question = contact.question
        groups = groups_of(
            day,
            question=contact.question_id,
            category=question.category_id if question else None,
            agent=contact.agent_id,
        )
        found.add(contact.pk, groups, codes)
    return found


def slow_searches(period: Period) -> SlowNumbers:
    found = SlowNumbers()
    known = {question.key: question for question in StandardQuestion.objects.all()}
    for search in LoggedSearch.objects.all():
        day = search.asked_at.astimezone(SHANGHAI).date()
        if not period.first <= day <= period.last:
            continue
        codes = ["searches"]
        codes += ["searches_opened"] if search.chosen else []
        codes += ["searches_confident"] if search.confident else []
        codes += ["searches_nothing"] if not search.results else []
        codes += ["searches_retyped"] if search.retyped else []
        opened = known.get(search.chosen)
        groups = groups_of(
            day,
            question=opened.pk if opened else None,
            category=opened.category_id if opened else None,
        )
        found.add(search.pk, groups, codes)
    return found


def compare_tables(table: Table, slow: SlowNumbers, about: About) -> None:
    """Every number of a table, and that it has no row too few or too many."""
    by, codes = table.group_by.value, codes_of(about)
    for row in table.rows:
        counted = slow.counts[by, row.key]
        assert row.tally.numbers == {code: counted[code] for code in codes}, (by, row.key)
        for kind, found in row.tally.percentiles.items():
            hours = slow.hours[(by, row.key), kind]
            assert found == {each: slow_percentile(hours, each) for each in PERCENTILES}
    rows = {row.key for row in table.rows}
    groups = {key for kind, key in slow.counts if kind == by and slow.counts[kind, key]}
    assert groups <= rows
    whole = slow.counts["total", None]
    assert table.total.numbers == {code: whole[code] for code in codes}


def compare_reports(manager: Any, now: datetime, period: Period) -> SlowNumbers:
    """Every number, table and list of the reports with the slow ones; returns the latter."""
    scope = ReportScope(user=manager, period=period)
    slow, slow_open = slow_tickets(now, period, working_calendar())
    for group_by in GroupBy:
        table = ticket_numbers(scope=scope, group_by=group_by, now=now)
        compare_tables(table, slow, About.TICKETS)
    found = backlog(scope=scope, now=now)
    whole = slow_open.counts["total", None]
    assert found.numbers == {code: whole[code] for code in codes_of(About.BACKLOG)}
    for about, members in ((About.TICKETS, slow.members), (About.BACKLOG, slow_open.members)):
        for code in codes_of(about):
            listed = metric_tickets(measure=MEASURES[code], scope=scope, now=now)
            assert {fact.ticket_id for fact in listed} == members[code], code
            assert listed.count() == len(members[code])
    compare_contacts(scope, now)
    return slow


def compare_contacts(scope: ReportScope, now: datetime) -> None:
    """The same for contacts and searches."""
    contacts, searches = slow_contacts(scope.period), slow_searches(scope.period)
    for group_by in CONTACTS_BY:
        table = contact_numbers(scope=scope, group_by=group_by, now=now)
        compare_tables(table, contacts, About.CONTACTS)
    for group_by in SEARCHES_BY:
        table = search_numbers(scope=scope, group_by=group_by, now=now)
        compare_tables(table, searches, About.SEARCHES)
    for code in codes_of(About.CONTACTS):
        rows = metric_contacts(measure=MEASURES[code], scope=scope, now=now)
        assert {row.contact_id for row in rows} == contacts.members[code], code
    for code in codes_of(About.SEARCHES):
        found = metric_searches(measure=MEASURES[code], scope=scope, now=now)
        assert {row.pk for row in found} == searches.members[code], code
