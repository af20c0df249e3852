"""Very many open tickets, made inside the database from one that was really handed over.

All constraints and triggers are on. The copies differ in account, hour and priority; every one
has its running clock and the two events of a routed ticket. Seeded: two runs make the same rows.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

FIRST_ACCOUNT = 20_000_000
SEED = 0.26

# Somewhere in the two days before the pattern's own hour; the promise moves with it.
_COPIES = """
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT number,
       nextval(pg_get_serial_sequence('tickets_ticket', 'id')) AS ticket_id,
       random() * interval '2 days' AS earlier,
       CASE WHEN random() < 0.1 THEN 1 ELSE 0 END AS priority
FROM generate_series(1, %(count)s) AS number
"""


def make_tickets(pattern_id: int, count: int) -> None:
    """``count`` copies of a routed ticket; ``ANALYZE`` at the end, as autovacuum would do."""
    from tickets.models import Clock, Ticket, TicketEvent

    moved = {
        name: f"{name} - copies.earlier"
        for name in (
            *("created_at", "routed_at", "due_at", "started_at", "due_soon_at", "last_call_at"),
            *("overdue_at", "next_alarm_at", "at"),
        )
    }
    ticket = {
        **moved,
        "id": "copies.ticket_id",
        "account_id": f"({FIRST_ACCOUNT} + copies.ticket_id)::text",
        "priority": "copies.priority",
    }
    part = {**moved, "ticket_id": "copies.ticket_id"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [SEED])
        cursor.execute(_COPIES, {"count": count})
        _copy(cursor, Ticket, ticket, "source.id = %s", pattern_id)
        _copy(cursor, Clock, part, "source.ticket_id = %s", pattern_id)
        _copy(cursor, TicketEvent, part, "source.ticket_id = %s", pattern_id)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(cursor: Any, model: Any, changes: dict[str, str], where: str, pattern_id: int) -> None:
    """Insert the pattern's rows of ``model`` once for each copy."""
    names, values = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and "id" not in changes:
            continue
        names.append(f'"{field.column}"')
        values.append(changes.get(field.column, f'"{field.column}"'))
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) '
        f'SELECT {", ".join(values)} FROM "{model._meta.db_table}" AS source, copies '
        f"WHERE {where} ORDER BY copies.number",
        [pattern_id],
    )
