"""Real processes on the test database, with PostgreSQL itself as their broker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.scenarios import install_pgmq
from tests.faults.topology import Topology, other_database, told_topology

SHORT = {
    "KLINGDESK_ROUTING_SWEEP_SECONDS": "1",
    "KLINGDESK_SLA_SWEEP_SECONDS": "1",
    "KLINGDESK_VISIBILITY_SECONDS": "2",
}


def test_database_environment() -> dict[str, str]:
    """What a process needs to work on the test database."""
    url = other_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
    return {
        **os.environ,
        **SHORT,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "KLINGDESK_MODE": "test",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def desk_processes(transactional_db: None, desk: None, tmp_path: Path) -> Iterator[Topology]:
    """Nothing is started yet; the queue is empty."""
    install_pgmq()
    environment = test_database_environment()
    scheme, rest = environment["DATABASE_URL"].split("://", 1)
    assert scheme.startswith("postgres")
    environment["CELERY_BROKER_URL"] = f"pgmq://{rest}"
    with told_topology(environment, tmp_path) as processes:
        processes.purge()
        yield processes
