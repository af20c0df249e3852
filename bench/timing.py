"""Doing a thing many times and saying how long it took."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def say(what: str) -> None:
    """How far the bench is, beside the table."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


def must(truth: T | None, what: str) -> T:
    """``truth`` itself. The figures of a desk that does something else than it should are worth
    nothing."""
    if not truth:
        raise SystemExit(f"bench: {what}")
    return truth


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that ``share`` per cent of all do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def p50_p95(seconds: Sequence[float]) -> str:
    return f"p50 {percentile(seconds, 50) * 1e3:.1f} ms, p95 {percentile(seconds, 95) * 1e3:.1f} ms"


def timed(call: Callable[[], Any]) -> float:
    """Seconds that one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def in_threads(works: Sequence[Callable[[], list[float]]]) -> tuple[list[float], float]:
    """Each work in a thread of its own, at once; all that they return, and the seconds in all."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(work) for work in works]
        taken = [each for future in futures for each in future.result()]
    return taken, time.perf_counter() - began
