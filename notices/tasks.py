"""Celery tasks of the notices: the hint and the sweep do the same."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from notices.services.outbox import deliver_due, purge_deliveries


@shared_task(name="notices.deliver")
def deliver() -> None:
    deliver_due(now=timezone.now())


@shared_task(name="notices.sweep_outbox")
def sweep_outbox() -> None:
    now = timezone.now()
    deliver_due(now=now)
    purge_deliveries(before=now - timedelta(days=settings.KLINGDESK_DELIVERY_DAYS))
