"""Reading and comparing in a process of its own: ``python -m kb.imports.apart``.

A file can be made so that it takes minutes and gigabytes. Whoever reads for others leaves it to
this process: it limits itself before it looks at anything, has neither settings nor a database,
and what is too much for it ends nothing but itself.

Arguments: bytes of memory, seconds of processor time, bytes of output. Standard input: a ``job``
as one line of JSON, then the bytes of its files one after the other. Standard output: a line of
JSON for each file (its ``problems``), then, when there is no problem in any of them, one with the
``proposal`` (shape: ``kb.imports.proposal.propose``; also ``read`` and ``files``).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from kb.imports.entries import Reading, ReadingError
from kb.imports.proposal import Knowledge, Known, propose
from kb.imports.reading import read_file

OUT_OF_MEMORY = 3
OUTPUT_TOO_LARGE = 4
"""What the process ends with, beside 0 and the signal of the processor's limit."""

_GRACE_SECONDS = 2
_NICENESS = 10
"""Whoever waits for a page comes first."""


def job(
    *, files: Sequence[Mapping[str, Any]], read: Sequence[Any] | None, knowledge: Knowledge
) -> bytes:
    """The first line of the input. ``files``: {name, size} of those that follow; ``read``: what
    was read of them before, instead; ``knowledge``: what they are compared with."""
    line = {"files": list(files), "read": read, "knowledge": asdict(knowledge)}
    return json.dumps(line).encode() + b"\n"


def work(source: IO[bytes], told: IO[str]) -> None:
    """One job, from ``source``; what comes of it is told line by line."""
    asked = json.loads(source.readline())
    readings = [Reading.from_json(each) for each in asked["read"] or []]
    files: list[dict[str, Any]] = []
    is_whole = True
    for each in asked["files"]:
        data, problems = source.read(each["size"]), []
        try:
            reading = read_file(each["name"], data)
        except ReadingError as error:
            is_whole, problems = False, error.as_json()
        else:
            readings.append(reading)
            files.append(described(each["name"], data, reading))
        _tell(told, {"problems": problems})
    if is_whole:
        proposal = propose(readings, _knowledge(asked["knowledge"]))
        read = [reading.as_json() for reading in readings]
        _tell(told, {"proposal": {**proposal, "files": files, "read": read}})


def described(name: str, data: bytes, reading: Reading) -> dict[str, Any]:
    """What is kept of a file that was read: {name, form, digest, size}."""
    return {
        "name": name,
        "form": reading.form.value,
        "digest": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }


def _knowledge(data: Mapping[str, Any]) -> Knowledge:
    return Knowledge(**{**data, "questions": [Known(**each) for each in data["questions"]]})


def _tell(told: IO[str], line: Mapping[str, Any]) -> None:
    told.write(json.dumps(line, ensure_ascii=False) + "\n")
    told.flush()


def _limit(what: int, soft: int, hard: int) -> None:
    try:
        resource.setrlimit(what, (soft, hard))
    except (OSError, ValueError):
        # Not every system knows every limit; the clock of whoever asked holds in any case.
        return


def main() -> int:
    memory, seconds, output = map(int, sys.argv[1:4])
    os.nice(_NICENESS)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_AS, memory, memory)
    _limit(resource.RLIMIT_CPU, seconds, seconds + _GRACE_SECONDS)
    _limit(resource.RLIMIT_FSIZE, output, output)
    # Half a pair of surrogates is no UTF-8; as "\udc80" it is still JSON.
    told = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    try:
        work(sys.stdin.buffer, told)
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        if error.errno == errno.EFBIG:
            # Nothing more can be flushed, at the end neither.
            os._exit(OUTPUT_TOO_LARGE)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
