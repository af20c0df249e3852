"""Databases of a test's or a bench's own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

TRIES = 60


@contextmanager
def new_database(server: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Made now and dropped at the end, whoever still uses it. ``server``: commits by itself."""
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield
    finally:
        _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    """Again while the server itself vacuums there: only a superuser may end that."""
    statement = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    for _try in range(TRIES):
        try:
            server.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            time.sleep(0.5)
        else:
            return
    server.execute(statement)
