"""Tokens of canonical text: single units and pairs of neighbours.

A unit is one ideograph, or one run of letters and digits of any other script (``vip``,
``1080p``; also when glued to Chinese). Two units that touch make a pair; a blank or a
punctuation mark parts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from kb.search.scripts import UNIT


class Token(NamedTuple):
    """``text[start:end]`` of the canonical text."""

    text: str
    start: int
    end: int


class Bag(NamedTuple):
    """How often each token occurs; ``length`` counts units."""

    counts: Counter[str]
    length: int


def tokenise(text: str) -> Iterator[Token]:
    """All units in order, each preceded by the pair that it completes."""
    before, edge = 0, -1
    for match in UNIT.finditer(text):
        start, end = match.span()
        if start == edge:
            yield Token(text[before:end], before, end)
        yield Token(match.group(), start, end)
        before, edge = start, end


def bag_of(text: str) -> Bag:
    """The tokens of canonical ``text`` without their places.

    No pair is spelt like a unit: a pair holds an ideograph and something more.
    """
    counts = Counter(token.text for token in tokenise(text))
    return Bag(counts, sum(1 for _ in UNIT.finditer(text)))


def same_words(text: str) -> str:
    """Key under which canonical texts that differ in blanks and punctuation only are equal."""
    return " ".join(match.group() for match in UNIT.finditer(text))
