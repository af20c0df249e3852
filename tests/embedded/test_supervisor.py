"""Children come back when they die, and go when we go: in order, or all at once."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.embedded.conftest import Started
from tests.embedded.dummies import NAMES

pytestmark = pytest.mark.faults


@pytest.fixture
def dummies(start: Callable[..., Started], tmp_path: Path) -> Started:
    process = start("-m", "tests.embedded.dummies", str(tmp_path))
    process.wait_for(lambda: all((tmp_path / f"{name}.pid").exists() for name in NAMES))
    return process


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text())


def test_a_killed_child_is_started_again_and_recorded(dummies: Started, tmp_path: Path) -> None:
    before = pid_of(tmp_path, "second")
    os.kill(before, signal.SIGKILL)
    dummies.wait_for(lambda: pid_of(tmp_path, "second") != before)
    recorded = {row[0]: row[1] for row in json.loads((tmp_path / "record.json").read_text())}
    assert recorded == {name: pid_of(tmp_path, name) for name in NAMES}
    assert "second died (SIGKILL); starting it again in 0.5 s" in dummies.said


def test_a_child_that_keeps_dying_is_given_more_time_each_time(
    dummies: Started, tmp_path: Path
) -> None:
    for _ in range(3):
        before = pid_of(tmp_path, "third")
        os.kill(before, signal.SIGKILL)
        dummies.wait_for(lambda before=before: pid_of(tmp_path, "third") != before)
    delays = [line.split(" in ")[1].split(";")[0] for line in dummies.said.splitlines()]
    assert delays == ["0.5 s", "1.0 s", "2.0 s"]


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([signal.SIGINT], id="ctrl-c"),
        pytest.param([signal.SIGINT, signal.SIGINT, signal.SIGINT], id="ctrl-c thrice"),
        pytest.param([signal.SIGTERM], id="term"),
        pytest.param([signal.SIGHUP], id="hang-up"),
    ],
)
def test_a_request_to_stop_ends_the_last_started_first(
    dummies: Started, tmp_path: Path, signals: list[int]
) -> None:
    assert dummies.end(*signals) == 0
    assert dummies.family() == []
    order = (tmp_path / "order").read_text().split()
    # Pressed again, patience ends: somebody may be killed before having said goodbye.
    assert order == [name for name in reversed(NAMES) if name in order]
    if len(signals) == 1:
        assert len(order) == len(NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_children_die_with_a_killed_supervisor(dummies: Started) -> None:
    assert len(dummies.family()) > len(NAMES)
    dummies.process.kill()
    dummies.wait_for(lambda: dummies.family() == [], seconds=10)
