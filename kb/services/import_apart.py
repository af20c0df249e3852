"""Having files read and compared by a process that may fail, for an import (``kb.imports.apart``).

Nothing is left behind, however the worker ends: the process reads from and writes into files
without a name.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from kb.imports.apart import OUT_OF_MEMORY, OUTPUT_TOO_LARGE, job
from kb.imports.entries import Code, ReadingError, Remark
from kb.imports.proposal import Knowledge

log = logging.getLogger(__name__)

MOST_MEMORY: Final = 1024**3
"""Bytes of address space; the largest table there may be needs a quarter of it."""

MOST_SECONDS: Final = 120
"""Of processor time, for all files of an import and their comparison."""

MOST_CLOCK_SECONDS: Final = 3 * MOST_SECONDS
"""The same on a machine that is busy with other things."""

MOST_OUTPUT: Final = 64 * 1024**2
"""Bytes of a proposal: whoever reviews it loads it with each page."""

_LOOK_SECONDS: Final = 0.05
_ROOT: Final = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
_SPELLED_AS_HERE: Final = {"PYPINYIN_NO_PHRASES": "true"}
"""As ``kb.search.pinyin`` has it, so that a title has the same key wherever it is spelled."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file to be read: its name, its size in bytes, and how to get at them."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it: a proposal (``kb.imports.apart``), or the problems ({file, code, line,
    text, params}) for which there is none."""

    proposal: dict[str, Any] | None
    problems: list[dict[str, Any]]


def read_apart(
    *,
    files: Sequence[Offered],
    read: Sequence[Any] | None,
    knowledge: Knowledge,
    tell: Callable[[int], None],
) -> Found:
    """Read ``files`` and compare them, or ``read`` (what was read of them before), with
    ``knowledge``. ``tell`` is called again and again with the number of files that are done; what
    it raises ends the work. A file that is too much for the process is a problem of that file;
    those after it are not read, so that many such files take no longer than one."""
    head = job(files=_names(files), read=read, knowledge=knowledge)
    lines, code = _run(files, head, tell)
    problems = [each for line in lines for each in line.get("problems", ())]
    if code is not None:
        culprit = files[len(lines)].name if len(lines) < len(files) else ""
        most = {"most": MOST_OUTPUT // 1024**2}
        problems += ReadingError(culprit, [Remark(code, params=most)]).as_json()
    proposal = lines[-1].get("proposal") if lines and not problems else None
    return Found(proposal, problems)


def _names(files: Sequence[Offered]) -> list[dict[str, Any]]:
    return [{"name": file.name, "size": file.size} for file in files]


def _run(
    files: Sequence[Offered], head: bytes, tell: Callable[[int], None]
) -> tuple[list[dict[str, Any]], Code | None]:
    """The whole lines of one process, and why it did not come to its end."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as output:
        source.write(head)
        for file in files:
            source.write(file.read())
        source.seek(0)
        lines = _Lines(output)
        ends = time.monotonic() + MOST_CLOCK_SECONDS
        with _process(source, output) as process:
            while process.poll() is None:
                tell(min(lines.count(len(files)), len(files)))
                if time.monotonic() > ends:
                    return lines.all(), Code.TOO_SLOW
                try:
                    process.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        return lines.all(), _cause(process.returncode)


def _cause(status: int) -> Code | None:
    match status:
        case 0:
            return None
        case code if code == OUTPUT_TOO_LARGE:
            return Code.TOO_MUCH
        case code if code == -signal.SIGXCPU:
            return Code.TOO_SLOW
        case code if code == OUT_OF_MEMORY or code < 0:
            # A library that is refused memory aborts; the system kills who takes too much of it.
            return Code.TOO_BIG
    log.error("an import could not be read: the process ended with %s", status)
    return Code.BROKEN


@contextmanager
def _process(source: IO[bytes], output: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process while it is wanted: it ends with the block, without a word of its own (the text
    of an error could be that of a document), and knows nothing of the worker's environment."""
    limits = (MOST_MEMORY, MOST_SECONDS, MOST_OUTPUT)
    process = subprocess.Popen(  # noqa: S603 - our own module, numbers as arguments
        [sys.executable, "-m", "kb.imports.apart", *map(str, limits)],
        stdin=source,
        stdout=output,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        | _SPELLED_AS_HERE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class _Lines:
    """What a process writes. It shares the file's place with us, so nothing here moves it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._seen = 0
        self._count = 0

    def count(self, most: int) -> int:
        """How many lines there are; those beyond ``most`` are long and not looked at."""
        if self._count < most:
            piece = os.pread(self._file.fileno(), 64 * 1024, self._seen)
            self._seen += len(piece)
            self._count += piece.count(b"\n")
        return self._count

    def all(self) -> list[dict[str, Any]]:
        """Every line that is whole."""
        self._file.seek(0)
        return [json.loads(line) for line in self._file if line.endswith(b"\n")]
