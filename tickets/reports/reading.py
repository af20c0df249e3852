"""A transaction in which nothing can be written, for reports: the database holds them to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def read_only() -> Iterator[None]:
    """Read from one snapshot; a statement that writes is refused by PostgreSQL.

    Within a transaction that is already open only the second half holds: its isolation cannot be
    changed any more, and the outer block may write again after this one.
    """
    inner = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if inner:
            cursor.execute("SET TRANSACTION READ ONLY")
        else:
            # Totals, groups and ages are several statements: one snapshot makes them add up.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
