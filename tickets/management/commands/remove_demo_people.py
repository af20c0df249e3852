"""Deactivate the demo people, so that a production desk may start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tickets.services.desk import remove_demo_people


class Command(BaseCommand):
    help = "Deactivate all demo people; their contacts and tickets stay."
    requires_system_checks: list[str] = []  # the check that names them is what this command cures

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{remove_demo_people()} demo people deactivated")
