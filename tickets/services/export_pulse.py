"""The pulse of an export that is being written: how far it is, and that its worker lives."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Final

from django.db import Error, connections

from tickets.models import Export
from tickets.models.export import ExportState

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
"""Many beats: a database that is away for a moment costs nothing."""

BEAT_SECONDS: Final = 1.5


class TakenAway(Exception):
    """The claim is not ours any more: cancelled, or taken over by another worker."""


class Pulse:
    """Writes every ``BEAT_SECONDS`` how many rows there are and holds the lease, also while the
    database sorts or a workbook is packed.

    In a thread of its own with a connection of its own, because the rows are read in a transaction
    in which nothing can be written.
    """

    def __init__(
        self, export: Export, instant: Callable[[], datetime], *, beat: float = BEAT_SECONDS
    ) -> None:
        self._export = export
        self._instant = instant
        self._beat = beat
        self._lost, self._ending = Event(), Event()
        self._thread = Thread(target=self._work, name=f"export-{export.pk}", daemon=True)
        self.rows = 0
        self.total: int | None = None

    def count_row(self) -> None:
        """One more row is written. ``TakenAway`` when it is nobody's any more."""
        self.rows += 1
        self.check()

    def check(self) -> None:
        if self._lost.is_set():
            raise TakenAway

    def _work(self) -> None:
        try:
            while not self._ending.wait(self._beat) and not self._lost.is_set():
                try:
                    self._tell()
                except Error:
                    log.warning("no progress of export %s told", self._export.pk, exc_info=True)
        finally:
            connections.close_all()

    def _tell(self) -> None:
        mine = Export.objects.filter(
            pk=self._export.pk, state=ExportState.RUNNING, attempts=self._export.attempts
        )
        if not mine.update(
            rows_done=self.rows, rows_total=self.total, claimed_until=self._instant() + LEASE
        ):
            self._lost.set()

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()
