"""The whole desk, once: it gets ready, refuses a second one, survives, stops."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.embedded.conftest import Started

pytestmark = pytest.mark.faults


# Without its postmaster an endless query would keep the next one from starting.
ENDLESS = """
import sys, psycopg
with psycopg.connect(host=sys.argv[1], user="klingdesk", dbname="klingdesk") as connection:
    connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
"""


def socket_folder(data: Path) -> str:
    settings = (data / "postgresql" / "klingdesk.conf").read_text()
    return settings.split("unix_socket_directories = '")[1].split("'")[0]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def test_a_desk_from_nothing_to_stopped(start: Callable[..., Started], tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "desk's data"
    # The mode leaves out what only costs time here: compressed static files, slow hashes.
    settings = {"KLINGDESK_DATA": str(data), "KLINGDESK_MODE": "test", "PORT": str(port)}
    desk = start("scripts/desk.py", "up", **settings)
    desk.wait_for(lambda: "Ctrl-C stops it" in desk.said or not desk.family(), seconds=90)
    assert f"The desk is ready: http://127.0.0.1:{port}/admin/" in desk.said

    second = start("scripts/desk.py", "up", **settings)
    assert second.process.wait(30) == 1
    assert (
        f"already running: http://127.0.0.1:{port}/admin/ (pid {desk.process.pid})" in second.said
    )
    assert second.said.count("\n") == 1

    beside = start("scripts/desk.py", "up", **(settings | {"KLINGDESK_DATA": str(tmp_path / "b")}))
    assert beside.process.wait(30) == 1
    assert f"port {port} of 127.0.0.1 is taken" in beside.said

    start("-c", ENDLESS, socket_folder(data))
    for name in ("web", "postgres"):
        rows = json.loads((data / "processes.json").read_text())
        os.kill(next(row["pid"] for row in rows if row["name"] == name), signal.SIGKILL)
        desk.wait_for(lambda name=name: f"{name} died (SIGKILL)" in desk.said)
        desk.wait_for(lambda: ready(port))

    assert desk.end(signal.SIGTERM) == 0
    assert desk.family() == []
    assert "Traceback" not in desk.said
