"""The Celery application. Tasks live in ``tickets/tasks.py``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init, worker_ready
from django.core.exceptions import ImproperlyConfigured

from klingdesk import garbage
from klingdesk.observing import tasks as _observed  # noqa: F401 - connects Celery's signals
from klingdesk.observing import tracing

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


@worker_init.connect
def trace(**_: object) -> None:
    from django.conf import settings

    tracing.start(settings.KLINGDESK_OTLP_ENDPOINT, service="klingdesk-worker")


@worker_process_init.connect
@worker_ready.connect
def settle(**_: object) -> None:
    """With processes each settles after its fork; with threads the worker itself does."""
    garbage.settle()
