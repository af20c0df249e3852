"""Put in what a desk needs before the first contact; safe to repeat."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kb.services.starter import load_starter
from tickets.models import Team
from tickets.services.desk import prepare_demo_people, prepare_desk
from tickets.services.starter_routing import put_starter_rules


class Command(BaseCommand):
    help = (
        "Roles, teams, the promise and the starter knowledge base; with KLINGDESK_MODE=demo "
        "also the demo people, whose password comes from KLINGDESK_DEMO_PASSWORD."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        is_new = not Team.objects.exists()
        prepare_desk(now=now)
        is_demo = settings.KLINGDESK_MODE == "demo"
        password = settings.KLINGDESK_DEMO_PASSWORD
        if is_demo and not password:
            raise CommandError("Set KLINGDESK_DEMO_PASSWORD: the demo people need a password.")
        loaded = load_starter(now=now)
        if is_new:
            put_starter_rules()
        if is_demo:
            # Last, because the demo advisors belong to every team, also to those of the rules.
            names = prepare_demo_people(password=password)
            self.stdout.write(f"demo people: {', '.join(names)}")
        self.stdout.write(
            f"knowledge base: {loaded.questions} questions written, {loaded.unchanged} unchanged, "
            f"{loaded.kept} kept as edited; {loaded.flows} flows"
        )
