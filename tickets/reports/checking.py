"""Holding the books of the reports against what they were made of.

Call within ``reading.read_only``: what is compared must be of one moment. Tickets with events that
are not counted yet are left out; they are a matter of seconds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connections

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import (
    Consultation,
    ContactFact,
    EventPending,
    FeedEntry,
    FeedReader,
    ReportDay,
    ReportDirty,
    ReportSum,
    Ticket,
    TicketEvent,
    TicketFact,
)
from tickets.reports.contact_measures import CONTACT_CODES
from tickets.reports.grains import Grain, first_of, last_of
from tickets.reports.measures import About
from tickets.reports.period import Period, today_at
from tickets.reports.reading import reports_database
from tickets.reports.slowly import slow_ticket
from tickets.reports.sources import CONTACTS, SOURCES, TICKETS, Source
from tickets.reports.tallying import MATCHED_BY
from tickets.rules.fact_profile import at_reading
from tickets.rules.ticket_facts import whole_hours
from tickets.selectors.sla import working_calendar

MOST_DAYS = 20
MOST_MONTHS = 2
"""A month has thirty times the rows of a day; of all of them the totals are compared."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How many tickets and days were looked at, and every difference in words."""

    tickets: int
    days: int
    differences: tuple[str, ...]


def check_books(*, sample: int, seed: int, now: datetime) -> Checked:
    """Compare ``sample`` tickets, drawn with ``seed``, with the slow reference, and the sums of
    some days and of all months with the rows that they sum up."""
    calendar = working_calendar()
    tickets = _drawn(sample, seed)
    differences = list(_missing())
    for ticket in tickets:
        differences.extend(_ticket_differences(ticket, now, calendar))
    days = 0
    for source in (TICKETS, CONTACTS):
        chosen = _drawn_days(source, seed)
        days += len(chosen)
        for day in chosen:
            for grain in (Grain.DAY, Grain.THIRD):
                differences.extend(_differences(source, grain, first_of(grain, day)))
            if source is CONTACTS:
                differences.extend(_contact_differences(day))
        for month in sorted({first_of(Grain.MONTH, day) for day in chosen})[:MOST_MONTHS]:
            differences.extend(_differences(source, Grain.MONTH, month))
    differences.extend(_month_differences())
    return Checked(len(tickets), days, tuple(differences))


def _uncounted() -> set[int]:
    """Tickets with events that no fact knows of yet."""
    position = FeedReader.objects.filter(name="report_facts").values_list("position", flat=True)
    behind = FeedEntry.objects.filter(position__gt=position.first() or 0)
    pending = TicketEvent.objects.filter(pk__in=EventPending.objects.values("event_id"))
    return {
        *behind.values_list("event__ticket_id", flat=True),
        *pending.order_by().values_list("ticket_id", flat=True),
    }


def _drawn(sample: int, seed: int) -> list[Ticket]:
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM tickets_ticket ORDER BY hashint8(id # %s::bigint) LIMIT %s",
            [seed, sample],
        )
        ids = {pk for (pk,) in cursor.fetchall()} - _uncounted()
    return list(Ticket.objects.filter(pk__in=ids).order_by("pk"))


def _missing() -> Iterator[str]:
    uncounted = _uncounted()
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(_WITHOUT_FACT, {"uncounted": list(uncounted)})
        for what, pk in cursor.fetchall():
            yield f"{what} {pk} is in no report"


def _ticket_differences(ticket: Ticket, now: datetime, calendar: WorkingCalendar) -> Iterator[str]:
    fact = TicketFact.objects.filter(pk=ticket.pk).first()
    if fact is None:
        return  # told as missing
    slow = slow_ticket(ticket, now=now, calendar=calendar)
    profile = at_reading(
        fact.profile,
        contact_late=fact.due_at is not None and fact.due_at < now,
        resolve_late=fact.resolve_due_at is not None and fact.resolve_due_at < now,
    )
    known = {each.code: each.pattern for each in MATCHED_BY[About.TICKETS]}
    codes = {code for code, pattern in known.items() if pattern and pattern.matches(profile)}
    told: dict[str, tuple[Any, Any]] = {
        "codes": (sorted(codes), sorted(slow.codes & known.keys())),
        "working hours until the answer": (_hours(fact.contact_minutes), slow.contact_hours),
        "working hours until the solution": (_hours(fact.resolve_minutes), slow.resolve_hours),
        "day": (fact.day, today_at(ticket.created_at)),
        "status": (fact.status, ticket.status),
        "question": (fact.question_id, ticket.question_id),
        "team": (fact.team_id, ticket.team_id),
        "assignee": (fact.assignee_id, ticket.assignee_id),
        "agent": (fact.agent_id, ticket.handed_over_by_id),
    }
    for what, (counted, true) in told.items():
        if counted != true:
            yield f"ticket {ticket.number}, {what}: counted as {counted}, but it is {true}"


def _hours(minutes: int | None) -> int | None:
    return None if minutes is None else whole_hours(minutes)


def _drawn_days(source: Source, seed: int) -> list[date]:
    """Up to ``MOST_DAYS`` days with rows or sums whose sums hold."""
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(_DAYS.format(day=source.day, rows=source.rows), {"source": source.name})
        days = [day for (day,) in cursor.fetchall()]
    return random.Random(seed).sample(days, min(MOST_DAYS, len(days)))  # noqa: S311 - a sample


def _differences(source: Source, grain: Grain, first: date) -> Iterator[str]:
    """Of the sums of one day, or of the third of a month or the month if it has any that hold:
    of what is summed from rows there, not from shorter stretches."""
    days = Period(first, last_of(grain, first))
    marks = ReportDay.objects.filter(source=source.name, grain=grain.value, start=first)
    dirty = ReportDirty.objects.filter(source=source.name, day__gte=days.first, day__lte=days.last)
    if dirty.exists() or not marks.exists():
        return
    kept = {by: keys for by, keys in source.sums.items() if source.grain_of(by) is grain}
    true: Counter[tuple[str | int, ...]] = Counter()
    for row, kinds in _ticket_rows(days) if source is TICKETS else _contact_rows(days):
        for by, keys in kept.items():
            key, other = [*(row[name] or 0 for name in keys), 0, 0][:2]
            true.update((by, key, other, kind, code) for kind, code in kinds)
    sums = ReportSum.objects.filter(
        source=source.name, grain=grain.value, start=first, by__in=kept
    ).values_list("by", "key", "other", "kind", "code", "count")
    counted: Counter[tuple[str | int, ...]] = Counter({row[:-1]: row[-1] for row in sums})
    for cell in sorted(counted.keys() | true.keys()):
        if counted[cell] != true[cell]:
            yield (
                f"{source.name} sums from {first} to {days.last}, {cell}: "
                f"counted {counted[cell]}, but there are {true[cell]}"
            )


Rows = Iterable[tuple[dict[str, int | None], list[tuple[int, int]]]]


def _ticket_rows(days: Period) -> Rows:
    for fact in TicketFact.objects.filter(day__gte=days.first, day__lte=days.last, settled=True):
        kinds = [(0, fact.profile)]
        for kind, minutes in ((1, fact.contact_minutes), (2, fact.resolve_minutes)):
            if minutes is not None:
                kinds.append((kind, whole_hours(minutes)))
        yield {name: getattr(fact, f"{name}_id") for name in TICKETS.keys}, kinds


def _contact_rows(days: Period) -> Rows:
    for fact in ContactFact.objects.filter(day__gte=days.first, day__lte=days.last):
        keys = {name: getattr(fact, f"{name}_id") for name in CONTACTS.keys}
        yield keys, [(0, CONTACT_CODES[fact.outcome])]


def _contact_differences(day: date) -> Iterator[str]:
    """Contacts that are there must be counted as they are; those archived are counted only."""
    period = Period(day, day)
    contacts = Consultation.objects.filter(
        started_at__gte=period.starts_at, started_at__lt=period.ends_at
    )
    names = ("question_id", "agent_id")
    true = {row[0]: row[1:] for row in contacts.values_list("pk", "status", *names)}
    facts = ContactFact.objects.filter(pk__in=true)
    counted = {row[0]: row[1:] for row in facts.values_list("pk", "outcome", *names)}
    for pk in sorted(true):
        if counted.get(pk) != true[pk]:
            yield f"contact {pk}: counted as {counted.get(pk)}, but it is {true[pk]}"


def _month_differences() -> Iterator[str]:
    with connections[reports_database()].cursor() as cursor:
        months = [
            by
            for source in SOURCES.values()
            for by in source.sums
            if source.grain_of(by) is Grain.MONTH
        ]
        cursor.execute(_MONTHS, {"of_months": months})
        for source, month, by, key, other, counted, true in cursor.fetchall():
            which = f"{by} {key} {other}"
            yield f"{source} sums of the month of {month}, {which}: {counted}, not {true}"


_WITHOUT_FACT = """
(SELECT 'ticket' AS what, ticket.id FROM tickets_ticket AS ticket
 WHERE NOT EXISTS (SELECT FROM tickets_ticketfact AS fact WHERE fact.ticket_id = ticket.id)
       AND ticket.id <> ALL(%(uncounted)s)
 ORDER BY ticket.id LIMIT 10)
UNION ALL
(SELECT 'contact', contact.id FROM tickets_consultation AS contact
 WHERE NOT EXISTS (SELECT FROM tickets_contactfact AS fact WHERE fact.contact_id = contact.id)
 ORDER BY contact.id LIMIT 10)
"""

_DAYS = """
SELECT summed.start FROM tickets_reportday AS summed
WHERE source = %(source)s AND grain = 'd'
      AND NOT EXISTS (SELECT FROM tickets_reportdirty AS dirty
                      WHERE dirty.source = summed.source AND dirty.day = summed.start)
      AND (EXISTS (SELECT FROM {rows} WHERE {day} = summed.start)
           OR EXISTS (SELECT FROM tickets_reportsum AS sums
                      WHERE sums.source = summed.source AND sums.by = 'total'
                            AND sums.grain = 'd' AND sums.start = summed.start))
ORDER BY 1
"""

_MONTHS = """
WITH good AS (
    SELECT source, start FROM tickets_reportday AS month
    WHERE grain = 'm' AND NOT EXISTS (
        SELECT FROM tickets_reportdirty AS dirty
        WHERE dirty.source = month.source AND date_trunc('month', dirty.day)::date = month.start)
), days AS (
    SELECT sums.source, date_trunc('month', sums.start)::date AS start, by, key, other,
           kind, code, sum(count) AS count
    FROM tickets_reportsum AS sums WHERE grain IN ('d', 't') GROUP BY 1, 2, 3, 4, 5, 6, 7
), months AS (
    SELECT source, start, by, key, other, kind, code, count
    FROM tickets_reportsum WHERE grain = 'm' AND by <> ALL(%(of_months)s)
)
SELECT source, start, by, key, other, coalesce(months.count, 0), coalesce(days.count, 0)
FROM days FULL JOIN months USING (source, start, by, key, other, kind, code)
JOIN good USING (source, start)
WHERE months.count IS DISTINCT FROM days.count
ORDER BY 1, 2, 3, 4, 5 LIMIT 20
"""
