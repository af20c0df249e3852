"""Waiting for what the desk does in the background: it comes soon, but nobody promised when."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = 120.0
"""Seconds. Whether something is fast is for ``bench/`` to say; here it only has to come."""
EVERY_MS = 250


def until(page: Any, condition: Callable[[], object], what: str) -> None:
    """Ask again and again whether ``condition`` holds; the page lives on meanwhile."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {PATIENCE:.0f} s: {what}; at {page.url}")
        page.wait_for_timeout(EVERY_MS)
