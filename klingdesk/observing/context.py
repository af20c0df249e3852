"""What the present request or task is, for every line that is logged meanwhile."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any, Final

_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NUMBERS_ONLY: Final = re.compile(r"[0-9._-]+")


@dataclass(slots=True)
class Work:
    """One request or task. ``user`` is a primary key, never a name; empty means unknown."""

    request_id: str = ""
    user: int | None = None
    ticket: str = ""
    task: str = ""
    task_id: str = ""

    def fields(self) -> dict[str, Any]:
        """What is known, by name."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


_present: ContextVar[Work | None] = ContextVar("klingdesk_work", default=None)


def present() -> Work | None:
    return _present.get()


@contextmanager
def working(work: Work) -> Iterator[Work]:
    """``work`` is what goes on inside the block."""
    token = _present.set(work)
    try:
        yield work
    finally:
        _present.reset(token)


def request_id_from(given: str) -> str:
    """``given`` if it is fit for a log and an answer, else a new one.

    8 to 64 letters, digits, dots, dashes, underscores; not figures alone, which could be
    somebody's number.
    """
    if _WELL_FORMED.fullmatch(given) and not _NUMBERS_ONLY.fullmatch(given):
        return given
    return uuid.uuid4().hex
