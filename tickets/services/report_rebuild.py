"""Making all that reports count anew from tickets, contacts and searches.

Works in batches with a transaction each and notes how far it has come: killed, it goes on there.
Meanwhile reports go on with what they have. Facts of what was archived stay, and so do the sums
of searches that the log has forgotten: there is nothing left to make them of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Min, Q
from django.db.models.functions import Now

from kb.models import LoggedSearch
from tickets.models import Consultation, FeedReader, ReportState, Ticket
from tickets.reports.as_of import FACTS, facts_as_of
from tickets.reports.period import today_at
from tickets.reports.sources import CONTACTS, SEARCHES, TICKETS
from tickets.services.feed import restart_reader
from tickets.services.report_counting import count_tickets
from tickets.services.report_sums import forget_sums, sum_quiet_days

READER: Final = "report_facts"
REBUILD: Final = "rebuild"
REBUILD_CONTACTS: Final = "rebuild contacts"
PROGRESS: Final = "rebuild progress"
LEASE: Final = timedelta(minutes=5)
BATCH: Final = 5_000

Told = Callable[[str, int], None]
"""Told now and then what is being counted, and how many are done."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many were looked at by this run, and how many days were summed up."""

    tickets: int
    contacts: int
    days: int


def rebuild_reports(
    *, now: datetime, batch: int = BATCH, tell: Told = lambda what, done: None
) -> Rebuilt:
    """Count everything anew, or go on where a run was stopped.

    To be called outside of any transaction. Safe to run twice; two at once share the batches.
    """
    _begin(now)
    tickets = _in_batches(REBUILD, lambda after: _some_tickets(after, batch), "tickets", tell)
    contacts = _in_batches(
        REBUILD_CONTACTS, lambda after: _some_contacts(after, batch), "contacts", tell
    )
    _forget(now)
    ReportState.objects.update_or_create(name=PROGRESS, defaults={"at": Now()})
    days = sum_quiet_days(now=now, quiet=timedelta(0))
    _end(now)
    return Rebuilt(tickets, contacts, days)


def is_rebuilding() -> bool:
    """Whether somebody does it just now, or did so less than ``LEASE`` ago and was stopped."""
    fresh = Q(at__gt=Now() - LEASE)
    return ReportState.objects.filter(fresh, name=PROGRESS).exists()


def _begin(now: datetime) -> None:
    with transaction.atomic():
        _row, is_new = ReportState.objects.get_or_create(name=REBUILD, defaults={"at": now})
        if is_new and facts_as_of() is None:
            # From here on the feed tells what happens; what happened before is in the tables.
            restart_reader(name=READER)


def _end(now: datetime) -> None:
    with transaction.atomic():
        begun = ReportState.objects.filter(name=REBUILD).values_list("at", flat=True).first()
        state, _is_new = ReportState.objects.get_or_create(name=FACTS)
        if state.at is None:
            state.at = begun or now
            state.save(update_fields=["at"])
        ReportState.objects.filter(name__in=[REBUILD, REBUILD_CONTACTS, PROGRESS]).delete()


def _in_batches(name: str, step: Callable[[int], list[int]], what: str, tell: Told) -> int:
    """Steps after one another; each gives the ids that it has dealt with, in their order."""
    done = 0
    while True:
        with transaction.atomic():
            ReportState.objects.get_or_create(name=name)
            state = ReportState.objects.select_for_update().get(name=name)
            ids = step(state.number)
            if not ids:
                return done
            state.number = ids[-1]
            state.save(update_fields=["number"])
            ReportState.objects.update_or_create(name=PROGRESS, defaults={"at": Now()})
        done += len(ids)
        tell(what, done)


def _some_tickets(after: int, batch: int) -> list[int]:
    # Waits for whoever counts: facts are written by the holder of this row only.
    FeedReader.objects.bulk_create([FeedReader(name=READER)], ignore_conflicts=True)
    FeedReader.objects.select_for_update().get(name=READER)
    ids = list(
        Ticket.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:batch]
    )
    if ids:
        count_tickets(ids)
    return ids


def _some_contacts(after: int, batch: int) -> list[int]:
    ids = list(
        Consultation.objects.filter(pk__gt=after)
        .order_by("pk")
        .values_list("pk", flat=True)[: 4 * batch]
    )
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_CONTACTS, {"contacts": ids})
    return ids


def _forget(now: datetime) -> None:
    """Let all sums be made anew that there are rows for."""
    oldest = LoggedSearch.objects.aggregate(at=Min("asked_at"))["at"]
    with transaction.atomic():
        forget_sums(TICKETS, since=None)
        forget_sums(CONTACTS, since=None)
        # Of the first day of the log some searches may have been purged, of the next one none.
        forget_sums(SEARCHES, since=today_at(oldest or now) + timedelta(days=1))


# The rows are held, so that none is written with what it was before the trigger wrote it anew.
_CONTACTS = """
WITH contacts AS (
    SELECT id, started_at, question_id, agent_id, status FROM tickets_consultation
    WHERE id = ANY(%(contacts)s) ORDER BY id FOR SHARE
), changed AS (
    INSERT INTO tickets_contactfact AS fact
        (contact_id, started_at, day, question_id, agent_id, outcome)
    SELECT id, started_at, klingdesk_day_of(started_at), question_id, agent_id, status
    FROM contacts
    ON CONFLICT (contact_id) DO UPDATE
    SET started_at = excluded.started_at, day = excluded.day, question_id = excluded.question_id,
        agent_id = excluded.agent_id, outcome = excluded.outcome
    WHERE (fact.started_at, fact.question_id, fact.agent_id, fact.outcome) IS DISTINCT FROM
          (excluded.started_at, excluded.question_id, excluded.agent_id, excluded.outcome)
    RETURNING day
)
INSERT INTO tickets_reportdirty (source, day) SELECT DISTINCT 'contact', day FROM changed
"""
