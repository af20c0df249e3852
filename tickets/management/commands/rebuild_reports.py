"""Count all that the reports count anew; reports go on meanwhile."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tickets.services.report_facts import refresh_facts
from tickets.services.report_rebuild import BATCH, rebuild_reports


class Command(BaseCommand):
    help = (
        "Make the rows and sums behind the reports anew from tickets, contacts and searches. May "
        "be stopped: the next run goes on there. Needed after a history was loaded, and after "
        "days of the past were corrected in the calendar."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=BATCH, help="tickets in a transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()

        def tell(what: str, done: int) -> None:
            if options["verbosity"] and done % 100_000 < options["batch"]:
                self.stdout.write(f"{what}: {done:,} in {time.monotonic() - began:.0f} s")

        done = rebuild_reports(now=timezone.now(), batch=options["batch"], tell=tell)
        refresh_facts(now=timezone.now())
        self.stdout.write(
            f"counted anew: {done.tickets:,} tickets, {done.contacts:,} contacts, "
            f"{done.days:,} days summed up, in {time.monotonic() - began:.1f} s"
        )
