"""Messages to the workers. A hint may be lost: the sweeps find what it would have announced."""

from __future__ import annotations

import logging
from functools import partial

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def hint_after_commit(task_name: str, *args: int | str) -> None:
    """Send a task by name after the commit; a broker that is down costs nothing."""
    transaction.on_commit(partial(_send, task_name, args))


def _send(task_name: str, args: tuple[int | str, ...]) -> None:
    try:
        current_app.send_task(task_name, args=args)
    except Exception:
        # Whatever the broker's client raises: the row is committed, the sweep will route it,
        # and the person at the screen must not see an error for work that was saved.
        log.warning("no hint %s%r sent; the next sweep takes over", task_name, args, exc_info=True)
