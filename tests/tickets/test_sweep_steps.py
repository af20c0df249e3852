"""The sweep of routing: what is wrong with one step is told and does not stop the next."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tickets import tasks

STEPS = ("sweep_new_tickets", "return_from_absent", "assign_queued")


@pytest.mark.parametrize("broken", STEPS)
def test_every_step_is_done_whichever_fails(
    broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    beats: list[str] = []

    def step(name: str) -> Any:
        def run(*, now: Any) -> int:
            done.append(name)
            if name == broken:
                raise RuntimeError("this one is broken")
            return 0

        run.__name__ = name
        return run

    for name in STEPS:
        monkeypatch.setattr(tasks, name, step(name))
    monkeypatch.setattr(tasks.heartbeats, "beat", lambda *, name, now: beats.append(name))
    with caplog.at_level(logging.ERROR, logger="tickets.tasks"):
        tasks.sweep_routing()
    assert done == list(STEPS)
    assert [record.getMessage() for record in caplog.records] == [
        f"{broken} failed; the next sweep tries again"
    ]
    # The heartbeat is routing's: a desk that routes nothing must be seen.
    assert bool(beats) is (broken != "sweep_new_tickets")
