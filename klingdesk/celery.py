"""The Celery application. Tasks live in ``tickets/tasks.py``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klingdesk.settings")

app = Celery("klingdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def refuse_unsafe_settings(**_: object) -> None:
    from klingdesk.checks import refuse_unsafe

    refuse_unsafe()
