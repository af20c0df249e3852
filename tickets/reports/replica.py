"""May reports be read from the replica just now? Asked rarely; in doubt the primary is read.

A standby of the same server is behind as soon as it has not replayed what the primary had written
when both were asked. How long it has been behind nobody knows exactly: what it replayed last was
committed so long ago at most. A desk in use writes every few seconds (heartbeats), so that bound
is close.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

log = logging.getLogger(__name__)

REPLICA: Final = "replica"
FRESH_SECONDS: Final = 2.0
"""So long one answer serves all reports of this process."""

DOWN_SECONDS: Final = 15.0
"""So long one that did not answer is left alone: each attempt may cost a report its time-out."""

_PRIMARY = """
SELECT pg_current_wal_lsn()::text, system_identifier, current_database() FROM pg_control_system()
"""
_STANDBY = """
SELECT system_identifier, current_database(),
       CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= %s::pg_lsn THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END
FROM pg_control_system()
"""


class Standing(StrEnum):
    OK = "ok"
    BEHIND = "behind"
    UNREACHABLE = "unreachable"
    FOREIGN = "foreign"
    """A database of another server or another name: no copy of ours."""


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """``lag_seconds`` at most; ``None`` when nobody can say."""

    standing: Standing
    lag_seconds: int | None = None


def is_configured() -> bool:
    return REPLICA in connections.settings


def ask_replica(most_seconds: int) -> ReplicaState:
    """One statement to the primary and two to the replica; errors of the primary are raised."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_PRIMARY)
        written, *ours = cursor.fetchone()
    try:
        with transaction.atomic(using=REPLICA), connections[REPLICA].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'")
            cursor.execute(_STANDBY, [written])
            *theirs, seconds = cursor.fetchone()
    except Error as error:
        log.warning("the replica does not answer (%s)", type(error).__name__)
        return ReplicaState(Standing.UNREACHABLE)
    if theirs != ours:
        log.error("the replica is no copy of this desk's database: reports read the primary")
        return ReplicaState(Standing.FOREIGN)
    if seconds is None:
        return ReplicaState(Standing.BEHIND)
    lag = max(0, int(seconds))
    return ReplicaState(Standing.OK if lag <= most_seconds else Standing.BEHIND, lag)


class ReplicaWatch:
    """Keeps the last answer; one thread asks at a time, the others go by what was known before."""

    def __init__(
        self,
        ask: Callable[[int], ReplicaState] = ask_replica,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._clock = ask, clock
        self._asking = threading.Lock()
        self._state: ReplicaState | None = None
        self._until = float("-inf")

    def state(self) -> ReplicaState:
        """The present state, at most ``FRESH_SECONDS`` old (``DOWN_SECONDS`` when it is down)."""
        known = self._state
        if known is not None and self._clock() < self._until:
            return known
        if not self._asking.acquire(blocking=False):
            return known or ReplicaState(Standing.UNREACHABLE)
        try:
            return self._keep(self._ask(settings.KLINGDESK_REPLICA_LAG_SECONDS))
        finally:
            self._asking.release()

    def is_good(self) -> bool:
        return self.state().standing is Standing.OK

    def failed(self) -> None:
        """Somebody found it down between two answers."""
        self._keep(ReplicaState(Standing.UNREACHABLE))

    def forget(self) -> None:
        """Ask anew at the next call."""
        self._until = float("-inf")

    def _keep(self, state: ReplicaState) -> ReplicaState:
        is_down = state.standing is Standing.UNREACHABLE
        self._state = state
        self._until = self._clock() + (DOWN_SECONDS if is_down else FRESH_SECONDS)
        return state


watch = ReplicaWatch()
