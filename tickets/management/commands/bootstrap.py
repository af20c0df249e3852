"""Put in what a desk needs before the first contact; safe to repeat."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from kb.services.starter import load_starter
from klingdesk.core.errors import DeskError
from tickets.demo.loading import make_history
from tickets.models import Team, Ticket
from tickets.services.desk import prepare_demo_people, prepare_desk
from tickets.services.library_changes import follow_library
from tickets.services.report_rebuild import rebuild_reports
from tickets.services.starter_routing import put_starter_rules

HISTORY_DAYS = 60
TALKS_EACH = 3.0
"""Contacts without a ticket, for each ticket."""


class Command(BaseCommand):
    help = (
        "Roles, teams, the promise and the starter knowledge base; with KLINGDESK_MODE=demo "
        "also the demo people, whose password comes from KLINGDESK_DEMO_PASSWORD, and on a desk "
        "without tickets a made-up history of KLINGDESK_DEMO_TICKETS of them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        is_demo = settings.KLINGDESK_MODE == "demo"
        password = settings.KLINGDESK_DEMO_PASSWORD
        if is_demo and not password:
            raise CommandError("Set KLINGDESK_DEMO_PASSWORD: the demo people need a password.")
        with transaction.atomic():  # all or nothing: a desk that has teams is not new any more
            is_new = not Team.objects.exists()
            prepare_desk(now=now)
            follow_library(now=now)
            loaded = load_starter(now=now)
            if is_new:
                put_starter_rules()
        if is_demo:
            # Last, because the demo advisors belong to every team, also to those of the rules.
            names = prepare_demo_people(password=password)
            self.stdout.write(f"demo people: {', '.join(names)}")
            self._make_history(now)
        self.stdout.write(
            f"knowledge base: {loaded.questions} questions written, {loaded.unchanged} unchanged, "
            f"{loaded.kept} kept as edited; {loaded.flows} flows"
        )

    def _make_history(self, now: datetime) -> None:
        """So that queue, day and reports show something. None where nothing can be handed over."""
        tickets = settings.KLINGDESK_DEMO_TICKETS
        if not tickets or Ticket.objects.exists():
            return
        try:
            make_history(
                tickets=tickets,
                seed=1,
                days=HISTORY_DAYS,
                until=now.replace(microsecond=0),
                close_after_days=settings.KLINGDESK_CLOSE_AFTER_DAYS,
                talks_each=TALKS_EACH,
                walked=1.0,
                staged=True,
                # Whoever tries the desk hands a ticket over, and it is the first to wait.
                all_taken=True,
            )
        except DeskError as refused:
            self.stdout.write(f"no history was made up: {refused.message}")
            return
        rebuild_reports(now=now)
        self.stdout.write(f"history: {tickets} made-up tickets of {HISTORY_DAYS} days")
