"""The rows of a hand-over, written in one statement: all of them, or none.

Ticket, clocks, event and the contact's new state go to PostgreSQL as documents, which turn into
rows there (``jsonb_populate_record``): one round trip instead of five, and nothing is composed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Model

from klingdesk.database.base import kept_cursor
from tickets.models import Clock, Consultation, Ticket, TicketEvent

CONTACT = ("status", "finished_at", "parked_at", "account_id")
"""Of the contact, besides its ticket."""


def write_hand_over(
    *, contact: Consultation, ticket: Ticket, clocks: Sequence[Clock], event: TicketEvent
) -> bool:
    """Write the new ``ticket`` with what belongs to it, and the locked ``contact`` as it is now.

    False, and nothing is written, when another open ticket of the same account and question
    stands in the way; whoever is writing one at this moment is waited for.
    """
    with kept_cursor() as cursor:
        cursor.execute(
            _statement(),
            [
                _document([ticket]),
                _document(clocks),
                _document([event]),
                *(getattr(contact, name) for name in CONTACT),
                contact.pk,
            ],
        )
        written = cursor.fetchone()
    if written is None:
        return False
    (ticket.pk,) = written
    ticket._state.adding, ticket._state.db = False, "default"
    contact.ticket = ticket
    return True


@cache
def _statement() -> str:
    """The constraint is looked at and not run into: what PostgreSQL refuses, it logs."""
    contact = Consultation._meta.db_table
    return f"""
        WITH ticket AS (
            {_insert(Ticket)}
            ON CONFLICT DO NOTHING RETURNING id
        ), clock AS (
            {_insert(Clock, "ticket_id")}, ticket
        ), event AS (
            {_insert(TicketEvent, "ticket_id")}, ticket
        )
        UPDATE {contact} AS contact
        SET ticket_id = ticket.id, {", ".join(f"{name} = %s" for name in CONTACT)}
        FROM ticket WHERE contact.id = %s
        RETURNING ticket.id
    """  # noqa: S608 - names of tables and columns


def _insert(model: type[Model], of_ticket: str = "") -> str:
    """Rows of ``model`` from a list of documents; ``of_ticket`` is taken from the new ticket."""
    columns = [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
    values = ["ticket.id" if name == of_ticket else f"made.{name}" for name in columns]
    return (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM jsonb_populate_recordset(NULL::{model._meta.db_table}, %s::jsonb) AS made"
    )


def _document(rows: Sequence[Model]) -> str:
    """The columns of unsaved objects by name."""
    return json.dumps(
        [
            {
                field.column: getattr(row, field.attname)
                for field in row._meta.concrete_fields
                if not field.primary_key
            }
            for row in rows
        ],
        ensure_ascii=False,
        default=_moment,
    )


def _moment(value: Any) -> str:
    """JSON knows all that a row holds but instants."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a row")
