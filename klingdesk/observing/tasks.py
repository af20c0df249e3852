"""Celery's side: every line of a task says which one it is, in the form of all the others.

A hint stands for what many requests have left to do, so a task belongs to none of them.
"""

from __future__ import annotations

import logging.config
from contextlib import ExitStack
from typing import Any

from celery.signals import setup_logging, task_postrun, task_prerun
from django.conf import settings

from klingdesk.observing import tracing
from klingdesk.observing.context import Work, working


@setup_logging.connect
def log_as_configured(**_: object) -> None:
    """Leave the desk's logging as it is; Celery would add formats of its own."""
    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect
def begin(task_id: str = "", task: Any = None, **_: object) -> None:
    """Remember the task until ``end``, which runs in the same thread."""
    stack = ExitStack()
    stack.enter_context(working(Work(task=task.name, task_id=task_id)))
    stack.enter_context(tracing.task(task.name))
    task.request.desk_stack = stack


@task_postrun.connect
def end(task: Any = None, **_: object) -> None:
    stack = getattr(task.request, "desk_stack", None)
    if stack is not None:
        stack.close()
