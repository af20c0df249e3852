"""Folding of text, position by position, with a map back to the original.

All offsets are half-open spans of code points (``str`` indices) of the original text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

VARIATION_SELECTORS = range(0xFE00, 0xFE10)


@dataclass(frozen=True, slots=True)
class Replacement:
    """One synonym rule that was applied: ``variant`` stood at ``start:end`` of the original."""

    variant: str
    canonical: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MappedText:
    """``text[i]`` came from ``original[starts[i]:ends[i]]``; neither sequence ever decreases."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    replacements: tuple[Replacement, ...] = ()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Original span of the non-empty slice ``text[first:last]``."""
        return self.starts[first], self.ends[last - 1]


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character.casefold())
    # A second round: some characters (modifier letters, U+03F4 ...) fold to one that folds again.
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return "".join(map(_printable, folded))


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or ord(character) in VARIATION_SELECTORS:
        return ""
    return " " if category.startswith("C") else character


def fold(text: str) -> MappedText:
    """NFKC and case folding; runs of white space become one blank, control characters vanish.

    Takes any string, lone surrogates included. Idempotent: folding the folded text changes
    nothing. Characters are folded one at a time, so a base letter and a combining mark that
    follows it are not composed; that is the price of an exact offset map.
    """
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for position, original in enumerate(text):
        for character in _fold_character(original):
            if character == " " and (not characters or characters[-1] == " "):
                continue
            characters.append(character)
            starts.append(position)
            ends.append(position + 1)
    if characters and characters[-1] == " ":
        del characters[-1], starts[-1], ends[-1]
    return MappedText("".join(characters), tuple(starts), tuple(ends))
