"""``run``: the command gets a database, and nothing is left of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.embedded.conftest import Started

pytestmark = pytest.mark.faults

QUERY = """
import os, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print("broker", os.environ["CELERY_BROKER_URL"].split(":")[0], os.environ["KLINGDESK_MODE"])
    print("fsync", connection.execute("SHOW fsync").fetchone()[0])
    print("queue", connection.execute("SELECT count(*) FROM pgmq.meta").fetchone()[0])
sys.exit(7)
"""
WAIT = "import time; print('waiting', flush=True); time.sleep(60)"


@pytest.fixture
def run(start: Callable[..., Started], tmp_path: Path) -> Callable[..., Started]:
    """``run`` with temporary folders of this test's own, so that stale ones can be counted."""
    temporary = tmp_path / "t"
    temporary.mkdir()

    def begin(code: str, **variables: str) -> Started:
        argv = ("-m", "klingdesk.embedded", "run", "--", sys.executable, "-c", code)
        return start(*argv, **({"TMPDIR": str(temporary)} | variables))

    return begin


def left_in(tmp_path: Path) -> list[str]:
    return os.listdir(tmp_path / "t")


def test_the_command_gets_a_database_and_its_exit_code_counts(
    run: Callable[..., Started], tmp_path: Path
) -> None:
    process = run(QUERY, PGPORT="1", PGOPTIONS="-c nonsense=1")
    assert process.process.wait(60) == 7
    assert process.said.splitlines() == ["broker pgmq test", "fsync off", "queue 0"]
    assert process.family() == []
    assert left_in(tmp_path) == []


def test_a_database_of_the_callers_is_used_as_it_is(run: Callable[..., Started]) -> None:
    code = "import os; print(os.environ['DATABASE_URL'], os.environ['KLINGDESK_MODE'])"
    process = run(code, DATABASE_URL="postgres://elsewhere/desk")
    assert process.process.wait(30) == 0
    assert process.said.strip() == "postgres://elsewhere/desk test"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_the_database(
    run: Callable[..., Started], tmp_path: Path, number: int
) -> None:
    process = run(WAIT)
    process.wait_for(lambda: "waiting" in process.said)
    assert process.end(number) != 0
    assert process.family() == []
    assert left_in(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_a_killed_runner_leaves_no_process_and_the_next_one_tidies_up(
    run: Callable[..., Started], tmp_path: Path
) -> None:
    process = run(WAIT)
    process.wait_for(lambda: "waiting" in process.said)
    process.process.kill()
    process.wait_for(lambda: process.family() == [], seconds=10)
    assert len(left_in(tmp_path)) == 1
    assert run("").process.wait(60) == 0
    assert left_in(tmp_path) == []


def test_an_unknown_command_is_said_in_one_line(start: Callable[..., Started]) -> None:
    process = start("-m", "klingdesk.embedded", "run", "--", "no-such-command")
    assert process.process.wait(60) == 1
    assert process.said == "klingdesk: cannot run no-such-command: No such file or directory\n"
