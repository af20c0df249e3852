"""What is in the cluster before the desk's own migrations: roles, database, message queue."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

from klingdesk.embedded.cluster import DATABASE, OWNER, SUPERUSER, Cluster
from klingdesk.embedded.trouble import Trouble

_APPS = ("notices", "kb", "tickets")


def ensure_database(cluster: Cluster, *, may_create_databases: bool = False) -> None:
    """Role and database of the desk; running it again changes nothing.

    The desk's role is no superuser. ``may_create_databases`` is for test runners.
    """
    with psycopg.connect(cluster.dsn("postgres", user=SUPERUSER), autocommit=True) as connection:
        if not _found(connection, "pg_roles", "rolname", OWNER):
            right = sql.SQL("CREATEDB" if may_create_databases else "NOCREATEDB")
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(OWNER), right)
            )
        if not _found(connection, "pg_database", "datname", DATABASE):
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )


def ensure_queue(cluster: Cluster) -> None:
    """The tables and functions of the message queue, once; its script must not run twice."""
    import pgmq

    with psycopg.connect(cluster.dsn()) as connection:
        row = connection.execute("SELECT to_regclass('pgmq.meta')").fetchone()
        if row is None or row[0] is None:
            pgmq.install_pgmq_from_sql(conn=connection)


def refuse_newer_schema(cluster: Cluster, project: Path) -> None:
    """``Trouble`` when a newer klingdesk has migrated this database."""
    with psycopg.connect(cluster.dsn()) as connection:
        row = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        if row is None or row[0] is None:
            return
        for app in _APPS:
            applied = connection.execute(
                "SELECT name FROM django_migrations WHERE app = %s ORDER BY name DESC LIMIT 1",
                [app],
            ).fetchone()
            files = sorted((project / app / "migrations").glob("[0-9][0-9][0-9][0-9]_*.py"))
            known = files[-1].stem[:4] if files else "0000"
            if applied and applied[0][:4] > known:
                raise Trouble(
                    f"the database was migrated by a newer klingdesk ({app} {applied[0]}, this one "
                    f"ends with {known}); run that version, or choose another folder with "
                    "KLINGDESK_DATA=/path/to/folder."
                )


def _found(connection: psycopg.Connection, table: str, column: str, value: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier("pg_catalog", table), sql.Identifier(column)
    )
    return connection.execute(query, [value]).fetchone() is not None
