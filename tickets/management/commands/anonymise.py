"""Take users out of what ended long ago, as the daily task does."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from tickets.services.anonymising import anonymise, due_for_anonymising


class Command(BaseCommand):
    help = (
        "Anonymise tickets and contacts that ended KLINGDESK_ANONYMISE_AFTER_DAYS ago or earlier. "
        "There is no way back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        step = due_for_anonymising if options["dry_run"] else anonymise
        done = step(now=timezone.now(), after_days=settings.KLINGDESK_ANONYMISE_AFTER_DAYS)
        word = "would be anonymised" if options["dry_run"] else "anonymised"
        self.stdout.write(f"{word}: {done.tickets} tickets, {done.contacts} contacts without one")
