"""Writing a backup while the desk runs: one consistent snapshot, whole or not there at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from klingdesk.backups.programs import desk_database, fitting_programs, server_major
from klingdesk.backups.seal import digest, seal_of
from klingdesk.backups.trouble import BackupTrouble

QUEUE_SCHEMA: Final = "pgmq"
"""The messages of the one-machine desk: hints that are worth nothing later."""


@dataclass(frozen=True, slots=True)
class Written:
    file: Path
    size: int
    """Bytes."""
    sha256: str


def write_backup(file: Path, *, overwrite: bool = False) -> Written:
    """Dump the desk's database into ``file``, readable by its owner alone, and seal it.

    PostgreSQL's custom format, compressed. What is under way is written beside it and takes its
    name only once it is complete and can be read back. ``BackupTrouble`` when ``file`` exists
    and ``overwrite`` does not say so, or when it cannot be written.
    """
    if file.exists() and not overwrite:
        raise BackupTrouble(f"{file} exists already; choose another name, or say --overwrite.")
    if not file.parent.is_dir():
        raise BackupTrouble(f"the folder {file.parent} does not exist.")
    draft = file.with_name(file.name + ".part")
    programs = fitting_programs(server_major())
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        programs.run(
            "pg_dump",
            *("--format=custom", "--no-owner", "--no-privileges", "--no-password"),
            *(f"--exclude-schema={QUEUE_SCHEMA}", f"--file={draft}"),
            database=desk_database(),
        )
        programs.run("pg_restore", "--list", str(draft))
        return _finish(draft, file)
    except OSError as error:
        raise BackupTrouble(f"cannot write {file}: {error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)


def _finish(draft: Path, file: Path) -> Written:
    checksum = digest(draft)
    seal = seal_of(file)
    seal_draft = seal.with_name(seal.name + ".part")
    seal_draft.write_text(f"{checksum}  {file.name}\n", encoding="utf-8")
    for path in (draft, seal_draft):
        with path.open("rb") as opened:
            os.fsync(opened.fileno())
    # An old backup under this name and its seal must not be mixed with ours: none in between.
    seal.unlink(missing_ok=True)
    draft.replace(file)
    seal_draft.replace(seal)
    return Written(file, file.stat().st_size, checksum)
