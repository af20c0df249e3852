"""Write the desk's database into a file, while it runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from klingdesk.backups.trouble import BackupTrouble
from klingdesk.backups.writing import write_backup


class Command(BaseCommand):
    help = (
        "Write a consistent backup of the desk's database into FILE, with its checksum beside it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--overwrite", action="store_true", help="FILE may exist already")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = write_backup(options["file"].absolute(), overwrite=options["overwrite"])
        except BackupTrouble as trouble:
            raise CommandError(str(trouble)) from None
        self.stdout.write(f"{done.file}: {done.size / 1_000_000:.1f} MB, sha256 {done.sha256}")
