"""Can the message broker be reached? Asked rarely, in a thread of its own, never for long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""So long one answer serves every probe of this process."""

PATIENCE_SECONDS = 2.0
"""So long a probe waits for an answer; name resolution, for one, knows no time-out of ours."""


def connect(seconds: float = PATIENCE_SECONDS) -> None:
    """Open a connection to the broker and close it; raises whatever the client library raises."""
    from klingdesk.celery import app

    planned = app.connection_for_write()
    options = dict(planned.transport_options or {})
    if "pool_size" in options:
        options["pool_size"] = 1
    with planned.clone(connect_timeout=seconds, transport_options=options) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=seconds)
        except Exception:
            # The library closes what it has opened; a pool that failed to open anything would
            # go on trying in threads of its own.
            with suppress(Exception):
                connection.transport.close_connection(connection)
            raise


class BrokerProbe:
    """Keeps the last answer; at most one thread asks at a time, however many probes come."""

    def __init__(
        self,
        ask: Callable[[], None] = connect,
        *,
        clock: Callable[[], float] = time.monotonic,
        fresh: float = FRESH_SECONDS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._ask, self._clock, self._fresh, self._patience = ask, clock, fresh, patience
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked_at = 0.0
        self._answer: str | None = None

    def status(self) -> str:
        """``ok`` or ``unreachable``."""
        with self._lock:
            asking = self._thread is not None and self._thread.is_alive()
            old = self._answer is None or self._clock() - self._asked_at >= self._fresh
            if old and not asking:
                self._asked_at, self._answer = self._clock(), None
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            thread, left = self._thread, self._asked_at + self._patience - self._clock()
        if self._answer is None and thread is not None:
            # One that hangs costs each later probe nothing: its patience is used up already.
            thread.join(max(0.0, left))
        return self._answer or "unreachable"

    def _run(self) -> None:
        try:
            self._ask()
        except Exception as error:
            # Its text may hold the address with the password.
            log.warning("readiness: the broker cannot be reached (%s)", type(error).__name__)
            self._answer = "unreachable"
        else:
            self._answer = "ok"
