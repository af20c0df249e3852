"""A process of the web server whose threads are all busy takes nothing from the others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.topology import eventually, free_port
from tests.services_suite.caller import Caller

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = """
import os, pathlib, time
HERE = pathlib.Path(__file__).parent

def answer(environ, start_response):
    if environ["PATH_INFO"] == "/hold":
        (HERE / "held").touch()
        while not (HERE / "go").exists():
            time.sleep(0.01)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Two processes with a thread each, and nothing of the desk but its worker class."""
    (tmp_path / "held_back.py").write_text(APPLICATION)
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--chdir", str(tmp_path), "held_back:answer"),
            *("--worker-class", "klingdesk.web_worker.FreeThreadsWorker"),
            *("--workers", "2", "--threads", "1", "--bind", f"127.0.0.1:{port}"),
            *("--pythonpath", str(ROOT), "--no-control-socket"),
        ],
        cwd=tmp_path,
    )
    try:
        eventually(lambda: _answers(port), 60, "it answers")
        yield port
    finally:
        (tmp_path / "go").touch()
        server.terminate()
        server.wait(60)


def _answers(port: int) -> bool:
    try:
        return Caller(port).get("/").status == 200
    except OSError:
        return False


def test_new_connections_go_to_whoever_is_free(port: int, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as aside:
        held = aside.submit(Caller(port).get, "/hold")
        eventually((tmp_path / "held").exists, 60, "one process is busy")
        others = {Caller(port).get("/").body for _connection in range(40)}
        (tmp_path / "go").touch()
        busy = held.result().body
    assert len(others) == 1
    assert busy not in others
    kept = Caller(port)
    assert {kept.get("/").body for _again in range(3)} <= {busy, *others}
