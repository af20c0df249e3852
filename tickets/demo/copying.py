"""Rows on their way into the database: lines for COPY, and ids taken from the sequences."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"
IDS_AT_ONCE = 20_000


def escaped(text: str) -> str:
    """A text as a column of a COPY line."""
    return text.translate(_ESCAPES)


def json_column(value: Any) -> str:
    return escaped(json.dumps(value, ensure_ascii=False))


class Table:
    """Lines for one table. What the model has beside ``columns`` gets the model's default, so a
    column that comes later does not break an old history; null and the database's stay away."""

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        self.name = model._meta.db_table
        self.lines: list[str] = []
        self.written = 0
        more = [
            (field, str(field.column))
            for field in model._meta.concrete_fields
            if field.column not in columns
            and not field.primary_key
            and not field.null
            and not field.has_db_default()
        ]
        self._columns = (*columns, *(column for _field, column in more))
        self._tail = "".join(f"\t{_default(field)}" for field, _column in more) + "\n"

    def add(self, line: str) -> None:
        """``line``: the columns that were named, between tabs."""
        self.lines.append(line)

    def statement(self) -> sql.Composed:
        return sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.name),
            sql.SQL(", ").join([sql.Identifier(name) for name in self._columns]),
        )

    def taken(self) -> bytes:
        """Everything added since the last time."""
        lines, self.lines = self.lines, []
        self.written += len(lines)
        return (self._tail.join(lines) + self._tail).encode() if lines else b""


def _default(field: Any) -> str:
    value = field.get_prep_value(field.get_default())
    if isinstance(value, dict):
        return json_column(value)
    if isinstance(value, list):
        return json_column(value) if isinstance(field, models.JSONField) else "{}"
    if isinstance(value, bool):
        return "t" if value else "f"
    return escaped(str("" if value is None else value))


class Ids:
    """Ids of a table's sequence, taken in blocks: whoever else writes there gets others.

    ``free`` returns when the connection may be used.
    """

    def __init__(
        self,
        model: type[models.Model],
        *,
        free: Callable[[], None] = lambda: None,
        at_once: int = IDS_AT_ONCE,
    ) -> None:
        self._table = model._meta.db_table
        self._free = free
        self._at_once = at_once
        self._taken: deque[int] = deque()

    def take(self) -> int:
        if not self._taken:
            self._more(self._at_once)
        return self._taken.popleft()

    def reserve(self, count: int) -> None:
        """Have so many at hand."""
        if len(self._taken) < count:
            self._more(count - len(self._taken))

    def _more(self, count: int) -> None:
        self._free()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self._table, count],
            )
            self._taken.extend(row[0] for row in cursor.fetchall())


class Carrier:
    """Copies rows in a thread of its own, and the next are made while the database takes these.

    Between ``send`` and the end of ``wait`` nobody else may use the connection. What the database
    refuses is raised by the next call.
    """

    def __init__(self, shared: BaseDatabaseWrapper, thread: Executor) -> None:
        self._connection = shared
        self._thread = thread
        self._running: Future[None] | None = None

    def send(self, filled: Sequence[tuple[Table, bytes]]) -> None:
        """Returns when the rows before these are in the database."""
        self.wait()
        self._running = self._thread.submit(self._copy, filled)

    def wait(self) -> None:
        """Returns when everything that was sent is in the database."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def _copy(self, filled: Sequence[tuple[Table, bytes]]) -> None:
        with self._connection.cursor() as cursor:
            for table, data in filled:
                with cursor.copy(table.statement()) as copy:
                    copy.write(data)


@contextmanager
def carrying() -> Iterator[Carrier]:
    """A carrier on the connection of whoever asks, inside their transaction."""
    shared = connections[DEFAULT_DB_ALIAS]
    shared.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="copying") as thread:
            carrier = Carrier(shared, thread)
            yield carrier
            carrier.wait()
    finally:
        shared.dec_thread_sharing()
