"""Fill a desk with a made-up history, to show it or to measure it."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from klingdesk.core.errors import DeskError
from tickets.demo.loading import make_history
from tickets.rules.sla import ZONE
from tickets.services.desk import prepare_bench_people
from tickets.services.report_rebuild import rebuild_reports

MOST_TICKETS = 20_000_000
MOST_PEOPLE = 1_000


class Command(BaseCommand):
    help = (
        "Write a made-up history of tickets that ends now, or at noon of --until: intake by hour, "
        "weekday and holiday, what becomes of each ticket, clocks, alarms, contacts. The same seed "
        "gives the same history for the same day. Not in production mode; not on a desk that has "
        "tickets, unless --beside."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tickets", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--days", type=int, default=730, help="how far it goes back")
        parser.add_argument("--until", type=date.fromisoformat, help="a day: YYYY-MM-DD")
        parser.add_argument(
            "--contacts", type=float, default=1.0, help="contacts without a ticket, for each ticket"
        )
        parser.add_argument(
            "--walked", type=float, help="share of runs kept step by step (1.0; 0.1 for very many)"
        )
        parser.add_argument(
            "--people",
            type=int,
            default=0,
            help="make so many agents and advisors more, who cannot log in",
        )
        parser.add_argument(
            "--without-reports", action="store_true", help="do not count it for the reports"
        )
        parser.add_argument("--beside", action="store_true", help="beside tickets that are there")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.KLINGDESK_MODE == "production":
            raise CommandError("This is a production desk: nothing made up is written into it.")
        tickets, days = options["tickets"], options["days"]
        if not (1 <= tickets <= MOST_TICKETS and 15 <= days <= 3_650):
            raise CommandError(f"--tickets: 1 to {MOST_TICKETS}; --days: 15 to 3650.")
        if not 0 <= options["people"] <= MOST_PEOPLE or not 0 <= options["contacts"] <= 20:
            raise CommandError(f"--people: at most {MOST_PEOPLE}; --contacts: 0 to 20.")
        walked = options["walked"]
        if walked is None:
            walked = 1.0 if tickets <= 20_000 else 0.1
        self._began = time.monotonic()
        self._tickets = tickets
        self.stdout.write(
            f"{tickets} made-up tickets over {days} days, with seed {options['seed']}, "
            f"and {round(tickets * options['contacts'])} contacts without a ticket"
        )
        prepare_bench_people(count=options["people"])
        try:
            made = make_history(
                tickets=tickets,
                seed=options["seed"],
                days=days,
                until=_end(options["until"]),
                close_after_days=settings.KLINGDESK_CLOSE_AFTER_DAYS,
                talks_each=options["contacts"],
                walked=walked,
                beside=options["beside"],
                staged=tickets <= 20_000,
                tell=self._tell,
            )
        except DeskError as refused:
            hint = " Add --beside to write there all the same." * (refused.code == "has_tickets")
            raise CommandError(f"{refused.message}{hint}") from refused
        for table, rows in made.rows.items():
            self.stdout.write(f"{table}: {rows}")
        self.stdout.write(f"written in {time.monotonic() - self._began:.1f} s")
        if options["without_reports"]:
            self.stdout.write("Reports know nothing of it: manage.py rebuild_reports")
        else:
            rebuild_reports(now=timezone.now())
            passed = time.monotonic() - self._began
            self.stdout.write(f"reports counted; {passed:.1f} s in all")

    def _tell(self, tickets: int) -> None:
        passed = time.monotonic() - self._began
        self.stdout.write(f"  {tickets} of {self._tickets} tickets after {passed:.0f} s")
        self.stdout.flush()


def _end(day: date | None) -> datetime:
    if day is None:
        return timezone.now().replace(microsecond=0)
    return datetime.combine(day, time_of_day(12), tzinfo=ZONE)
