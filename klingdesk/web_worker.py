"""A process of the web server that takes no more than it can answer."""

from __future__ import annotations

from gunicorn.workers.gthread import ThreadWorker


class FreeThreadsWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker; while all its threads are busy it leaves new connections to the
    other processes, in which a thread may be free.

    The original accepts them all the same and lets them wait behind its own, for as long as they
    are kept open: of two processes one can have everything to do and the other nothing
    (gunicorn's issues 908 and 3433).
    """

    @property
    def worker_connections(self) -> int:
        """How many connections it may have now; read before each look at the listening socket."""
        idle = len(self.keepalived_conns) + len(self.pending_conns)
        return self._most if self.nr_conns - idle < self.cfg.threads else 0

    @worker_connections.setter
    def worker_connections(self, most: int) -> None:
        self._most = most
