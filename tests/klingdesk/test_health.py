"""The probes: what they ask, what they answer, and what they never give away."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from klingdesk import health
from klingdesk.broker_probe import BrokerProbe
from notices.models import Delivery
from tests.conftest import NOW
from tests.faults.topology import other_database
from tests.klingdesk.production import SAFE, SECRETS, run
from tests.notices.hooks import a_dead_letter, a_webhook
from tickets.models import Heartbeat
from tickets.services import heartbeats
from tickets.tasks import sweep_routing, sweep_sla


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def broker_says(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a broker probe in place whose answer the test decides."""

    def decide(error: Exception | None) -> None:
        def ask() -> None:
            if error is not None:
                raise error

        monkeypatch.setattr(health, "broker", BrokerProbe(ask))

    decide(None)
    return decide


# --- /healthz -------------------------------------------------------------------------------------


def test_alive_without_a_single_query(client: Client) -> None:
    # No database mark: pytest-django fails this test if anything is asked.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_probes_only_read(path: str, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert getattr(client, method)(path).status_code == 405


def test_head_is_answered_without_a_body(client: Client, db: None, broker_says: Any) -> None:
    for path in ("/healthz", "/readyz"):
        response = client.head(path)
        assert (response.status_code, response.content) == (200, b"")


# --- /readyz --------------------------------------------------------------------------------------


def test_a_fresh_desk_is_ready_before_its_first_sweep(
    client: Client, db: None, broker_says: Any
) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "checks": {
            "database": {"status": "ok"},
            "migrations": {"status": "ok"},
            "broker": {"status": "ok"},
            "sweeps": {
                "status": "never",
                "jobs": {"sweep_routing": {"status": "never"}, "sweep_sla": {"status": "never"}},
            },
            "outbox": {"status": "ok", "lag_seconds": 0},
            "feed": {"status": "ok", "lag_seconds": 0},
        },
    }
    assert response["Cache-Control"] == "no-store"


def test_ready_when_all_jobs_have_run(client: Client, desk: None, broker_says: Any) -> None:
    sweep_routing()
    sweep_sla()
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ready")


@pytest.mark.parametrize(
    ("ages", "status", "overall"),
    [
        ((0, 300), "ok", "ready"),
        ((0, 301), "stale", "degraded"),
        ((86_400, None), "stale", "degraded"),
        ((0, None), "never", "degraded"),
        ((-5, 0), "ok", "ready"),  # a clock that is ahead is no news
    ],
)
def test_the_age_of_the_sweeps(
    client: Client,
    db: None,
    now: None,
    broker_says: Any,
    ages: tuple[int | None, int | None],
    status: str,
    overall: str,
) -> None:
    for name, age in zip((heartbeats.ROUTING, heartbeats.SLA), ages, strict=True):
        if age is not None:
            heartbeats.beat(name=name, now=NOW - timedelta(seconds=age))
    response = client.get("/readyz")
    body = response.json()
    assert response.status_code == 200
    assert (body["checks"]["sweeps"]["status"], body["status"]) == (status, overall)


@pytest.mark.parametrize(
    ("lag", "status", "overall"), [(300, "ok", "ready"), (301, "late", "degraded")]
)
def test_notices_that_do_not_leave_the_desk(
    client: Client,
    manager: Any,
    now: None,
    broker_says: Any,
    lag: int,
    status: str,
    overall: str,
) -> None:
    for name in (heartbeats.ROUTING, heartbeats.SLA):
        heartbeats.beat(name=name, now=NOW)
    letter = a_dead_letter(a_webhook(manager))
    waiting = {"state": "pending", "ended_at": None, "due_at": NOW - timedelta(seconds=lag)}
    Delivery.objects.filter(pk=letter.pk).update(**waiting)
    body = client.get("/readyz").json()
    assert body["checks"]["outbox"] == {"status": status, "lag_seconds": lag}
    assert body["status"] == overall


def test_rare_sweeps_are_not_called_stale(
    client: Client, db: None, now: None, broker_says: Any, settings: Any
) -> None:
    settings.CELERY_BEAT_SCHEDULE = {
        "one": {"task": "tickets.sweep_routing", "schedule": 600},
        "two": {"task": "tickets.sweep_sla", "schedule": 600},
        "hourly": {"task": "tickets.something_else", "schedule": 86_400},
    }
    for name in (heartbeats.ROUTING, heartbeats.SLA):
        heartbeats.beat(name=name, now=NOW - timedelta(seconds=1800))
    assert client.get("/readyz").json()["status"] == "ready"
    heartbeats.beat(name=heartbeats.SLA, now=NOW - timedelta(seconds=1801))
    assert client.get("/readyz").json()["status"] == "degraded"


def test_without_the_broker_people_can_go_on(client: Client, db: None, broker_says: Any) -> None:
    broker_says(OSError("amqp://desk:hush-broker@broker"))
    response = client.get("/readyz")
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["checks"]["broker"]) == ("degraded", {"status": "unreachable"})
    assert body["checks"]["database"] == {"status": "ok"}
    assert b"hush" not in response.content


def test_not_ready_while_migrations_are_missing(client: Client, db: None, broker_says: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'kb'")
        missing = cursor.rowcount
    response = client.get("/readyz")
    assert missing > 0
    assert response.status_code == 503
    checks = response.json()["checks"]
    assert checks["migrations"] == {"status": "pending", "missing": missing}
    assert checks["sweeps"] == {"status": "unknown"}


def test_an_empty_database_is_not_ready(client: Client, db: None, broker_says: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO gone")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"]["status"] == "pending"


def test_a_database_that_fails_is_told_without_its_error(
    client: Client, db: None, broker_says: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_heartbeat RENAME TO hidden_heartbeat")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == {"status": "unreachable"}
    assert b"heartbeat" not in response.content


def test_a_database_that_hangs_is_given_up(
    client: Client, db: None, broker_says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_STATEMENT_TIMEOUT", "SET LOCAL statement_timeout = '100ms'")
    slow = Heartbeat.objects.annotate(
        slow=models.Func(models.Value(5), function="pg_sleep", output_field=models.TextField())
    )
    Heartbeat.objects.create(name="any", at=NOW)
    monkeypatch.setattr(health, "_sweeps", lambda: list(slow))
    began = time.monotonic()
    assert client.get("/readyz").status_code == 503
    assert time.monotonic() - began < 3


def test_a_probe_costs_few_short_statements(client: Client, db: None, broker_says: Any) -> None:
    client.get("/readyz")
    with CaptureQueriesContext(connection) as seen:
        client.get("/readyz")
    assert [sql.split()[0] for sql in (query["sql"] for query in seen)].count("SELECT") <= 5
    assert len(seen) <= 8


def test_a_process_that_reaches_nothing_answers_503_and_gives_nothing_away() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for path in ('/healthz', '/readyz'):\n"
        "    answer = Client(SERVER_NAME='desk.example.com').get(path, secure=True)\n"
        "    print(answer.status_code, answer.content.decode())\n"
    )
    environment = {**SAFE, "DJANGO_SETTINGS_MODULE": "klingdesk.settings"}
    done = run("-c", code, environment=environment)
    alive, ready = done.stdout.splitlines()
    assert alive == '200 {"status": "ok"}'
    assert ready.startswith("503 ")
    assert json.loads(ready[4:]) == {
        "status": "unready",
        "checks": {
            "database": {"status": "unreachable"},
            "migrations": {"status": "unknown"},
            "sweeps": {"status": "unknown"},
            "outbox": {"status": "unknown"},
            "feed": {"status": "unknown"},
            "broker": {"status": "unreachable"},
        },
    }
    assert "Traceback" not in done.stdout + done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)


def test_plain_http_probes_are_not_sent_to_https(db: None) -> None:
    url = other_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "for path in ('/healthz', '/readyz', '/admin/'):\n"
        "    print(Client(SERVER_NAME='desk.example.com').get(path).status_code)\n"
    )
    environment = {**SAFE, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "klingdesk.settings"}
    done = run("-c", code, environment=environment)
    assert done.stdout.split() == ["200", "200", "301"], done.stderr


# --- the broker's probe ---------------------------------------------------------------------------


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_answer_serves_for_some_seconds() -> None:
    asked: list[float] = []
    clock = Clock()
    probe = BrokerProbe(lambda: asked.append(clock()), clock=clock, fresh=5)
    assert [probe.status() for _ in range(100)] == ["ok"] * 100
    clock.now += 4.9
    assert (probe.status(), asked) == ("ok", [1000.0])
    clock.now += 0.1
    assert (probe.status(), asked) == ("ok", [1000.0, 1005.0])


def test_the_answer_follows_the_broker() -> None:
    clock = Clock()
    trouble: list[Exception] = []

    def ask() -> None:
        if trouble:
            raise trouble[0]

    probe = BrokerProbe(ask, clock=clock)
    assert probe.status() == "ok"
    trouble.append(ConnectionRefusedError())
    clock.now += 6
    assert probe.status() == "unreachable"
    trouble.clear()
    assert probe.status() == "unreachable"
    clock.now += 6
    assert probe.status() == "ok"


def test_many_probes_at_once_ask_once() -> None:
    asked: list[str] = []
    go = threading.Event()

    def ask() -> None:
        asked.append(threading.current_thread().name)
        go.wait(5)

    probe = BrokerProbe(ask, patience=5)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(probe.status())) for _ in range(20)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert answers == ["ok"] * 20
    assert len(asked) == 1


def test_a_broker_that_hangs_costs_one_patience_and_one_thread() -> None:
    asked: list[float] = []
    go = threading.Event()

    def ask() -> None:
        asked.append(time.monotonic())
        go.wait(20)

    probe = BrokerProbe(ask, fresh=0, patience=0.3)
    began = time.monotonic()
    assert probe.status() == "unreachable"
    first = time.monotonic() - began
    assert 0.2 < first < 2
    began = time.monotonic()
    assert [probe.status() for _ in range(50)] == ["unreachable"] * 50
    assert time.monotonic() - began < 0.2
    assert len(asked) == 1
    go.set()


def test_a_server_that_says_nothing_is_given_up_in_time(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real socket that accepts and is silent, as behind a broken load balancer."""
    from klingdesk.celery import app

    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr(app.conf, "broker_write_url", f"amqp://a:b@127.0.0.1:{port}//")
        began = time.monotonic()
        assert BrokerProbe(patience=1).status() == "unreachable"
        assert time.monotonic() - began < 2.5


def test_a_broker_in_memory_is_reached() -> None:
    assert BrokerProbe().status() == "ok"
