"""The garbage collector of a process that serves for long."""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 50)
"""Containers made and not yet freed before the youngest are looked through; rounds of that before
the middle ones are; rounds of those before all are."""


def settle() -> None:
    """Call when everything is loaded: what is there stays, and is not looked through again.

    Django, its models and the search index are some hundred thousand objects that never become
    garbage. To look through them all takes longer than most pages, and Python's own thresholds
    (700, 10, 10) do so in the middle of a request. A request's own objects are freed when it ends,
    by their reference counts; only cycles wait for the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
