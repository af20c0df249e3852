"""How many requests somebody may make in a window of time, counted for all processes together.

A process takes permits from the counter in blocks and hands them out from memory, so that most
requests cost no statement. What a process has not used when the window ends is gone: close to
the limit somebody may be refused up to a block for each process early, and never late.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from django.db import connection

BLOCK = 20
"""Permits that a process takes at once, if the limit allows it."""

MOST_SUBJECTS = 10_000
"""So many are remembered in a process before those of past windows are dropped."""

_TAKE = """
INSERT INTO accounts_ratecounter AS counter (subject, began_at, taken) VALUES (%s, %s, %s)
ON CONFLICT (subject) DO UPDATE SET
    taken = excluded.taken
        + CASE WHEN counter.began_at = excluded.began_at THEN counter.taken ELSE 0 END,
    began_at = excluded.began_at
RETURNING taken
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """``limit`` requests in each window of ``seconds``; ``block`` permits are taken at once."""

    limit: int
    seconds: int
    block: int

    @classmethod
    def in_blocks(cls, limit: int, seconds: int) -> Rate:
        """With ``BLOCK`` permits at once; of small limits a twentieth."""
        return cls(limit, seconds, block=max(1, min(BLOCK, limit // BLOCK)))


@dataclass(frozen=True, slots=True)
class Permit:
    """What became of one request. ``remaining`` is a lower bound, ``reset`` in seconds."""

    granted: bool
    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class _Held:
    began_at: int
    left: int
    taken: int


class Permits:
    """The permits that this process holds."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def take(self, subject: str, rate: Rate, *, now: float) -> Permit:
        """One permit for ``subject`` (up to 80 characters) at ``now`` (seconds of the epoch)."""
        began_at = int(now) // rate.seconds * rate.seconds
        with self._lock:
            held = self._held.get(subject)
            if held is None or held.began_at != began_at:
                held = self._begin(subject, began_at)
            is_granted = self._hand_out(held)
            ask = not is_granted and held.taken < rate.limit
        if ask:
            block = max(1, min(rate.block, rate.limit))
            taken = _take(subject, began_at, block)
            with self._lock:
                held.left += max(0, min(block, rate.limit - (taken - block)))
                held.taken = max(held.taken, taken)
                is_granted = self._hand_out(held)
        remaining = max(0, rate.limit - held.taken) + held.left
        reset = max(1, began_at + rate.seconds - int(now))
        return Permit(is_granted, rate.limit, remaining, reset)

    def forget(self) -> None:
        """Give nothing out any more that was taken before."""
        with self._lock:
            self._held.clear()

    def _begin(self, subject: str, began_at: int) -> _Held:
        if len(self._held) >= MOST_SUBJECTS:
            self._held = {
                name: held for name, held in self._held.items() if held.began_at >= began_at
            }
        held = self._held[subject] = _Held(began_at, 0, 0)
        return held

    @staticmethod
    def _hand_out(held: _Held) -> bool:
        if held.left <= 0:
            return False
        held.left -= 1
        return True


def _take(subject: str, began_at: int, block: int) -> int:
    """How many were taken in this window, with these."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [subject, began_at, block])
        return int(cursor.fetchone()[0])


def forget_counters(*, before: float) -> int:
    """Delete counters whose last window began before ``before``; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_ratecounter WHERE began_at < %s", [int(before)])
        return int(cursor.rowcount)


permits = Permits()
