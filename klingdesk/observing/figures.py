"""What the database knows of the desk, asked when somebody scrapes: queues, promises, lags.

Every web process gives the same answers, so take the ``max`` of them. A few short statements under
a time-out; a database that does not answer is itself a figure.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from django.db import Error, connection, transaction
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kb.selectors.search import committed_version, holder
from klingdesk import health
from klingdesk.observing.metrics import is_shared
from notices.selectors import dead_letters, outbox_lag
from tickets.models import Clock, Heartbeat, Ticket
from tickets.models.labels import Status
from tickets.reports import replica
from tickets.selectors.feed import feed_lag

log = logging.getLogger(__name__)

FRESH_SECONDS: Final = 5.0
"""So long one reading serves every scrape of this process."""

Rows = list[tuple[tuple[str, ...], float]]


def gauge(name: str, text: str, rows: Rows, *labels: str) -> Metric:
    """``klingdesk_<name>`` with one sample a row."""
    family = GaugeMetricFamily(f"klingdesk_{name}", text, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def read_figures(now: datetime) -> list[Metric]:
    """All figures; those of the database are missing when it does not answer."""
    found = [_process(), _broker(), *_search(), *_replica()]
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '3s'")
            found += [*_queues(now), *_promises(), *_lags(now)]
    except Error as error:
        log.warning("figures: the database does not answer (%s)", type(error).__name__)
        return [*found, gauge("database_up", "1 when the database answers.", [((), 0)])]
    return [*found, gauge("database_up", "1 when the database answers.", [((), 1)])]


def _process() -> Metric:
    text = "1 when the figures of requests are those of all processes of this gunicorn."
    return gauge("metrics_shared", text, [((), float(is_shared()))])


def _broker() -> Metric:
    is_up = health.broker.status() == "ok"
    return gauge("broker_up", "1 when the broker can be reached.", [((), float(is_up))])


def _search() -> Iterator[Metric]:
    """Only of a process that has searched: others hold no index."""
    version, seconds = holder.standing()
    if version is None:
        return
    yield gauge(
        "search_index_version", "The version that this process searches in.", [((), version)]
    )
    yield gauge(
        "search_index_confirmed_seconds",
        "How long ago this process made sure that no newer version exists.",
        [((), seconds)],
    )


def _replica() -> Iterator[Metric]:
    if not replica.is_configured():
        return
    try:
        state = replica.watch.state()
    except Error:
        return  # nobody can judge it without the primary, which is told above
    is_good = state.standing is replica.Standing.OK
    yield gauge("replica_up", "1 when reports are read from the replica.", [((), float(is_good))])
    if state.lag_seconds is not None:
        text = "At most so many seconds the replica is behind."
        yield gauge("replica_lag_seconds", text, [((), state.lag_seconds)])


def _queues(now: datetime) -> Iterator[Metric]:
    waiting = (
        Ticket.objects.filter(status__in=[Status.NEW, Status.QUEUED])
        .order_by()
        .values_list("status", "team__slug")
        .annotate(many=Count("pk"), first=Min("created_at"))
    )
    counted: Rows = []
    aged: Rows = []
    for status, team, many, first in waiting:
        labels = (str(status), team or "")
        counted.append((labels, many))
        aged.append((labels, max(0.0, (now - first).total_seconds())))
    names = ("status", "team")
    yield gauge("tickets_waiting", "Tickets that nobody works at yet, by team.", counted, *names)
    text = "Seconds since the oldest of them was handed over."
    yield gauge("tickets_waiting_oldest_seconds", text, aged, *names)


def _promises() -> Iterator[Metric]:
    breached = (
        Clock.objects.filter(stopped_at=None, breached_at__isnull=False)
        .order_by()
        .values_list("kind")
        .annotate(many=Count("pk"))
    )
    rows: Rows = [((str(kind),), many) for kind, many in breached]
    yield gauge("promises_breached_open", "Running promises that were missed.", rows, "kind")


def _lags(now: datetime) -> Iterator[Metric]:
    beats: Rows = [
        ((name,), max(0.0, (now - at).total_seconds()))
        for name, at in Heartbeat.objects.values_list("name", "at")
    ]
    yield gauge("sweep_age_seconds", "Seconds since a sweep last ended.", beats, "sweep")
    text = "Seconds for which the notice due first has been waiting to leave the desk."
    yield gauge("outbox_lag_seconds", text, [((), outbox_lag(now))])
    text = "Notices that could not be delivered and wait for a decision."
    yield gauge("outbox_dead", text, [((), dead_letters().count())])
    text = "Seconds for which the event that is first has been waiting for its place in the feed."
    yield gauge("feed_lag_seconds", text, [((), feed_lag())])
    text = "The version of the searchable text in the database."
    yield gauge("search_index_committed_version", text, [((), committed_version())])


class DeskFigures(Collector):
    """Reads at a scrape, at most every ``FRESH_SECONDS``; several scrapes at once read once."""

    def __init__(
        self,
        read: Callable[[datetime], list[Metric]] = read_figures,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._known: list[Metric] = []
        self._until = float("-inf")

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if self._clock() >= self._until:
                self._known = self._read(timezone.now())
                self._until = self._clock() + FRESH_SECONDS
            known = self._known
        yield from known

    def describe(self) -> list[Any]:
        """Nothing is asked when it is registered."""
        return []


def figures_registry() -> CollectorRegistry:
    """A registry of the desk's figures."""
    registry = CollectorRegistry()
    registry.register(DeskFigures())
    return registry
