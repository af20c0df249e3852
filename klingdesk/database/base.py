"""The backend: looks at a connection instead of asking it, keeps chosen statements planned, and
reads instants as fast as Python can."""

from __future__ import annotations

import select
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final

from django.db import connection as default_connection
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.adapt import AdaptersMap
from psycopg.pq import ConnStatus

NO_WAIT: Final = 0


class _Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """The text of a kept statement, without its values: it went to the server without them."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class _InstantLoader(BaseTzLoader):  # type: ignore[misc]
    """Django's, a fifth of its time: a page of tickets holds hundreds of instants."""

    def load(self, data: Any) -> datetime | None:
        try:
            found = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # before Christ, or for ever
            rare: datetime | None = super().load(data)
            return rare
        return found.replace(tzinfo=self.timezone)


@lru_cache
def _adapters(template: AdaptersMap, zone: tzinfo | None) -> AdaptersMap:
    """Django's adapters with our reader of instants. Django replaces it for a cursor whose zone
    is another than the connection's."""
    adapters = AdaptersMap(template)
    adapters.register_loader("timestamptz", type("_Loader", (_InstantLoader,), {"timezone": zone}))
    return adapters


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with three changes."""

    ops_class = _Operations

    def get_connection_params(self) -> dict[str, Any]:
        """With prepared statements permitted: only ``kept_cursor`` has any, Django's own cursors
        put values into the text."""
        params = super().get_connection_params()
        adapters = _adapters(params["context"], self.timezone)
        return {**params, "context": adapters, "prepare_threshold": 0}

    def is_usable(self) -> bool:
        """Whether the server has not closed the connection, without asking it.

        Django sends ``SELECT 1`` before the first statement of each request. A server that ends a
        connection says so at once, and then there is something to read; a host that is silent
        would not answer that statement either.
        """
        raw = self.connection
        if raw is None or raw.pgconn.status != ConnStatus.OK:
            return False
        looking = select.poll()
        looking.register(raw.pgconn.socket, select.POLLIN)
        return bool(super().is_usable()) if looking.poll(NO_WAIT) else True

    def kept_cursor(self) -> Any:
        """A cursor whose statements the server parses and plans once for each connection.

        For statements that are sent very often with other values; their text must not vary.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = _KeptCursor(self.connection)  # type: ignore[call-arg]
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined]


class _KeptCursor(base.ServerBindingCursor):
    """Values travel beside the statement, which stays on the server."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)  # type: ignore[misc]


def kept_cursor() -> Any:
    """``DatabaseWrapper.kept_cursor`` of the primary."""
    return default_connection.kept_cursor()  # type: ignore[attr-defined]
