"""Celery tasks of the knowledge base: thin and idempotent; a missed run does no harm."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from kb.services import import_jobs
from kb.services.search_log import purge_search_log
from kb.services.upkeep import keep_answers_true


@shared_task(name="kb.keep_answers_true")
def keep_true() -> None:
    now = timezone.now()
    keep_answers_true(now=now)
    purge_search_log(now=now)


@shared_task(name=import_jobs.WORK)
def work_on_imports() -> None:
    import_jobs.work_on_imports(now=timezone.now())
