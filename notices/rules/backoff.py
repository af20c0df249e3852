"""When a delivery that failed is tried again.

Exponential back-off with jitter: the wait doubles with every failure, and a part of it, fixed by
what is tried, spreads what failed together (the reasoning is in “Exponential Backoff And Jitter”,
AWS Architecture Blog, 2015; this is its *equal jitter*, deterministic so that it can be tested).
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Final

MOST_ATTEMPTS: Final = 10
"""After so many attempts, some two hours, people have to look at it."""

FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(hours=1)
LONGEST_CLOSURE: Final = timedelta(minutes=5)
"""A line that failed is tried again after this long at the latest."""

PATIENCE: Final = timedelta(days=1)
"""What waits behind a line that has been down for so long is dead."""


def wait_after(attempt: int, key: str) -> timedelta:
    """How long to wait after the ``attempt``-th failure (from 1) of what ``key`` names.

    Between half and all of ``FIRST_WAIT`` · 2^(attempt - 1), at most ``LONGEST_WAIT``.
    """
    return _spread(attempt, key, LONGEST_WAIT)


def closed_for(failures: int, line: str) -> timedelta:
    """How long nothing is sent over a line after so many failures in a row (from 1)."""
    return _spread(failures, line, LONGEST_CLOSURE)


def _spread(attempt: int, key: str, longest: timedelta) -> timedelta:
    if attempt < 1:
        raise ValueError(f"attempts are counted from 1, not {attempt}")
    # 2^20 first waits are half a year: no exponent needs to grow beyond that.
    full = min(FIRST_WAIT * (1 << min(attempt - 1, 20)), longest)
    drawn = int.from_bytes(sha256(f"{key}:{attempt}".encode()).digest()[:4], "big")
    return full / 2 + full / 2 * (drawn / 2**32)
