"""Celery tasks of logins."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.services.upkeep import forget_what_is_over


@shared_task(name="accounts.forget_what_is_over")
def forget() -> None:
    forget_what_is_over(now=timezone.now())
