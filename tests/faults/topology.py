"""The desk as real processes: any number of web, worker and beat, each in a group of its own.

The commands are those of docs/operations.md (and of ``make up``). Whatever was started is
killed at the end, and dies with the test run if that is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from klingdesk.embedded.processes import die_with_parent

PROJECT = Path(__file__).resolve().parents[2]
CELERY = ("-m", "celery", "-A", "klingdesk")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
WORKERS: Mapping[str, tuple[str, ...]] = {
    "threads": ("worker", "--pool", "threads", "--concurrency", "4", *QUIET),  # make up
    "prefork": ("worker", "--concurrency", "4"),  # docs/operations.md
}

UNLIMITED = {f"KLINGDESK_RATE_{name}": "0" for name in ("AGENT", "ADVISOR", "MANAGER")}
"""A handful of accounts act for hundreds of people: their limits are not what is proved here."""


@dataclass(frozen=True, slots=True)
class Running:
    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL to it and to all its children, as when the machine goes away."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass(slots=True)
class Topology:
    """Processes that share ``environment``; their output goes to files in ``logs``."""

    environment: Mapping[str, str]
    logs: Path
    started: list[Running] = field(default_factory=list)

    def start(self, name: str, *argv: str, **more: str) -> Running:
        """Start ``python ARGV``; ``more`` is added to its environment."""
        log = self.logs / f"{len(self.started)}-{name}.log"
        parent = os.getpid()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, *argv],
                cwd=PROJECT,
                env={**UNLIMITED, **self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGKILL),
            )
        running = Running(name, process, log)
        self.started.append(running)
        return running

    def run(self, name: str, *argv: str, seconds: float = 120, **more: str) -> str:
        """Run ``python ARGV`` to its end; its output. Fails the test when it fails."""
        running = self.start(name, *argv, **more)
        code = running.process.wait(seconds)
        assert code == 0, f"{name} ended with {code}:\n{running.said()[-3000:]}"
        return running.said()

    def manage(self, *argv: str, **more: str) -> str:
        return self.run(argv[0], "manage.py", *argv, **more)

    def worker(self, pool: str = "threads") -> Running:
        """A worker that takes tasks already."""
        running = self.start("worker", *CELERY, *WORKERS[pool], KLINGDESK_LOG_LEVEL="INFO")
        eventually(lambda: " ready." in running.said(), 60, "the worker is ready", running)
        return running

    def queue_worker(self, queues: str) -> Running:
        """One of production that takes from these queues alone, as deploy/ starts it."""
        argv = ("worker", "--concurrency", "2", "--queues", queues)
        running = self.start("worker", *CELERY, "--quiet", *argv, KLINGDESK_LOG_FORMAT="json")
        eventually(lambda: " ready." in running.said(), 60, "the worker is ready", running)
        return running

    def served_web(self, port: int) -> Running:
        """One of production, as deploy/ starts it."""
        return self.start(
            "web",
            *("-m", "gunicorn", "-c", "python:klingdesk.serving", "klingdesk.wsgi"),
            KLINGDESK_BIND=f"127.0.0.1:{port}",
            KLINGDESK_LOG_FORMAT="json",
        )

    def beat(self) -> Running:
        return self.start("beat", *CELERY, "beat", "--scheduler", "celery.beat:Scheduler")

    def web(self, port: int) -> Running:
        return self.start(
            "web",
            *("-m", "gunicorn", "klingdesk.wsgi", "--workers", "2", "--threads", "4"),
            *("--worker-class", "klingdesk.web_worker.FreeThreadsWorker"),
            *("--bind", f"127.0.0.1:{port}"),
        )

    def purge(self) -> int:
        """Empty the broker's queue; how many messages were thrown away."""
        said = self.run("purge", "-m", "tests.faults.empty_queue", seconds=60)
        return int(said.rsplit("gone: ", 1)[1])

    def stop(self) -> None:
        """Kill everything, last started first."""
        for running in reversed(self.started):
            running.kill()

    def last_words(self) -> str:
        """The end of what each process said."""
        return "\n".join(f"--- {each.log.name}\n{each.said()[-2000:]}" for each in self.started)


@contextlib.contextmanager
def topology(environment: Mapping[str, str], logs: Path) -> Iterator[Topology]:
    running = Topology(environment, logs)
    try:
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def told_topology(environment: Mapping[str, str], logs: Path) -> Iterator[Topology]:
    """The same for tests: pytest shows what the processes said when a test fails."""
    with topology(environment, logs) as running:
        try:
            yield running
        finally:
            print(running.last_words())  # noqa: T201


def eventually(
    condition: Callable[[], object], seconds: float, what: str, *needed: Running
) -> None:
    """Wait for ``condition``; fails after ``seconds``, or at once when a needed process ended."""
    until = time.monotonic() + seconds
    while not condition():
        for running in needed:
            code = running.process.poll()
            assert code is None, f"{running.name} ended with {code}:\n{running.said()[-3000:]}"
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def other_database(url: str, name: str) -> str:
    """The same server's database ``name``."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
