"""Progress on the terminal. Writing never fails: the terminal may be gone when we stop."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


class Console:
    """Numbered steps with their seconds, and plain lines between them."""

    def __init__(self, steps: int = 0) -> None:
        self._steps = steps
        self._number = 0
        self._open_line = False

    def _write(self, text: str) -> None:
        # A closed pipe or a terminal that hung up must not keep us from stopping PostgreSQL.
        with suppress(OSError, ValueError):
            data = text.encode(sys.stdout.encoding or "utf-8", "replace")
            os.write(sys.stdout.fileno(), data)

    def line(self, text: str = "") -> None:
        """One line; finishes a step's open line first."""
        start = "\n" if self._open_line else ""
        self._open_line = False
        self._write(f"{start}{text}\n")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """``[2/6] title ... 0.4 s``; the seconds appear when the block ends without an error."""
        self._number += 1
        began = time.monotonic()
        head = f"[{self._number}/{self._steps}] {title}"
        self._write(f"{head} ... ")
        self._open_line = True
        try:
            yield
        except BaseException:
            if self._open_line:
                self._open_line = False
                self._write("\n")
            raise
        took = f"{time.monotonic() - began:.1f} s"
        self._write(f"{took}\n" if self._open_line else f"{head} ... {took}\n")
        self._open_line = False

    def table(self, rows: Sequence[Sequence[str]], indent: str = "  ") -> None:
        """Rows of text in aligned columns."""
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.line(indent + "  ".join(cells).rstrip())


def complain(text: str) -> None:
    """One line on standard error."""
    with suppress(OSError, ValueError):
        data = f"klingdesk: {text}\n".encode(sys.stderr.encoding or "utf-8", "replace")
        os.write(sys.stderr.fileno(), data)
