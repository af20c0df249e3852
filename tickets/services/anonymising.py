"""Taking users out of what ended long ago. Reports go on counting; nobody can be told apart.

Set-based, in batches with a transaction each. Safe to run twice, to kill, and to run twice at
once: rows that somebody holds are left to the next run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from tickets.models import (
    Consultation,
    ContactAttempt,
    ContactTransfer,
    Intake,
    RunStep,
    Ticket,
)
from tickets.models.labels import ConsultationStatus
from tickets.rules.anonymising import ANONYMISED, KEPT_KEYS, KEPT_OF_TRANSCRIPT
from tickets.services.anonymising_archive import archived_to_anonymise, clear_documents
from tickets.services.append_only import anonymising

BATCH = 500


@dataclass(frozen=True, slots=True)
class Anonymised:
    """How many of each; contacts are those without a ticket that still stands."""

    tickets: int
    contacts: int


def due_for_anonymising(*, now: datetime, after_days: int) -> Anonymised:
    """How many the next run would anonymise; writes nothing."""
    until = now - timedelta(days=after_days)
    tickets = _tickets(until).count() + archived_to_anonymise(until).count()
    return Anonymised(tickets, _contacts(until).count() + _forgotten(until).count())


def anonymise(*, now: datetime, after_days: int, batch: int = BATCH) -> Anonymised:
    """Anonymise every ticket, archived or not, that ended ``after_days`` days ago or earlier, with
    its contacts, and every contact without a ticket that finished by then, or in which nothing was
    done since; and what a chatbot told of their users."""
    until = now - timedelta(days=after_days)
    tickets = contacts = 0
    while _abandon_some(until, batch):
        pass
    while done := _some_tickets(until, now, batch):
        tickets += done
    while done := _some_archived(until, now, batch):
        tickets += done
    while done := _some_contacts(until, now, batch):
        contacts += done
    while _some_intakes(until, now, batch):
        pass
    return Anonymised(tickets, contacts)


def _tickets(until: datetime) -> QuerySet[Ticket]:
    return Ticket.objects.filter(ended_at__lte=until, anonymised_at=None)


def _contacts(until: datetime) -> QuerySet[Consultation]:
    """Without a ticket. A contact with one goes when its ticket does: a chase comes later."""
    return Consultation.objects.filter(
        finished_at__lte=until, anonymised_at=None, ticket=None, archived=None
    )


def _forgotten(until: datetime) -> QuerySet[Consultation]:
    """Begun and never ended: whoever talked to that user has long gone on."""
    later = RunStep.objects.filter(run__consultation=OuterRef("pk"), answered_at__gt=until)
    return Consultation.objects.filter(
        ~Exists(later), status=ConsultationStatus.OPEN, started_at__lte=until
    )


@transaction.atomic
def _abandon_some(until: datetime, batch: int) -> int:
    """They count as abandoned at the last moment at which somebody may have been at them."""
    ids = list(
        _forgotten(until)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    return Consultation.objects.filter(pk__in=ids).update(
        status=ConsultationStatus.ABANDONED, finished_at=until, parked_at=None
    )


@transaction.atomic
def _some_tickets(until: datetime, now: datetime, batch: int) -> int:
    ids = list(
        _tickets(until)
        .order_by("ended_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    if not ids:
        return 0
    Ticket.objects.filter(pk__in=ids).update(
        problem=ANONYMISED,
        demand=_marked("demand"),
        resolution_summary=_marked("resolution_summary"),
        account_id="",
        contact_value="",
        extra=[],
        missing=[],
        anonymised_at=now,
    )
    ContactAttempt.objects.filter(ticket__in=ids).exclude(note="").update(note=ANONYMISED)
    _clear_contacts(Consultation.objects.filter(ticket__in=ids), now)
    _clear_json(ids)
    return len(ids)


@transaction.atomic
def _some_archived(until: datetime, now: datetime, batch: int) -> int:
    ids = list(
        archived_to_anonymise(until)
        .order_by("ended_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    if ids:
        _clear_contacts(Consultation.objects.filter(archived__in=ids), now)
        clear_documents(ids, now)
    return len(ids)


@transaction.atomic
def _some_contacts(until: datetime, now: datetime, batch: int) -> int:
    ids = list(
        _contacts(until)
        .order_by("finished_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    if ids:
        _clear_contacts(Consultation.objects.filter(pk__in=ids), now)
    return len(ids)


def _intakes(until: datetime) -> QuerySet[Intake]:
    """One that became a contact goes after it."""
    gone = Q(consultation=None) | Q(consultation__anonymised_at__isnull=False)
    return Intake.objects.filter(gone, ended_at__lte=until, anonymised_at=None)


@transaction.atomic
def _some_intakes(until: datetime, now: datetime, batch: int) -> int:
    ids = list(
        _intakes(until)
        .order_by("ended_at")
        .select_for_update(no_key=True, of=("self",), skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    if ids:
        Intake.objects.filter(pk__in=ids).update(
            text=ANONYMISED, account_id="", session="", transcript=[], anonymised_at=now
        )
    return len(ids)


def _clear_contacts(contacts: QuerySet[Consultation], now: datetime) -> None:
    ids = list(contacts.values_list("pk", flat=True))
    # Which way a run took (node and value) stays: numbers about flows count by it. The texts
    # repeat what was typed, and what the flow read of it.
    RunStep.objects.filter(run__consultation__in=ids).update(
        values={},
        checked={},
        prompt=_marked("prompt"),
        script=_marked("script"),
        label=_marked("label"),
    )
    with anonymising():
        passed = ContactTransfer.objects.filter(consultation__in=ids)
        passed.exclude(note="").update(note=ANONYMISED)
    Consultation.objects.filter(pk__in=ids).update(
        utterance=_marked("utterance"), account_id="", anonymised_at=now
    )


def _marked(name: str) -> Case:
    """The marker where there is a text; nothing stays nothing."""
    return Case(When(**{name: ""}, then=Value("")), default=Value(ANONYMISED))


def _clear_json(ticket_ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TRANSCRIPTS, {"kept": list(KEPT_OF_TRANSCRIPT), "tickets": ticket_ids})
        with anonymising():
            cursor.execute(
                _EVENTS, {"kept": list(KEPT_KEYS), "tickets": ticket_ids, "marker": ANONYMISED}
            )


_KEPT = """
    coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each({column})
              WHERE key = ANY(%(kept)s)), '{{}}')
"""
_TRANSCRIPTS = f"""
UPDATE tickets_ticket
SET transcript = {_KEPT.format(column="transcript")} || '{{"utterance": "", "steps": []}}'
WHERE id = ANY(%(tickets)s)
"""  # noqa: S608 - the name of a column, written above
_EVENTS = f"""
UPDATE tickets_ticketevent
SET note = CASE WHEN note = '' THEN '' ELSE %(marker)s END,
    old = {_KEPT.format(column="old")},
    new = {_KEPT.format(column="new")}
WHERE ticket_id = ANY(%(tickets)s)
"""  # noqa: S608 - names of columns, written above
