"""What many tests begin with: made once by the services, then put back row by row.

Every test begins with an empty desk, and most with the same few rows in it. The services need some
two hundred statements to make them; put back they are one statement for each table.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

Rows = dict[str, frozenset[str]]
"""Table → its rows, each as PostgreSQL writes it down."""

_kept: dict[tuple[str, str], tuple[Rows, Rows]] = {}
"""(Name, ground it stands on) → the rows that went, the rows that came."""


def begin_with(name: str, make: Callable[[], object]) -> None:
    """Have in the database what ``make`` leaves there; it runs for the first test only.

    It must leave the same whenever it runs, and neither take away nor replace what tests may have
    changed before. A test that commits makes its own: what it leaves is emptied table by table.
    """
    if not connection.in_atomic_block:
        make()
        return
    key = (name, _ground())
    if key in _kept:
        _put_back(*_kept[key])
        return
    before = every_row()
    make()
    after = every_row()
    _kept[key] = (_less(before, after), _less(after, before))


def _ground() -> str:
    """Rows come back with their keys, so what they point at must have kept its own.

    Once a test has committed, the permissions are written anew under other numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM auth_permission p")
        return str(cursor.fetchone()[0])


def every_row() -> Rows:
    """All that is in the database now, as this transaction sees it."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found[table] = frozenset(line for (line,) in cursor.fetchall())
    return found


def _less(rows: Rows, others: Rows) -> Rows:
    return {table: lines - others[table] for table, lines in rows.items() if lines - others[table]}


def _put_back(gone: Rows, come: Rows) -> None:
    with connection.cursor() as cursor:
        for table, lines in gone.items():
            cursor.execute(f'DELETE FROM "{table}" t WHERE t::text = ANY(%s)', [list(lines)])
            assert cursor.rowcount == len(lines), f"{table} was changed before its beginning"
        for table, lines in come.items():
            cursor.execute(
                f'INSERT INTO "{table}" SELECT (line::"{table}").* FROM unnest(%s::text[]) line',
                [list(lines)],
            )
