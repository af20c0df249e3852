"""Probes for whatever watches the desk: is this process alive, and is it worth sending people to?

``/healthz`` answers as long as the process does and asks nobody else: a supervisor may restart
what does not answer. ``/readyz`` asks the database, the migrations, the broker and the periodic
jobs:

- 503 ``unready``: the database cannot be reached, or migrations are missing.
- 200 ``degraded``: people can work, but the broker cannot be reached, or a periodic job is late
  (``stale``) or has never run (``never``), or notices do not leave the desk or events get no place
  in the feed (``late``), or the replica does not serve reports, so that the primary has to. Nothing
  that a person does waits for any of it; taking the web away from the agents would make an outage
  of it, and a desk that has just been started has no heartbeat yet.
- 200 ``ready``: all is well.

What these answers hold is fit for anybody: no host names, no error texts, no versions.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from klingdesk.broker_probe import BrokerProbe
from notices.selectors import outbox_lag
from tickets.models import Heartbeat
from tickets.reports import replica
from tickets.selectors.feed import feed_lag
from tickets.services.heartbeats import ROUTING, SLA

log = logging.getLogger(__name__)

Check = dict[str, Any]
STALE_SECONDS = 300
_STATEMENT_TIMEOUT = "SET LOCAL statement_timeout = '2s'"
_VITAL = ("database", "migrations")

broker = BrokerProbe()


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return _answer({"status": "ok"}, 200)


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 or 503 with every check by its name."""
    checks = {**_database_checks(), "broker": {"status": broker.status()}}
    if replica.is_configured():
        checks["replica"] = _replica(checks["database"])
    if any(checks[name]["status"] != "ok" for name in _VITAL):
        return _answer({"status": "unready", "checks": checks}, 503)
    fine = all(check["status"] == "ok" for check in checks.values())
    return _answer({"status": "ready" if fine else "degraded", "checks": checks}, 200)


def _answer(body: Check, status: int) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _database_checks() -> dict[str, Check]:
    """Five checks on one connection; what could not be asked is ``unknown``."""
    found: dict[str, Check] = {
        "database": {"status": "unreachable"},
        "migrations": {"status": "unknown"},
        "sweeps": {"status": "unknown"},
        "outbox": {"status": "unknown"},
        "feed": {"status": "unknown"},
    }
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_STATEMENT_TIMEOUT)
            found["migrations"] = _migrations()
            if found["migrations"]["status"] == "ok":
                found["sweeps"] = _sweeps()
                found["outbox"] = _outbox()
                found["feed"] = _feed()
        found["database"] = {"status": "ok"}
    except Error as error:
        # Its text may name hosts and people: into the log with it, not into the answer.
        log.warning("readiness: the database does not answer: %s", error)
    return found


@cache
def _migrations_of_this_code() -> frozenset[tuple[str, str]]:
    """App and name of all migrations on disk; code does not change while it runs."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _migrations() -> Check:
    """One statement: a set difference, not a plan. Without the table nothing is applied."""
    missing = _migrations_of_this_code() - set(MigrationRecorder(connection).applied_migrations())
    return {"status": "pending", "missing": len(missing)} if missing else {"status": "ok"}


def _replica(database: Check) -> Check:
    """Whether reports are read from the replica; asking it takes an answer of the primary."""
    if database["status"] != "ok":
        return {"status": "unknown"}
    try:
        state = replica.watch.state()
    except Error as error:
        log.warning("readiness: the replica cannot be judged (%s)", type(error).__name__)
        return {"status": "unknown"}
    found: Check = {"status": state.standing.value}
    return found if state.lag_seconds is None else {**found, "lag_seconds": state.lag_seconds}


def _outbox() -> Check:
    """For how long the notice that is to leave the desk first has been due."""
    lag = outbox_lag(timezone.now())
    return {"status": "late" if lag > STALE_SECONDS else "ok", "lag_seconds": lag}


def _feed() -> Check:
    """For how long the first event that has no place in the feed yet has been there."""
    lag = feed_lag()
    return {"status": "late" if lag > STALE_SECONDS else "ok", "lag_seconds": lag}


def _sweeps() -> Check:
    """When each periodic job last ran, and the worst of it: stale before never before ok."""
    now = timezone.now()
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    # Whoever lets a sweep run rarely must not be told that it is late.
    every = {
        str(entry["task"]).removeprefix("tickets."): float(str(entry["schedule"]))
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
    }
    jobs: dict[str, Check] = {}
    for name in (ROUTING, SLA):
        if name in beats:
            age = max(0, int((now - beats[name]).total_seconds()))
            limit = max(STALE_SECONDS, 3 * every.get(name, 0))
            jobs[name] = {"status": "stale" if age > limit else "ok", "age_seconds": age}
        else:
            jobs[name] = {"status": "never"}
    states = {job["status"] for job in jobs.values()}
    worst = next(state for state in ("stale", "never", "ok") if state in states)
    return {"status": worst, "jobs": jobs}
