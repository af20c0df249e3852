"""What a process searches in, and how it hears that there is something newer.

Every change of searchable text raises a version in the database. A process that serves polls it
once a second in a thread of its own, which also builds what is newer and then puts it in the
place of the old one in a single assignment: a search never waits for a build, and all processes
answer from the new one within seconds of the change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db import close_old_connections, connections

log = logging.getLogger(__name__)

T = TypeVar("T")

POLL_SECONDS: Final = 1.0
TRUSTED_SECONDS: Final = 4.0
"""So long after the version was last confirmed it is taken to be current; then a search looks
itself. With the second that a build may take it keeps within the five that are promised."""

STUCK_SECONDS: Final = 120.0
"""A build that takes longer hangs, on the network for instance; another one may begin then. A busy
machine takes half a minute for a hundred thousand phrasings."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    version: int
    value: T
    build: int


class IndexHolder(Generic[T]):
    """Holds one value for the process, always the one of the latest version.

    ``version`` reads the present version, ``build`` makes the value from what is committed.
    With ``follows`` a thread keeps it fresh, begun by the first call (so after any fork, and
    never in a process that does not search). Without, every call looks whether it is fresh.

    Whoever finds that nobody has confirmed the version for ``TRUSTED_SECONDS`` (the thread
    died, hangs, or has no database) looks itself, and builds unless somebody else is at it. A
    database error then reaches the caller: what nobody can confirm is not answered from, and
    the request needs the database for the answers anyway.
    """

    def __init__(
        self,
        *,
        version: Callable[[], int],
        build: Callable[[], T],
        follows: bool,
        clock: Callable[[], float] = time.monotonic,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._version = version
        self._build = build
        self._follows = follows
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._held: _Held[T] | None = None
        self.after_fork()

    def after_fork(self) -> None:
        """In a new process: its parent's thread is gone, and may have held the locks."""
        self._mutex = threading.Lock()
        self._waiting = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._confirmed_at = float("-inf")
        self._builds = 0 if self._held is None else self._held.build
        self._building_since: float | None = None

    def current(self) -> T:
        """The value to answer from."""
        held = self._held
        if held is None or not self._follows:
            with self._waiting:
                value = self._checked(may_answer_old=False)
        elif self._clock() - self._confirmed_at > TRUSTED_SECONDS:
            value = self._checked(may_answer_old=True)
        else:
            value = held.value
        if self._follows:
            self._ensure_thread()
        return value

    def standing(self) -> tuple[int | None, float]:
        """The version that is held (none: nobody has asked yet), and for how many seconds nobody
        has confirmed it. Asks nobody and builds nothing."""
        held = self._held
        return (held.version if held else None), max(0.0, self._clock() - self._confirmed_at)

    def forget(self) -> None:
        """Build anew at the next call, whatever the version says; for tests that roll back."""
        self._held = None

    def stop(self) -> None:
        """End the thread; the next call begins another one."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.after_fork()

    def _checked(self, *, may_answer_old: bool) -> T:
        """Look at the version, and build when it has moved on.

        With ``may_answer_old`` a build that is under way elsewhere is not repeated.
        """
        asked_at = self._clock()
        version = self._version()
        held = self._held
        if held is not None and held.version == version:
            self._confirmed_at = max(self._confirmed_at, asked_at)
            return held.value
        number = self._begin_build(even_if_one_runs=not may_answer_old)
        if number is None:
            assert held is not None  # noqa: S101 - only those who hold something may answer old
            return held.value
        try:
            fresh = _Held(version, self._build(), number)
            self._swap(fresh, asked_at)
        finally:
            self._end_build(number)
        return fresh.value

    def _begin_build(self, *, even_if_one_runs: bool) -> int | None:
        with self._mutex:
            now, since = self._clock(), self._building_since
            runs = since is not None and now - since < STUCK_SECONDS
            if runs and self._held is not None and not even_if_one_runs:
                return None
            self._building_since = now
            self._builds += 1
            return self._builds

    def _swap(self, fresh: _Held[T], asked_at: float) -> None:
        with self._mutex:
            # One that hung and comes after a later one has read what is old by now.
            if self._held is None or self._held.build < fresh.build:
                self._held = fresh
                self._confirmed_at = max(self._confirmed_at, asked_at)

    def _end_build(self, number: int) -> None:
        with self._mutex:
            if self._builds == number:
                self._building_since = None

    def _ensure_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._mutex:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._keep_fresh, args=(self._stop,), name="search-index", daemon=True
                )
                self._thread.start()

    def _keep_fresh(self, stop: threading.Event) -> None:
        in_trouble = False
        while not stop.is_set():
            try:
                # Opens the connection again when the database was restarted.
                close_old_connections()
                before = self._held
                self._checked(may_answer_old=True)
            except Exception:
                if not in_trouble:
                    log.warning("the search index cannot be refreshed; trying on", exc_info=True)
                in_trouble = True
            else:
                if in_trouble:
                    log.info("the search index is being refreshed again")
                in_trouble = False
                if self._held is not before:
                    continue  # a build takes a while: what changed meanwhile is looked for at once
            stop.wait(self._poll_seconds)
        connections.close_all()
