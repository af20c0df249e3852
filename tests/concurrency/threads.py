"""Doing things at the same instant, and stopping one of them in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

PATIENCE = 30.0
"""Seconds after which a thread counts as stuck; nothing here takes one."""


def in_background(call: Callable[[], Any]) -> Future[Any]:
    """Start ``call`` in a thread with a database connection of its own."""
    future: Future[Any] = Future()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:
            connection.close()
            future.set_exception(error)
        else:
            connection.close()
            future.set_result(result)

    threading.Thread(target=work, daemon=True).start()
    return future


def outcome(future: Future[Any]) -> Any:
    """What the call returned, or the exception it raised."""
    return future.exception(PATIENCE) or future.result(PATIENCE)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run all calls, let go at the same instant; results or exceptions in the order of calls."""
    barrier = threading.Barrier(len(calls))

    def lined_up(call: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            return call()

        return run

    futures = [in_background(lined_up(call)) for call in calls]
    return [outcome(future) for future in futures]


@contextmanager
def held(call: Callable[[], Any]) -> Iterator[Callable[[], Any]]:
    """Another session has done ``call`` but has not committed yet.

    Gives a function that lets it commit and returns the call's result (or exception); the
    end of the block does so, too.
    """
    done, go_on = threading.Event(), threading.Event()

    def work() -> Any:
        with transaction.atomic():
            try:
                return call()
            finally:
                done.set()
                go_on.wait(PATIENCE)

    future = in_background(work)
    assert done.wait(PATIENCE)

    def commit() -> Any:
        go_on.set()
        return outcome(future)

    try:
        yield commit
    finally:
        commit()


def wait_until_blocked(sessions: int = 1) -> None:
    """Return when so many sessions of this database wait for somebody else's lock."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            # Inside a transaction the view would show for ever what it showed at first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND cardinality(pg_blocking_pids(pid)) > 0"
            )
            if cursor.fetchone()[0] >= sessions:
                return
        time.sleep(0.01)
    raise AssertionError(f"never were {sessions} sessions waiting for a lock")
