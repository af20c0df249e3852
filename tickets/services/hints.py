"""Messages to the workers. A hint may be lost: the sweeps find what it would have announced."""

from __future__ import annotations

import atexit
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from itertools import islice
from queue import Empty, Full, Queue
from threading import Event, Thread

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)

MOST_WAITING = 1_000
"""Hints that one process keeps for a broker that is silent; more are dropped."""

MOST_TOGETHER = 200
"""Ids in one message."""

REST_SECONDS = 0.25
"""Between two turns of sending: under load the hints of so long travel together, and the worker
does their work in one transaction. A hint that comes alone goes out at once."""

CONFIRM_SECONDS = 4
FLUSH_SECONDS = 2

Hint = tuple[str, tuple[int, ...]]
"""A task's name, and the ids of the rows to look at; hints of one task may be joined."""


def hint_after_commit(task_name: str, *ids: int) -> None:
    """Send a task by name after the commit; a broker that is down or silent costs nothing."""
    transaction.on_commit(partial(_put, (task_name, ids)))


def _put(hint: Hint) -> None:
    try:
        _sender(os.getpid()).waiting.put_nowait(hint)
    except Full:
        log.warning("no hint %s%r sent, too many wait; the next sweep takes over", *hint)


def joined(hints: Iterable[Hint]) -> list[Hint]:
    """One hint for each task, in the order of their first ones, each id once; several for one
    task only where there are more than ``MOST_TOGETHER`` ids."""
    ids: dict[str, dict[int, None]] = {}
    for task_name, some in hints:
        ids.setdefault(task_name, {}).update(dict.fromkeys(some))
    return [
        (task_name, tuple(islice(every, start, start + MOST_TOGETHER)))
        for task_name, every in ids.items()
        for start in range(0, len(every) or 1, MOST_TOGETHER)
    ]


class _Sender:
    """A thread that sends, so that the person at the screen never waits for the broker.

    A broker with a full disk takes a message and never confirms it; one that hangs does not
    even answer the declaration of a queue, and the client would wait for ever.
    """

    def __init__(self) -> None:
        self.waiting: Queue[Hint | None] = Queue(MOST_WAITING)
        self._ending = Event()
        self._thread = Thread(target=self._work, name="hints", daemon=True)
        self._thread.start()
        atexit.register(self.end)

    def _work(self) -> None:
        while not (self._ending.is_set() and self.waiting.empty()):
            taken = [self.waiting.get()]
            with suppress(Empty):
                while True:
                    taken.append(self.waiting.get_nowait())
            for hint in joined(each for each in taken if each is not None):
                _send(*hint)
            self._ending.wait(REST_SECONDS)

    def end(self) -> None:
        """At the end of the process: what waits goes out, unless that takes too long."""
        self._ending.set()
        with suppress(Full):  # then there is something to wake up for already
            self.waiting.put_nowait(None)
        self._thread.join(FLUSH_SECONDS)


def flush() -> None:
    """Send what waits, for up to ``FLUSH_SECONDS``; the next hint begins a new thread."""
    _sender(os.getpid()).end()
    _sender.cache_clear()


@cache
def _sender(process_id: int) -> _Sender:
    """The sender of this process: threads do not survive a fork."""
    return _Sender()


def _send(task_name: str, args: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task_name, args=args, confirm_timeout=CONFIRM_SECONDS)
    except Exception:
        # Whatever the broker's client raises: the row is committed and the sweep will route it.
        log.warning("no hint %s%r sent; the next sweep takes over", task_name, args, exc_info=True)
