"""Real processes for the embedded desk's tests; whatever a test starts is ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

PROJECT = Path(__file__).resolve().parents[2]


class Started:
    """A process of a test, what it wrote, and all that came from it."""

    def __init__(self, argv: list[str], log: Path, environment: dict[str, str]) -> None:
        self.log = log
        self._family: dict[int, psutil.Process] = {}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *argv],
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def family(self) -> list[psutil.Process]:
        """It and its descendants, those included that lost their parents; living ones only."""
        with suppress(psutil.Error):
            me = psutil.Process(self.process.pid)
            self._family |= {p.pid: p for p in [me, *me.children(recursive=True)]}
        return [p for p in self._family.values() if _lives(p)]

    def wait_for(self, happened: Callable[[], bool], seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while not happened():
            self.family()
            assert time.monotonic() < until, f"did not happen within {seconds} s; {self.said}"
            time.sleep(0.05)

    def end(self, *signals: int) -> int:
        """Send the signals to its group, a moment apart, and wait; the exit code."""
        self.family()
        for number in signals:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            time.sleep(0.1)
        return self.process.wait(60)

    def clean(self) -> None:
        for process in self.family():
            with suppress(psutil.Error):
                process.kill()
        self.process.wait(10)


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.fixture
def environment() -> dict[str, str]:
    """Ours without what a test runner has set for the desk."""
    ours = ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "PORT")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("KLINGDESK_", "PYTEST_"))
    }


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Started]]:
    """``start("-m", "module", NAME="value")`` runs Python in the project's folder."""
    started: list[Started] = []

    def begin(*argv: str, **variables: str) -> Started:
        log = tmp_path / f"output-{len(started)}.log"
        started.append(Started(list(argv), log, environment | variables))
        return started[-1]

    yield begin
    for process in started:
        process.clean()
