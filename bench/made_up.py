"""A desk with a made-up history, for the benches that look at its pages and reports."""

from __future__ import annotations

import os
from typing import Any

from bench.server import make_durable

PEOPLE = 60


def set_up(url: str) -> None:
    """Django in this process, with the database at ``url``, as a web process has it."""
    os.environ |= {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "KLINGDESK_MODE": "demo",
        "KLINGDESK_ALLOWED_HOSTS": "testserver",
        "KLINGDESK_DEMO_PASSWORD": "for-the-bench-only",
        "KLINGDESK_DEMO_TICKETS": "0",
        "KLINGDESK_LOG_LEVEL": "ERROR",
        "KLINGDESK_SESSIONS_PER_PERSON": "100",
    }
    import django

    django.setup()
    from django.conf import settings

    from klingdesk import garbage

    garbage.settle()  # as in the web's processes
    # Files are served by others and their names are looked up: not what is measured.
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )


def fill(server: str, tickets: int, **more: Any) -> None:
    """Write the history of ``tickets``; ``more`` goes to ``demo_history``."""
    from django.core.management import call_command

    make_durable(server, durable=False)
    call_command("migrate", verbosity=0)
    call_command("bootstrap")
    call_command("demo_history", tickets=tickets, seed=1, people=PEOPLE, **more)
    make_durable(server)
