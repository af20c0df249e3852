"""Put a backup into the desk's database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from klingdesk.backups.restoring import restore_backup
from klingdesk.backups.trouble import BackupTrouble


class Command(BaseCommand):
    help = "Restore FILE into the desk's database, all of it or nothing. Stop the desk first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="delete what is in the database now"
        )
        parser.add_argument(
            "--without-checksum", action="store_true", help="FILE.sha256 is not at hand"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tables = restore_backup(
                options["file"].absolute(),
                replace=options["replace"],
                with_checksum=not options["without_checksum"],
            )
        except BackupTrouble as trouble:
            raise CommandError(str(trouble)) from None
        self.stdout.write(f"{tables} tables restored. Now: manage.py migrate, and start the desk.")
