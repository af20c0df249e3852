"""What a table is, and the register of those that may leave the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from klingdesk.core.roles import Role, roles_of
from tickets.exporting.cells import Cell

LONGEST_QUERY = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """What one export holds. All three read the database when they are called, within
    ``reading.read_only``; ``rows`` gives as many cells a row as there are ``labels``."""

    labels: Callable[[], Sequence[Any]]
    count: Callable[[], int]
    rows: Callable[[], Iterable[Iterable[Cell]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for which rows. ``query``: the parameters of the page that shows them."""

    query: Mapping[str, str]
    user: Any
    now: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """A table that may be exported by people with one of ``roles``.

    ``open`` reads the query and raises ``Invalid`` with the names of what it cannot read; it reads
    nothing else. Which rows a person gets is decided by ``visible_to``, as on the page.
    """

    code: str
    title: Any
    roles: frozenset[Role]
    open: Callable[[Asked], Table]

    def is_for(self, user: Any) -> bool:
        return bool(self.roles & roles_of(user))


def asked(query: str, *, user: Any, now: datetime) -> Asked:
    """From the query string of a page; of a repeated parameter the last one counts."""
    return Asked(dict(parse_qsl(query[:LONGEST_QUERY])), user, now)
