"""Rows on their way into the database: lines for COPY, and ids taken from the sequences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, models
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
    """Ids of a table's sequence, taken in blocks: whoever else writes there gets others."""

    def __init__(self, model: type[models.Model], *, at_once: int = IDS_AT_ONCE) -> None:
        self._table = model._meta.db_table
        self._at_once = at_once
        self._block: Iterator[int] = iter(())

    def take(self) -> int:
        found = next(self._block, None)
        if found is None:
            self._block = iter(self._more())
            found = next(self._block)
        return found

    def _more(self) -> Sequence[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [self._table, self._at_once],
            )
            return [row[0] for row in cursor.fetchall()]
