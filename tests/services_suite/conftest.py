"""A production desk on the PostgreSQL server and the RabbitMQ that the environment names.

``DATABASE_URL``: a role that may create databases; each desk gets one of its own, dropped
afterwards. ``CELERY_BROKER_URL``: ``amqp://…``, a virtual host that is for tests alone, since
its queue is emptied.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.databases import new_database
from tests.faults.conftest import SHORT, test_database_environment
from tests.faults.topology import (
    Running,
    Topology,
    eventually,
    free_port,
    other_database,
    told_topology,
)
from tests.services_suite.caller import Caller, logged_in


@pytest.fixture(scope="session")
def broker_url() -> str:
    url = os.environ.get("CELERY_BROKER_URL", "")
    if not url.startswith("amqp://"):
        pytest.fail("set CELERY_BROKER_URL=amqp://user:password@host/virtual-host")
    return url


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """The address of a new database, dropped at the end whoever still uses it."""
    name = f"klingdesk_services_{secrets.token_hex(4)}"
    address = other_database(server_url, "postgres")
    with psycopg.connect(address, autocommit=True) as server, new_database(server, name):
        yield other_database(server_url, name)


@dataclass(slots=True)
class Production:
    """Two webs, a worker and two beats, and who works there."""

    processes: Topology
    database_url: str
    ports: tuple[int, int]
    worker: Running
    password: str

    def caller(self, username: str, web: int = 0) -> Caller:
        return logged_in(self.ports[web], username, self.password)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload]


def production_environment(url: str, broker_url: str, folder: Path) -> dict[str, str]:
    """A production desk on this database and broker, with sweeps that run every second."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KLINGDESK")}
    return {
        **kept,
        **SHORT,
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "DATABASE_URL": url,
        "CELERY_BROKER_URL": broker_url,
        "KLINGDESK_MODE": "production",
        "KLINGDESK_SECRET_KEY": secrets.token_urlsafe(50),
        "KLINGDESK_ALLOWED_HOSTS": "127.0.0.1",
        "KLINGDESK_PLAIN_HTTP": "1",
        "KLINGDESK_STATIC_ROOT": str(folder / "static"),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="module")
def production(broker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("production")
    with own_database(os.environ["DATABASE_URL"]) as url:
        environment = production_environment(url, broker_url, folder)
        with told_topology(environment, folder) as processes:
            yield _start(processes, url)


def _start(processes: Topology, url: str) -> Production:
    password = secrets.token_urlsafe(12)
    processes.manage("migrate", "--noinput")
    processes.manage("bootstrap")
    processes.manage("collectstatic", "--noinput")
    processes.run("people", "-m", "tests.services_suite.people", password)
    processes.purge()
    ports = (free_port(), free_port())
    webs = [processes.web(port) for port in ports]
    worker = processes.worker("prefork")
    beats = [processes.beat(), processes.beat()]
    for port, web in zip(ports, webs, strict=True):
        eventually(lambda port=port: answers(port), 60, "/healthz answers", web)  # type: ignore[misc]
    eventually(lambda: ready(ports[0]), 60, "/readyz answers", *webs, worker, *beats)
    return Production(processes, url, ports, worker, password)


def answers(port: int) -> bool:
    try:
        return Caller(port).get("/healthz").status == 200
    except OSError:
        return False


def ready(port: int) -> bool:
    return Caller(port).get("/readyz").status == 200


@pytest.fixture
def desk_processes(
    transactional_db: None, desk: None, broker_url: str, tmp_path: Path
) -> Iterator[Topology]:
    """Nothing is started yet: for scenarios on the test database with RabbitMQ."""
    environment = {**test_database_environment(), "CELERY_BROKER_URL": broker_url}
    with told_topology(environment, tmp_path) as processes:
        processes.purge()
        yield processes
