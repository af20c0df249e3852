"""People named in a note as ``@username``.

Chinese is written without spaces, so a name may run straight into the sentence:
``请@advisor2看一下``. A name ends where the longest known one ends, unless it would cut an ASCII
word in two: ``@advisor22`` and ``@advisor.x`` do not name ``advisor``. An ``@`` inside an ASCII
word is an e-mail address, and one before a space names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

LONGEST_NAME = 150
"""Characters that Django allows in a username."""

MOST_MENTIONS = 20
MOST_SHOWN = 20

_RUN = re.compile(rf"(?<![A-Za-z0-9._+-])[@＠]([\w.+-]{{1,{LONGEST_NAME}}})")
_INSIDE_WORD = re.compile(r"[A-Za-z0-9_]|[.+-]+[A-Za-z0-9_]")
_ASCII_WORD = re.compile(r"[A-Za-z0-9_](?:[\w.+-]*[A-Za-z0-9_])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mentions:
    """``names`` are known, ``unknown`` is what stands after an ``@`` and is no known name; each
    once, in the order of the text."""

    names: tuple[str, ...]
    unknown: tuple[str, ...]


def possible_names(text: str) -> frozenset[str]:
    """Everything that could be the name of a mention in ``text``: what to look up."""
    return frozenset(run[:length] for run in _runs(text) for length in range(1, len(run) + 1))


def mentions(text: str, known: Collection[str]) -> Mentions:
    """Who is named in ``text``; ``known`` holds those of ``possible_names`` that exist."""
    names: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for run in _runs(text):
        name = _longest(run, known)
        if name is None:
            unknown[_as_typed(run)] = None
        else:
            names[name] = None
    return Mentions(tuple(names), tuple(unknown))


def _runs(text: str) -> list[str]:
    return _RUN.findall(text)


def _longest(run: str, known: Collection[str]) -> str | None:
    for length in range(len(run), 0, -1):
        name = run[:length]
        if name in known and not (name[-1].isascii() and _INSIDE_WORD.match(run, length)):
            return name
    return None


def _as_typed(run: str) -> str:
    """The word as a person would read it, without the sentence that goes on behind it."""
    word = _ASCII_WORD.match(run)
    return word.group() if word else run[:MOST_SHOWN]
