"""Which process is ours: a pid alone proves nothing, a pid with its time of birth does."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Mark:
    """A process for as long as it lives; ``born`` is its start (Unix time, seconds)."""

    name: str
    pid: int
    born: float

    @classmethod
    def of(cls, name: str, pid: int) -> Mark | None:
        """The mark of a living process, or ``None`` when it has already gone."""
        try:
            return cls(name, pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def alive(self) -> psutil.Process | None:
        """The process while it is this one and no zombie."""
        try:
            process = psutil.Process(self.pid)
            # Half a second: the kernel's boot time, which is part of it, may be adjusted.
            if abs(process.create_time() - self.born) > 0.5:
                return None
            return None if process.status() == psutil.STATUS_ZOMBIE else process
        except psutil.Error:
            return None


def prctl(option: int, *values: int) -> None:
    """``prctl(2)``; raises ``OSError`` when the kernel refuses. Linux only."""
    if _LIBC is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)][:4]
    if _LIBC.prctl(ctypes.c_int(option), *arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Have the kernel send ``death_signal`` to this process when its parent dies.

    To be called in the child, after any change of user (which would clear it). Other systems
    than Linux have nothing like it: there the next start ends what the data folder recorded.
    """
    if _LIBC is None:
        return
    prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def wait_gone(
    marks: Iterable[Mark], seconds: float, pause: Callable[[float], object]
) -> list[Mark]:
    """Wait until none of ``marks`` lives; returns those that still do after ``seconds``."""
    waited = 0.0
    living = [mark for mark in marks if mark.alive()]
    while living and waited < seconds:
        pause(0.1)
        waited += 0.1
        living = [mark for mark in living if mark.alive()]
    return living
