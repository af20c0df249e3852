"""One supervised process: how it is started, watched and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from klingdesk.embedded.folder import open_private
from klingdesk.embedded.privileges import ServerUser
from klingdesk.embedded.processes import Mark, die_with_parent

_LOG_LIMIT = 20_000_000  # bytes; then the log moves to NAME.log.1


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run. Times are seconds.

    ``stop``: the signals to end it with and how long to wait after each; SIGKILL comes last.
    ``before_again``: called before it is started again after it died.
    ``death_signal``: what the kernel sends it when the supervisor is killed.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    stop: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 5.0),)
    death_signal: signal.Signals = signal.SIGKILL
    user: ServerUser | None = None
    before_again: Callable[[], None] | None = None


@dataclass(slots=True)
class Child:
    """A process of ``spec`` in a session of its own, so that Ctrl-C reaches us alone."""

    spec: Spec
    process: subprocess.Popen[bytes] = field(init=False)
    mark: Mark | None = field(init=False, default=None)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        parent, spec = os.getpid(), self.spec
        if spec.user is not None:
            prepare: Callable[[], None] = spec.user.before_exec(spec.death_signal)
        else:

            def prepare() -> None:
                die_with_parent(parent, spec.death_signal)

        with open(spec.log, "ab", opener=open_private) as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                spec.argv,
                env=dict(spec.env),
                cwd=spec.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=prepare,
            )
        self.began = time.monotonic()
        self.mark = Mark.of(spec.name, self.process.pid)

    @property
    def ran(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.began

    def ended(self) -> str | None:
        """How it ended (``exit 1``, ``SIGKILL``), ``None`` while it runs.

        What is left of its process group is killed before the leader is reaped: until then the
        group's number cannot belong to anybody else.
        """
        if self.process.returncode is None and not self._zombie():
            return None
        code = self.process.wait()
        if code >= 0:
            return f"exit {code}"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def _zombie(self) -> bool:
        if not hasattr(os, "waitid"):
            return self.process.poll() is not None
        if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self._signal_group(signal.SIGKILL)
        return True

    def _signal_group(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def stop(self, pause: Callable[[float], None], hurry: Callable[[], bool]) -> str:
        """End it; returns how it ended. ``hurry()``: somebody pressed Ctrl-C again.

        Hurrying shortens the patience with the desk's own processes, never with PostgreSQL.
        """
        for number, patience in self.spec.stop:
            if self.ended() is None:
                self.process.send_signal(number)
            until = time.monotonic() + patience
            while self.ended() is None and time.monotonic() < until:
                if hurry() and self.spec.user is None:
                    break
                pause(0.1)
        if self.ended() is None:
            self._signal_group(signal.SIGKILL)
            self.process.wait()
        return self.ended() or ""


def last_words(log: Path) -> str:
    """The last line of a log that says something, cut to what fits on a terminal."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8000))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return said[-1][:200] if said else ""


def trim_log(log: Path, limit: int = _LOG_LIMIT) -> None:
    """Move a log that has grown over ``limit`` bytes aside; the process goes on appending."""
    with suppress(OSError):
        if log.stat().st_size > limit:
            previous = log.with_name(log.name + ".1")
            previous.write_bytes(log.read_bytes())
            previous.chmod(0o600)
            os.truncate(log, 0)
