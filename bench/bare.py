"""The yardstick: a bare PostgreSQL transaction that writes the rows of a hand-over.

Ticket, two clocks, event and the contact's new state, copied from a real hand-over, with prepared
statements and nothing else: no look-ups, no checks of ours, no Django, no HTTP. What a hand-over
takes longer is the price of the product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from bench.timing import in_threads, timed

Row = dict[str, Any]
COUNT = 320
FIRST_ACCOUNT = 500_000_000


def bare_transactions(url: str, ticket_id: int, contacts: list[int], connections: int) -> Any:
    """Seconds of each transaction, and in all; ``contacts`` are open ones, each is used up."""
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as reader:
        ticket = _one(reader, "tickets_ticket", "id", ticket_id)
        clocks = _all(reader, "tickets_clock", "ticket_id", ticket_id)
        event = _one(reader, "tickets_ticketevent", "ticket_id", ticket_id)
    ticket |= {"status": "new", "team_id": None, "routed_at": None, "skill": ""}
    share = len(contacts) // connections
    return in_threads(
        [
            _work(url, ticket, clocks, event, contacts[number * share : (number + 1) * share])
            for number in range(connections)
        ]
    )


def _work(
    url: str, ticket: Row, clocks: list[Row], event: Row, contacts: list[int]
) -> Callable[[], list[float]]:
    def work() -> list[float]:
        with psycopg.connect(url, prepare_threshold=1) as connection:
            return [
                timed(lambda contact=contact: _write(connection, ticket, clocks, event, contact))
                for contact in contacts
            ]

    return work


def _write(connection: Any, ticket: Row, clocks: list[Row], event: Row, contact: int) -> None:
    account = str(FIRST_ACCOUNT + contact)
    made = _insert(connection, "tickets_ticket", {**ticket, "account_id": account})
    for clock in clocks:
        _insert(connection, "tickets_clock", {**clock, "ticket_id": made})
    _insert(connection, "tickets_ticketevent", {**event, "ticket_id": made})
    connection.execute(
        "UPDATE tickets_consultation SET status = 'escalated', finished_at = now(), "
        "account_id = %s, ticket_id = %s, parked_at = NULL WHERE id = %s",
        [account, made, contact],
    )
    connection.commit()


def _insert(connection: Any, table: str, row: Row) -> int:
    names = [name for name in row if name != "id"]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(sql.Placeholder() * len(names)),
    )
    is_json = ("extra", "transcript", "missing", "days", "old", "new")
    values = [Jsonb(row[name]) if name in is_json else row[name] for name in names]
    return int(connection.execute(statement, values).fetchone()[0])


def _all(connection: Any, table: str, key: str, value: int) -> list[Row]:
    statement = sql.SQL("SELECT * FROM {} WHERE {} = %s ORDER BY id").format(
        sql.Identifier(table), sql.Identifier(key)
    )
    return list(connection.execute(statement, [value]).fetchall())


def _one(connection: Any, table: str, key: str, value: int) -> Row:
    return _all(connection, table, key, value)[0]
