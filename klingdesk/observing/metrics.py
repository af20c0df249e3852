"""What this desk counts about requests, in Prometheus' words.

gunicorn runs several processes, and a scrape reaches one of them. ``klingdesk.serving`` gives them
a folder they share (``PROMETHEUS_MULTIPROC_DIR``), so that each answers for all. Only counters and
histograms are kept that way: they add up, also with those of processes that are gone. What the
database knows is asked at the scrape (``figures``).

Labels are bounded: routes of the URLconf, known methods, status codes.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED: Final = "(none)"
"""The route of a request that no address fits, and of files."""

disable_created_metrics()  # a time for every series, of which nobody asks
_own = CollectorRegistry()
REQUEST_SECONDS: Final = Histogram(
    "klingdesk_request_seconds",
    "How long requests took until their answer began, by route and method.",
    ["route", "method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10),
    registry=_own,
)
REQUEST_STATEMENTS: Final = Histogram(
    "klingdesk_request_statements",
    "How many statements requests sent to the database.",
    buckets=(0, 2, 5, 10, 15, 20, 30, 50, 100),
    registry=_own,
)
ANSWERS: Final = Counter(
    "klingdesk_answers",
    "Answers by route, method and status code.",
    ["route", "method", "status"],
    registry=_own,
)


def observe(route: str, method: str, status: int, seconds: float, statements: int) -> None:
    """One request; ``route`` is one of the URLconf or empty."""
    route = route or UNMATCHED
    method = method if method in METHODS else "OTHER"
    REQUEST_SECONDS.labels(route, method).observe(seconds)
    REQUEST_STATEMENTS.observe(statements)
    ANSWERS.labels(route, method, str(status)).inc()


def is_shared() -> bool:
    """Whether this process answers for all processes of its gunicorn."""
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))


def request_registry() -> CollectorRegistry:
    """The requests of all processes of this gunicorn; without a shared folder, of this one."""
    if not is_shared():
        return _own
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
