"""Move tickets that ended long ago into the archive."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from klingdesk.core.errors import Invalid
from tickets.services.archiving import BATCH, LEAST_MONTHS, archive_tickets


class Command(BaseCommand):
    help = (
        "Move tickets that ended so many months ago or earlier into the archive. Reports go on "
        "counting them, their numbers still find them. May be stopped and started again at any "
        "time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than-months", type=int, required=True, help=f"at least {LEAST_MONTHS}"
        )
        parser.add_argument("--batch", type=int, default=BATCH, help="tickets in a transaction")
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= 10_000:
            raise CommandError("--batch: 1 to 10000.")
        self._told = 0
        try:
            done = archive_tickets(
                now=timezone.now(),
                older_than_months=options["older_than_months"],
                batch=options["batch"],
                dry_run=options["dry_run"],
                tell=self._tell,
            )
        except Invalid as refused:
            said = [str(text) for texts in refused.fields.values() for text in texts]
            raise CommandError(" ".join(said)) from refused
        word = "would be archived" if options["dry_run"] else "archived"
        self.stdout.write(f"{word}: {done.tickets} tickets; kept for now: {done.kept}")

    def _tell(self, tickets: int) -> None:
        if tickets - self._told >= 10_000:
            self._told = tickets
            self.stdout.write(f"  {tickets} tickets")
            self.stdout.flush()
