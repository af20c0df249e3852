"""Hold what the reports count against tickets, events and contacts."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tickets.reports.checking import check_books
from tickets.reports.reading import read_only
from tickets.services.report_facts import refresh_facts


class Command(BaseCommand):
    help = (
        "Count a random sample of tickets the slow way, and the rows of some days one by one, and "
        "compare them with the books of the reports. Ends with 1 and the differences, if any."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sample", type=int, default=1000, help="how many tickets")
        parser.add_argument("--seed", type=int, help="draw the same sample again")

    def handle(self, *args: Any, **options: Any) -> None:
        seed = options["seed"] if options["seed"] is not None else secrets.randbelow(2**31)
        now = timezone.now()
        refresh_facts(now=now)
        with read_only():
            done = check_books(sample=options["sample"], seed=seed, now=now)
        for difference in done.differences:
            self.stderr.write(difference)
        told = f"{done.tickets} tickets and {done.days} days (seed {seed})"
        if done.differences:
            raise CommandError(f"{len(done.differences)} differences in {told}")
        self.stdout.write(f"no difference in {told}")
