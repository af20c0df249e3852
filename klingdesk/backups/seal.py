"""The checksum beside a backup: ``FILE.sha256``, as ``sha256sum --check`` reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from klingdesk.backups.trouble import BackupTrouble


def seal_of(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


def digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def check_seal(file: Path) -> None:
    """``BackupTrouble`` when ``file`` is not what was written, or nobody can say."""
    seal = seal_of(file)
    try:
        expected = seal.read_text(encoding="utf-8").split()[0]
    except (FileNotFoundError, IndexError):
        raise BackupTrouble(
            f"{seal} is missing: nobody can say whether {file.name} is whole. Bring it along, or "
            "say --without-checksum."
        ) from None
    if digest(file) != expected:
        raise BackupTrouble(f"{file} is damaged: its checksum is not that in {seal.name}.")
