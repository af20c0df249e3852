"""A transaction in which nothing can be written, for reports: the database holds them to it.

With ``KLINGDESK_REPLICA_URL`` set it is one on the replica, as long as that answers and is not too
far behind. ``ReportsRouter`` sends every query inside the block there, so that one report never
mixes two databases.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction

from tickets.reports import replica

log = logging.getLogger(__name__)

WORK_MEM = "32MB"
"""What a report may sort in memory, at each step of its statement: two years of days are more than
the 4 MB with which a server comes, and would be sorted in files."""

_chosen: ContextVar[str | None] = ContextVar("klingdesk_reports_database", default=None)


def reports_database() -> str:
    """The alias that the present ``read_only`` block reads; ``default`` outside of one."""
    return _chosen.get() or DEFAULT_DB_ALIAS


class ReportsRouter:
    """Inside ``read_only`` everything goes to the database of the block, writes too: there
    PostgreSQL refuses them. Outside it has no opinion."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return _chosen.get()

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return _chosen.get()

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # both are copies of the same row

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == replica.REPLICA else None


@contextmanager
def read_only() -> Iterator[str]:
    """Read from one snapshot; a statement that writes is refused by PostgreSQL.

    Gives the alias that is read. Within a transaction that is already open only the second half
    holds: its isolation cannot be changed any more, and the outer block may write again after
    this one. A block within a block reads the same database.
    """
    with ExitStack() as stack:
        outer = _chosen.get()
        if outer is None:
            alias = _enter(stack)
        else:
            alias = outer
            _begin(stack, alias)
        token = _chosen.set(alias)
        try:
            yield alias
        finally:
            _chosen.reset(token)


def _enter(stack: ExitStack) -> str:
    """Begin on the replica if it is good, else on the primary; the alias."""
    if replica.is_configured() and replica.watch.is_good():
        try:
            with ExitStack() as attempt:
                _begin(attempt, replica.REPLICA)
                stack.enter_context(attempt.pop_all())
        except OperationalError as error:
            replica.watch.failed()
            log.warning("the replica went away (%s): reading the primary", type(error).__name__)
        else:
            return replica.REPLICA
    _begin(stack, DEFAULT_DB_ALIAS)
    return DEFAULT_DB_ALIAS


def _begin(stack: ExitStack, alias: str) -> None:
    connection = connections[alias]
    inner = connection.in_atomic_block
    stack.enter_context(transaction.atomic(using=alias))
    with connection.cursor() as cursor:
        if inner:
            cursor.execute("SET TRANSACTION READ ONLY")
        else:
            # Totals, groups and ages are several statements: one snapshot makes them add up.
            cursor.execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
                f"SET LOCAL work_mem = '{WORK_MEM}'"
            )
