"""Whose an import is while a worker has it: claims, their leases, and how far it is.

A worker that dies leaves a claim whose lease runs out, and the next one begins anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Final

from django.db import Error, connection, connections, transaction
from django.db.models import Q, QuerySet

from kb.models.import_batch import WORKED_ON, ImportBatch

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
BEAT_SECONDS: Final = 1.0
"""How often a worker tells how far it is: many times in a lease, so that a database that is away
for a moment costs nothing."""

MOST_AT_ONCE: Final = 2
"""In the whole desk: each may take a gigabyte, and the workers have other things to do."""


class TakenAway(Exception):
    """The claim is not ours any more: discarded, or taken over by another worker."""


def worked_on() -> QuerySet[ImportBatch]:
    """What a worker has or waits for, without the documents."""
    return ImportBatch.objects.filter(state__in=WORKED_ON).defer("proposal", "choices")


def claim_next(now: datetime) -> ImportBatch | None:
    """The import that has waited longest, claimed; None when there is none or enough are held."""
    with transaction.atomic(), connection.cursor() as cursor:
        # One after the other: the limit is counted, not locked.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('klingdesk.imports'))")
        if worked_on().filter(claimed_until__gt=now).count() >= MOST_AT_ONCE:
            return None
        free = Q(claimed_until=None) | Q(claimed_until__lte=now)
        batch = (
            worked_on()
            .filter(free)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("asked_by")
            .order_by("asked_at", "pk")
            .first()
        )
        if batch is not None:
            batch.attempts += 1
            batch.step = 0
            batch.claimed_until = now + LEASE
            batch.save(update_fields=["attempts", "step", "claimed_until"])
        return batch


class Claim:
    """The right to write what becomes of an import."""

    def __init__(self, batch: ImportBatch, instant: Callable[[], datetime]) -> None:
        self.batch = batch
        self.instant = instant
        self._step = 0
        self._told = time.monotonic()

    def mine(self) -> QuerySet[ImportBatch]:
        """The row, as long as nobody has discarded or taken over what we claimed."""
        batch = self.batch
        return ImportBatch.objects.filter(
            pk=batch.pk, state=batch.state, asked_at=batch.asked_at, attempts=batch.attempts
        )

    def tell(self, step: int) -> None:
        """So far it is: written when there is news, and every ``BEAT_SECONDS`` in any case.
        ``TakenAway`` when it is not ours any more."""
        is_late = time.monotonic() - self._told >= BEAT_SECONDS
        if step != self._step or is_late:
            self.hold(step)

    def hold(self, step: int) -> None:
        self._step, self._told = step, time.monotonic()
        if not self.mine().update(step=step, claimed_until=self.instant() + LEASE):
            raise TakenAway


class Pulse:
    """Tells from outside of a long transaction how far it is, every ``BEAT_SECONDS``: in a thread
    of its own with a connection of its own."""

    def __init__(self, claim: Claim, *, beat: float = BEAT_SECONDS) -> None:
        self._claim = claim
        self._beat = beat
        self._lost, self._ending = Event(), Event()
        self._thread = Thread(target=self._work, name=f"import-{claim.batch.pk}", daemon=True)
        self._step = 0

    def count(self) -> None:
        """One more is done. ``TakenAway`` when it is nobody's any more."""
        self._step += 1
        if self._lost.is_set():
            raise TakenAway

    def _work(self) -> None:
        try:
            while not self._ending.wait(self._beat) and not self._lost.is_set():
                try:
                    self._claim.hold(self._step)
                except TakenAway:
                    self._lost.set()
                except Error:
                    log.warning("no progress of an import told", exc_info=True)
        finally:
            connections.close_all()

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
