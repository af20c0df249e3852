"""Messages to the workers. A hint may be lost: the sweeps find what it would have announced."""

from __future__ import annotations

import atexit
import logging
import os
from functools import cache, partial
from queue import Full, Queue
from threading import Thread

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)

MOST_WAITING = 1_000
"""Hints that one process keeps for a broker that is silent; more are dropped."""

CONFIRM_SECONDS = 4
FLUSH_SECONDS = 2

Hint = tuple[str, tuple[int | str, ...]]


def hint_after_commit(task_name: str, *args: int | str) -> None:
    """Send a task by name after the commit; a broker that is down or silent costs nothing."""
    transaction.on_commit(partial(_put, (task_name, args)))


def _put(hint: Hint) -> None:
    try:
        _sender(os.getpid()).waiting.put_nowait(hint)
    except Full:
        log.warning("no hint %s%r sent, too many wait; the next sweep takes over", *hint)


class _Sender:
    """A thread that sends, so that the person at the screen never waits for the broker.

    A broker with a full disk takes a message and never confirms it; one that hangs does not
    even answer the declaration of a queue, and the client would wait for ever.
    """

    def __init__(self) -> None:
        self.waiting: Queue[Hint | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._work, name="hints", daemon=True)
        self._thread.start()
        atexit.register(self.end)

    def _work(self) -> None:
        while (hint := self.waiting.get()) is not None:
            _send(*hint)

    def end(self) -> None:
        """At the end of the process: what waits goes out, unless that takes too long."""
        try:
            self.waiting.put_nowait(None)
        except Full:
            return
        self._thread.join(FLUSH_SECONDS)


def flush() -> None:
    """Send what waits, for up to ``FLUSH_SECONDS``; the next hint begins a new thread."""
    _sender(os.getpid()).end()
    _sender.cache_clear()


@cache
def _sender(process_id: int) -> _Sender:
    """The sender of this process: threads do not survive a fork."""
    return _Sender()


def _send(task_name: str, args: tuple[int | str, ...]) -> None:
    try:
        current_app.send_task(task_name, args=args, confirm_timeout=CONFIRM_SECONDS)
    except Exception:
        # Whatever the broker's client raises: the row is committed and the sweep will route it.
        log.warning("no hint %s%r sent; the next sweep takes over", task_name, args, exc_info=True)
