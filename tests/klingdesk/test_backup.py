"""Backup and restore: what comes back is what was there, row by row, with all that guards it."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from klingdesk.backups import programs as found_programs
from klingdesk.backups.programs import Programs, fitting_programs, last_line
from klingdesk.backups.trouble import BackupTrouble
from klingdesk.backups.writing import write_backup
from tests.databases import new_database
from tests.faults.topology import other_database
from tests.klingdesk.production import SAFE, run
from tickets.models import Ticket, TicketEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk_at_work(make_ticket: Callable[..., Ticket], advisor: Any) -> list[Ticket]:
    """A few tickets with their events, clocks and contacts, with words in two languages."""
    return [make_ticket(account_id=f"88000{n}", problem=f"问题 {n}\t\\N “x”") for n in range(3)]


@pytest.fixture
def other() -> Iterator[str]:
    """The address of an empty database on the same server, dropped afterwards."""
    name = f"kd_restore_{secrets.token_hex(4)}"
    server = other_database(os.environ["DATABASE_URL"], "postgres")
    with psycopg.connect(server, autocommit=True) as admin, new_database(admin, name):
        yield other_database(os.environ["DATABASE_URL"], name)


def ours() -> str:
    return other_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])


def restore(url: str, *arguments: str) -> tuple[int, str]:
    """``manage.py restore`` as an operator runs it; exit code and what it said."""
    done = run("manage.py", "restore", *arguments, environment={**SAFE, "DATABASE_URL": url})
    return done.returncode, (done.stdout + done.stderr).strip()


def contents(url: str) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a digest of all of them."""
    with psycopg.connect(url) as database:
        tables = database.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        found = {}
        for (table,) in tables:
            rows = database.execute(
                sql.SQL(
                    "SELECT count(*), md5(coalesce(string_agg(row::text, chr(10) ORDER BY "
                    "row::text), '')) FROM {} AS row"
                ).format(sql.Identifier(table))
            ).fetchone()
            assert rows is not None
            found[table] = rows
    return found


def structure(url: str) -> dict[str, list[Any]]:
    """Everything that guards the rows: constraints, indexes, triggers, functions, sequences."""
    queries = {
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), "
        "convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "triggers": "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled FROM "
        "pg_trigger WHERE NOT tgisinternal",
        "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = "
        "'public'::regnamespace",
        "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, "
        "identity_generation FROM information_schema.columns WHERE table_schema = 'public'",
        "sequences": "SELECT sequencename, last_value, increment_by FROM pg_sequences WHERE "
        "schemaname = 'public'",
        "persistence": "SELECT relname, relpersistence FROM pg_class WHERE relnamespace = "
        "'public'::regnamespace AND relkind = 'r'",
    }
    with psycopg.connect(url) as database:
        return {
            name: sorted(_plain(row) for row in database.execute(query.encode()).fetchall())
            for name, query in queries.items()
        }


def _plain(row: tuple[Any, ...]) -> str:
    """Without casts and brackets: PostgreSQL writes ``a = ANY (ARRAY[...])`` with others of them
    once it has read its own writing."""
    return re.sub(r"::(character varying|text|smallint|integer|bigint)(\[\])?|[()]", "", repr(row))


@pytest.fixture
def backup(desk_at_work: list[Ticket], tmp_path: Path) -> Path:
    file = tmp_path / "desk.backup"
    call_command("backup", str(file), verbosity=0)
    return file


# --- there and back -------------------------------------------------------------------------------


def test_every_table_comes_back_row_by_row(backup: Path, other: str) -> None:
    assert restore(other, str(backup))[0] == 0
    before, after = contents(ours()), contents(other)
    assert before.keys() == after.keys()
    assert {table for table in before if before[table] != after[table]} == set()
    assert before["tickets_ticket"][0] == 3
    assert before["tickets_ticketevent"][0] >= 6
    assert structure(ours()) == structure(other)


def test_what_guards_the_rows_is_alive_again(backup: Path, other: str) -> None:
    assert restore(other, str(backup))[0] == 0
    with psycopg.connect(other, autocommit=True) as database:
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            database.execute("UPDATE tickets_ticketevent SET code = 'other'")
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            database.execute("DELETE FROM kb_revision")
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute("UPDATE tickets_ticket SET status = 'nonsense'")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            database.execute("DELETE FROM auth_user")
        newest = database.execute("SELECT max(id) FROM tickets_ticket").fetchone()
        sequence = "SELECT nextval(pg_get_serial_sequence('tickets_ticket', 'id'))"
        following = database.execute(sequence).fetchone()
        assert newest is not None
        assert following is not None
        assert following[0] > newest[0]


def test_a_backup_is_one_moment(desk_at_work: list[Ticket], tmp_path: Path, other: str) -> None:
    """What is committed while it is being written is in it whole or not at all; here: not, because
    the writer's transaction is open until the backup is done."""
    with psycopg.connect(ours()) as writer:
        writer.execute("UPDATE tickets_ticket SET problem = 'halfway'")
        write_backup(tmp_path / "moment")
        writer.commit()
    assert restore(other, str(tmp_path / "moment"))[0] == 0
    with psycopg.connect(other) as database:
        found = database.execute("SELECT DISTINCT problem = 'halfway' FROM tickets_ticket")
        assert found.fetchall() == [(False,)]


def test_a_backup_is_its_owners_alone_and_sealed(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    seal = (backup.parent / "desk.backup.sha256").read_text()
    assert seal == f"{hashlib.sha256(backup.read_bytes()).hexdigest()}  desk.backup\n"
    assert sorted(path.name for path in backup.parent.iterdir()) == [
        "desk.backup",
        "desk.backup.sha256",
    ]


# --- refusals, each with what to do ---------------------------------------------------------------


def test_an_existing_file_is_overwritten_only_when_told(
    desk_at_work: list[Ticket], tmp_path: Path, other: str
) -> None:
    file = tmp_path / "desk.backup"
    file.write_text("precious")
    with pytest.raises(CommandError, match="--overwrite"):
        call_command("backup", str(file))
    assert file.read_text() == "precious"
    call_command("backup", str(file), overwrite=True, verbosity=0)
    assert restore(other, str(file))[0] == 0


def test_a_folder_that_is_not_there(desk_at_work: list[Ticket], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        call_command("backup", str(tmp_path / "nowhere" / "desk.backup"))


def test_a_backup_that_fails_leaves_nothing_behind(
    desk_at_work: list[Ticket], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump: error: disk full' >&2; exit 1\n")
    (broken / "pg_dump").chmod(0o755)
    monkeypatch.setattr(
        "klingdesk.backups.writing.fitting_programs", lambda _: Programs(broken, 99)
    )
    file = tmp_path / "desk.backup"
    with pytest.raises(BackupTrouble, match="disk full"):
        write_backup(file)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_database_in_use_is_replaced_only_when_told_and_only_alone(
    backup: Path, other: str
) -> None:
    with psycopg.connect(other, autocommit=True) as database:
        database.execute("CREATE TABLE precious (id int); INSERT INTO precious VALUES (7)")
    code, said = restore(other, str(backup))
    assert (code, "--replace" in said) == (1, True)
    with psycopg.connect(other) as somebody:
        code, said = restore(other, str(backup), "--replace")
        assert (code, "stop web, worker and beat" in said) == (1, True)
        assert somebody.execute("SELECT id FROM precious").fetchone() == (7,)
    assert restore(other, str(backup), "--replace")[0] == 0
    assert "precious" not in contents(other)
    assert contents(other) == contents(ours())


def test_damage_and_a_missing_seal_are_noticed(backup: Path, other: str) -> None:
    seal = backup.with_name("desk.backup.sha256")
    kept = seal.read_text()
    seal.unlink()
    code, said = restore(other, str(backup))
    assert (code, "--without-checksum" in said) == (1, True)
    seal.write_text(kept)
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 0xFF
    backup.write_bytes(bytes(data))
    code, said = restore(other, str(backup))
    assert (code, "is damaged" in said) == (1, True)
    assert contents(other) == {}


def test_a_backup_that_ends_in_the_middle_changes_nothing(backup: Path, other: str) -> None:
    """The archive's end is gone, and nobody checks: what was there is there still."""
    with psycopg.connect(other, autocommit=True) as database:
        database.execute("CREATE TABLE precious (id int); INSERT INTO precious VALUES (7)")
    data = backup.read_bytes()
    backup.write_bytes(data[: len(data) * 3 // 4])
    code, said = restore(other, str(backup), "--replace", "--without-checksum")
    assert code == 1
    assert "Traceback" not in said
    assert contents(other) == {"precious": (1, contents(other)["precious"][1])}


def test_what_no_desk_wrote_is_refused(tmp_path: Path, other: str) -> None:
    file = tmp_path / "other.backup"
    file.write_bytes(b"PGDMP nonsense")
    code, said = restore(other, str(file), "--without-checksum")
    assert (code, "Traceback" in said) == (1, False)
    assert restore(other, str(tmp_path / "none"))[1].endswith("does not exist.")


def test_a_backup_of_a_newer_desk_is_refused(desk: None, tmp_path: Path, other: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('kb', '9999_later', now())"
        )
    try:
        write_backup(tmp_path / "newer")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")
    code, said = restore(other, str(tmp_path / "newer"))
    assert (code, "kb.9999_later" in said) == (1, True)
    assert contents(other) == {}


# --- the programs ---------------------------------------------------------------------------------


def test_the_servers_own_version_is_preferred_then_the_next_newer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have = [Programs(Path(str(major)), major) for major in (17, 15, 18)]
    monkeypatch.setattr(found_programs, "_all_programs", lambda: iter(have))
    assert [fitting_programs(major).major for major in (14, 15, 16, 18)] == [15, 15, 17, 18]
    with pytest.raises(BackupTrouble, match="postgresql-client-19"):
        fitting_programs(19)


def test_the_password_is_in_no_argument_and_no_variable_of_the_caller_leads_astray(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    given = Programs(Path("/bin"), 15).environment("host=/run dbname=desk password='a b'")
    assert (given["PGHOST"], given["PGDATABASE"], given["PGPASSWORD"]) == ("/run", "desk", "a b")
    assert "PGHOST" not in Programs(Path("/bin"), 15).environment("")


def test_what_a_program_says_last_quotes_no_row() -> None:
    said = "pg_restore: error: COPY failed\nDETAIL:  Failing row contains (1, 打\n13971203945).\n"
    assert last_line(said) == "DETAIL: (left out)"
    assert last_line("\n pg_dump: no such table \n\n") == "pg_dump: no such table"
    assert last_line("") == ""


def test_events_survive(backup: Path, other: str) -> None:
    """The timeline in its order, whatever the heap's order is."""
    assert restore(other, str(backup))[0] == 0
    with psycopg.connect(other) as database:
        rows = database.execute("SELECT id, code FROM tickets_ticketevent ORDER BY id").fetchall()
    assert rows == list(TicketEvent.objects.order_by("pk").values_list("pk", "code"))
