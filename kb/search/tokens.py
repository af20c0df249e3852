"""Units of canonical text, and pairs of neighbours.

A unit is one ideograph, or one run of letters and digits of any other script (``vip``,
``1080p``; also when glued to Chinese). Two units that touch make a pair; a blank or a
punctuation mark parts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kb.search.scripts import UNIT


class Unit(NamedTuple):
    """``text[start:end]`` of the canonical text; ``glued`` when it touches the one before."""

    text: str
    start: int
    end: int
    glued: bool


class Gram(NamedTuple):
    """One to two neighbouring units, and where they stand in the canonical text."""

    units: tuple[str, ...]
    start: int
    end: int


def units_of(text: str) -> list[Unit]:
    """All units in order."""
    units: list[Unit] = []
    edge = -1
    for match in UNIT.finditer(text):
        start, end = match.span()
        units.append(Unit(match.group(), start, end, start == edge))
        edge = end
    return units


def grams_of(units: Sequence[Unit]) -> list[Gram]:
    """All units and pairs of touching units, by their first unit."""
    grams: list[Gram] = []
    for number, unit in enumerate(units, start=1):
        grams.append(Gram((unit.text,), unit.start, unit.end))
        if number < len(units) and units[number].glued:
            after = units[number]
            grams.append(Gram((unit.text, after.text), unit.start, after.end))
    return grams
