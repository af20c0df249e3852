"""``/metrics``: who may read it, what it says, and that it says it for all processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from klingdesk import health
from klingdesk.broker_probe import BrokerProbe
from klingdesk.observing import figures, metrics, pages
from klingdesk.observing.figures import DeskFigures, figures_registry, read_figures
from klingdesk.observing.middleware import PROBES
from notices.models import Delivery
from tests.conftest import NOW
from tests.faults.topology import eventually, free_port, other_database
from tests.klingdesk.production import ROOT, SAFE
from tests.notices.hooks import a_dead_letter, a_webhook
from tests.services_suite.caller import Caller
from tickets.models import Clock, Ticket
from tickets.services import heartbeats
from tickets.services.alarms import fire_alarms

TOKEN = "a-token-that-only-prometheus-knows"


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing kept from the test before, and a broker that answers."""
    monkeypatch.setattr(health, "broker", BrokerProbe(lambda: None))
    monkeypatch.setattr(pages, "_figures", figures_registry())


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels, as Prometheus parses it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client, **extra: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = client.get("/metrics", **extra)
    assert response.status_code == 200
    return samples(response.content.decode())


def key(name: str, **labels: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return (f"klingdesk_{name}", tuple(sorted(labels.items())))


# --- who may ask ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "behind", "address", "headers", "status"),
    [
        ("", 0, "127.0.0.1", {}, 200),
        ("", 0, "::1", {}, 200),
        ("", 0, "10.1.2.3", {}, 404),
        ("", 0, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 200),  # nobody's word without one
        ("", 1, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),  # through a local proxy
        ("", 1, "10.0.0.5", {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}, 404),
        (TOKEN, 0, "10.1.2.3", {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, 0, "10.1.2.3", {"Authorization": f"Bearer {TOKEN}x"}, 404),
        (TOKEN, 0, "10.1.2.3", {"Authorization": "Bearer ü"}, 404),
        (TOKEN, 0, "127.0.0.1", {}, 404),
    ],
)
def test_only_whoever_watches_learns_that_it_is_there(
    client: Client,
    db: None,
    settings: Any,
    token: str,
    behind: int,
    address: str,
    headers: dict[str, str],
    status: int,
) -> None:
    settings.KLINGDESK_METRICS_TOKEN = token
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": behind}
    response = client.get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert response.status_code == status
    assert client.post("/metrics", REMOTE_ADDR=address, headers=headers).status_code == (
        405 if status == 200 else 404
    )


@pytest.mark.parametrize("path", sorted(PROBES))
def test_probes_are_answered_by_ip_address(client: Client, db: None, path: str) -> None:
    assert client.get(path, SERVER_NAME="10.244.1.17").status_code == 200
    assert client.get("/admin/login/", SERVER_NAME="10.244.1.17").status_code == 400


# --- requests -------------------------------------------------------------------------------------


def test_requests_are_counted_by_route_and_never_by_path(
    client: Client, make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    first, second = make_ticket(), make_ticket()
    client.force_login(advisor)
    labels = {"route": "api/v1/tickets/<number>/", "method": "GET"}
    before = scrape(client).get(key("request_seconds_count", **labels), 0)
    for ticket in (first, second):
        client.get(f"/api/v1/tickets/{ticket.number}/")
    client.get("/nowhere/13971203945/")
    client.generic("BREW", "/healthz")
    after = scrape(client)
    assert after[key("request_seconds_count", **labels)] == before + 2
    assert after[key("answers_total", **labels, status="200")] >= 2
    assert after[key("answers_total", route="(none)", method="GET", status="404")] >= 1
    assert after[key("answers_total", route="healthz", method="OTHER", status="405")] >= 1
    assert after[key("request_statements_count")] > 0
    text = str(list(after))
    assert (first.number in text, "13971203945" in text) == (False, False)


# --- the desk -------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_desk(
    client: Client, make_ticket: Callable[..., Ticket], manager: Any, now: None
) -> None:
    make_ticket()
    make_ticket()
    Ticket.objects.update(created_at=NOW - timedelta(seconds=90))
    heartbeats.beat(name=heartbeats.SLA, now=NOW - timedelta(seconds=42))
    letter = a_dead_letter(a_webhook(manager))
    found = scrape(client)
    assert found[key("tickets_waiting", status="queued", team="tier2")] == 2
    assert found[key("tickets_waiting_oldest_seconds", status="queued", team="tier2")] == 90
    assert found[key("sweep_age_seconds", sweep="sweep_sla")] == 42
    assert (found[key("outbox_dead")], found[key("outbox_lag_seconds")]) == (1, 0)
    assert (found[key("database_up")], found[key("broker_up")]) == (1, 1)
    assert found[key("feed_lag_seconds")] >= 0
    assert not [name for name, _labels in found if name == "klingdesk_promises_breached_open"]

    waiting = {"state": "pending", "ended_at": None, "due_at": NOW - timedelta(seconds=7)}
    Delivery.objects.filter(pk=letter.pk).update(**waiting)
    late = NOW + timedelta(days=90)
    fire_alarms(now=late)
    found = {
        (m.name, tuple(s.labels.values())): s.value for m in read_figures(NOW) for s in m.samples
    }
    assert found[("klingdesk_outbox_lag_seconds", ())] == 7
    assert found[("klingdesk_promises_breached_open", ("contact",))] == 2
    assert Clock.objects.filter(breached_at__isnull=False, kind="contact").count() == 2


def test_a_database_that_fails_is_a_figure_and_not_an_error(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets_heartbeat RENAME TO gone")
    found = scrape(client)
    assert found[key("database_up")] == 0
    assert key("broker_up") in found
    assert key("tickets_waiting", status="queued", team="tier2") not in found


def test_a_scrape_costs_few_statements_and_the_next_one_none(client: Client, desk: None) -> None:
    with CaptureQueriesContext(connection) as first:
        client.get("/metrics")
    with CaptureQueriesContext(connection) as second:
        client.get("/metrics")
    reads = [query["sql"] for query in first if query["sql"].startswith("SELECT")]
    # waiting, breached, heartbeats, outbox (lag and dead), feed, search index
    assert len(reads) == 7, reads
    assert len(second) == 0


def test_figures_are_read_once_for_some_seconds() -> None:
    clock = [10.0]
    read: list[Any] = []
    collector = DeskFigures(lambda now: read.append(now) or [], clock=lambda: clock[0])
    list(collector.collect())
    list(collector.collect())
    clock[0] += figures.FRESH_SECONDS
    list(collector.collect())
    assert len(read) == 2


# --- several processes ----------------------------------------------------------------------------


@pytest.mark.faults
def test_every_process_of_a_gunicorn_answers_for_all(db: None, tmp_path: Path) -> None:
    """Four processes count; whichever is asked says what all have done, also one that died."""
    port = free_port()
    log = tmp_path / "log"
    left_behind = tmp_path / "klingdesk-metrics-999999999-x"  # of a master that was killed
    in_use = tmp_path / f"klingdesk-metrics-{os.getpid()}-x"
    for folder in (left_behind, in_use):
        folder.mkdir()
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **SAFE,
        "DATABASE_URL": other_database(
            os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
        ),
        "KLINGDESK_BIND": f"127.0.0.1:{port}",
        "KLINGDESK_WEB_WORKERS": "3",
        "KLINGDESK_LOG_FORMAT": "json",
        "KLINGDESK_STATIC_ROOT": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    argv = ("-m", "gunicorn", "-c", "python:klingdesk.serving", "klingdesk.wsgi")
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, *argv], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        eventually(lambda: _answers(port), 60, "the desk answers")
        before = _counted(port)
        for _request in range(30):
            assert Caller(port).get("/healthz").status == 200
        counted = [_counted(port) for _scrape in range(6)]
        assert counted == [before + 30] * 6
        assert len(list(tmp_path.glob("klingdesk-metrics-*/histogram_*.db"))) > 1
        assert (left_behind.exists(), in_use.exists()) == (False, True)
        (line,) = [line for line in log.read_text().splitlines() if "Listening at" in line]
        assert line.startswith('{"time": ')
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    assert list(tmp_path.glob("klingdesk-metrics-*")) == [in_use]


def _answers(port: int) -> bool:
    try:
        return Caller(port).get("/healthz").status == 200
    except OSError:
        return False


def _counted(port: int) -> float:
    said = Caller(port).get("/metrics")
    assert said.status == 200, said.body
    found = samples(said.body.decode())
    assert found[key("metrics_shared")] == 1
    assert (found[key("database_up")], found[key("broker_up")]) == (1, 0)
    return found[key("request_seconds_count", route="healthz", method="GET")]


def test_without_a_shared_folder_it_says_so(client: Client, db: None) -> None:
    assert not metrics.is_shared()
    assert scrape(client)[key("metrics_shared")] == 0
