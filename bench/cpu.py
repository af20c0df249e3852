"""Who spent how much processor time on something: the processes of a desk and its PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psutil


class Meter:
    """Seconds that each kind of process has used since the meter was made.

    ``started`` are the desk's processes (each the first of a group), PostgreSQL's are all of this
    machine that are called so, and ``bench`` is the one that asks.
    """

    def __init__(self, started: Iterable[Any]) -> None:
        self._groups = {each.process.pid: each.name for each in started}
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        now = self._now()
        return {name: now[name] - self._before.get(name, 0.0) for name in now}

    def _now(self) -> dict[str, float]:
        found = dict.fromkeys((*self._groups.values(), "postgres", "bench"), 0.0)
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                name = self._kind_of(process)
                if name:
                    # User and system, of itself and of children that have ended.
                    found[name] += sum(process.cpu_times()[:4])
        return found

    def _kind_of(self, process: psutil.Process) -> str:
        if process.pid == os.getpid():
            return "bench"
        return self._groups.get(os.getpgid(process.pid)) or (
            "postgres" if process.name() == "postgres" else ""
        )
