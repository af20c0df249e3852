"""The way back: all of a backup in one transaction, or nothing of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from klingdesk.backups.programs import (
    Programs,
    desk_database,
    fitting_programs,
    last_line,
    server_major,
)
from klingdesk.backups.seal import check_seal
from klingdesk.backups.trouble import BackupTrouble

_EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


def restore_backup(file: Path, *, replace: bool = False, with_checksum: bool = True) -> int:
    """Put ``file`` into the desk's database; how many tables there are then.

    The database must be empty, or ``replace`` says that what is in it goes; nobody else may be
    connected. ``BackupTrouble`` when it cannot be done: then nothing was changed.
    """
    if not file.is_file():
        raise BackupTrouble(f"{file} does not exist.")
    if with_checksum:
        check_seal(file)
    programs = fitting_programs(server_major())
    _refuse_newer(programs, file)
    if table_count() and not replace:
        raise BackupTrouble(
            "the database is not empty. Restore into a new one, or say --replace: everything that "
            "is in it now is deleted then."
        )
    _refuse_company()
    connection.close()
    _pour(programs, file)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return table_count()


def table_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        return int(cursor.fetchone()[0])


def _refuse_newer(programs: Programs, file: Path) -> None:
    """``BackupTrouble`` when the backup knows migrations that this code does not."""
    rows = programs.run(
        "pg_restore", "--data-only", "--table=django_migrations", "--file=-", str(file)
    )
    applied = {
        (cells[1], cells[2])
        for line in rows.splitlines()
        if len(cells := line.split("\t")) == 4 and cells[0].isdecimal()
    }
    if not applied:
        raise BackupTrouble(f"{file} holds no desk: it knows no migration.")
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    apps = {app for app, _name in known}
    newer = sorted(f"{app}.{name}" for app, name in applied - known if app in apps)
    if newer:
        raise BackupTrouble(
            f"{file} is of a newer desk (this one does not know {', '.join(newer[:3])}); restore "
            "it with the release that wrote it."
        )


def _refuse_company() -> None:
    """Whoever is connected would go on with rows that are not there any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise BackupTrouble(
            f"{others} other connections to this database are open: stop web, worker and beat."
        )


def _pour(programs: Programs, file: Path) -> None:
    """``pg_restore`` writes SQL, ``psql`` carries it out: emptying and filling commit together.

    The SQL goes through our hands, because its end is what makes ``psql`` commit: whoever stops in
    the middle must not look like whoever has finished.
    """
    write = ("--no-owner", "--no-privileges", "--exit-on-error", "--file=-", str(file))
    fill = ("--no-psqlrc", "--quiet", "--no-password", "--single-transaction")
    fill += ("--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--command={_EMPTY}", "--file=-")
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as complained:
        writer = programs.start(
            "pg_restore", write, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=told
        )
        filler = programs.start(
            "psql", fill, database=desk_database(), stdin=subprocess.PIPE, stderr=complained
        )
        try:
            _pass_on(writer, filler)
        except BaseException:
            filler.kill()
            writer.kill()
            raise
        finally:
            codes = (writer.wait(), filler.wait())
        if codes != (0, 0):
            # One that has failed ends the other, which then has nothing to say.
            reason = _said(complained) or _said(told) or "no reason given"
            raise BackupTrouble(f"the backup could not be restored: {reason}")


def _said(stream: IO[bytes]) -> str:
    stream.seek(0)
    return last_line(stream.read().decode(errors="replace"))


def _pass_on(writer: subprocess.Popen[bytes], filler: subprocess.Popen[bytes]) -> None:
    """Everything the writer says; then the end, if it has ended well."""
    assert writer.stdout is not None and filler.stdin is not None  # noqa: S101, PT018 - pipes
    with suppress(BrokenPipeError), writer.stdout:
        shutil.copyfileobj(writer.stdout, filler.stdin, 1 << 20)
    if writer.wait() != 0 and filler.poll() is None:
        filler.kill()  # before it sees the end: what it did is rolled back
    with suppress(BrokenPipeError):
        filler.stdin.close()
