"""Signals turned into a flag that the one thread of the supervisor looks at."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress
from types import FrameType

from klingdesk.embedded.trouble import StopRequested

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopFlag:
    """Counts the requests to stop; ``pause`` sleeps but wakes up for every signal.

    SIGHUP that was ignored when we were started (``nohup``) stays ignored.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.last: int | None = None
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def install(self) -> None:
        """Take the signals over; to be called once, in the main thread."""
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _STOPPING:
            nohup = number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
            if not nohup:
                signal.signal(number, self._request)

    def close(self) -> None:
        """Ignore further requests: the work is done and only the interpreter's end is left."""
        for number in _STOPPING:
            signal.signal(number, signal.SIG_IGN)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.requests += 1
        self.last = number

    def pause(self, seconds: float) -> None:
        """Sleep up to ``seconds``; shorter when any signal (a child's death, too) arrives."""
        with suppress(InterruptedError):
            select.select([self._reader], [], [], max(seconds, 0))
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass

    def sleep(self, seconds: float) -> None:
        """Sleep the whole time unless a stop is requested; then raise ``StopRequested``."""
        until = time.monotonic() + seconds
        while True:
            self.check()
            left = until - time.monotonic()
            if left <= 0:
                return
            self.pause(left)

    def check(self) -> None:
        """Raise ``StopRequested`` once a stop was asked for."""
        if self.requests:
            raise StopRequested
