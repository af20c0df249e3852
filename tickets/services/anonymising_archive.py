"""Taking users out of archived tickets: the same as of the others, inside their documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tickets.models import ArchivedTicket
from tickets.rules.anonymising import ANONYMISED, KEPT_KEYS, KEPT_OF_TRANSCRIPT
from tickets.services.append_only import anonymising


def archived_to_anonymise(until: datetime) -> QuerySet[ArchivedTicket]:
    """Archived tickets that ended by ``until`` and still tell of their users."""
    return ArchivedTicket.objects.filter(ended_at__lte=until, anonymised_at=None)


def clear_documents(ids: list[int], now: datetime) -> None:
    """Anonymise locked archived tickets."""
    values: dict[str, Any] = {
        "kept_transcript": list(KEPT_OF_TRANSCRIPT),
        "kept": list(KEPT_KEYS),
        "tickets": ids,
        "marker": ANONYMISED,
        "now": now,
    }
    with anonymising(), connection.cursor() as cursor:
        cursor.execute(_DOCUMENTS, values)


def _kept(value: str, keys: str) -> str:
    of_those = f"FROM jsonb_each({value}) WHERE key = ANY(%({keys})s)"
    return f"coalesce((SELECT jsonb_object_agg(key, value) {of_those}), '{{}}')"


def _marked(value: str) -> str:
    return f"CASE WHEN {value} = '' THEN '' ELSE %(marker)s END"


_TICKET = "document->'ticket'"
_DOCUMENTS = f"""
UPDATE tickets_archivedticket
SET account_id = '', anonymised_at = %(now)s,
    document = document || jsonb_build_object(
        'ticket', {_TICKET} || jsonb_build_object(
            'problem', %(marker)s::text,
            'demand', {_marked(f"{_TICKET}->>'demand'")},
            'resolution_summary', {_marked(f"{_TICKET}->>'resolution_summary'")},
            'account_id', '', 'contact_value', '', 'extra', '[]'::jsonb, 'missing', '[]'::jsonb,
            'anonymised_at', %(now)s::timestamptz,
            'transcript', {_kept(f"{_TICKET}->'transcript'", "kept_transcript")}
                || '{{"utterance": "", "steps": []}}'),
        'events', (
            SELECT coalesce(jsonb_agg(event || jsonb_build_object(
                'note', {_marked("event->>'note'")},
                'old', {_kept("event->'old'", "kept")},
                'new', {_kept("event->'new'", "kept")}) ORDER BY place), '[]')
            FROM jsonb_array_elements(document->'events') WITH ORDINALITY AS each(event, place)),
        'contacts', (
            SELECT coalesce(jsonb_agg(contact || jsonb_build_object(
                'note', {_marked("contact->>'note'")}) ORDER BY place), '[]')
            FROM jsonb_array_elements(document->'contacts')
                WITH ORDINALITY AS each(contact, place)))
WHERE id = ANY(%(tickets)s)
"""  # noqa: S608 - names of columns, written above
