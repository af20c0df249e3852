"""The Celery application. Tasks live in ``tickets/tasks.py``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klingdesk.settings")

app = Celery("klingdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_unsafe_settings(**_: object) -> None:
    from klingdesk.checks import refuse_unsafe

    try:
        refuse_unsafe()
    except ImproperlyConfigured as error:
        # Celery only logs what a receiver raises, and goes on: an exit it lets through.
        raise SystemExit(str(error)) from error
