"""Folding of text, position by position, with a map back to the original.

All offsets are half-open spans of code points (``str`` indices) of the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from opencc import OpenCC

VARIATION_SELECTORS = range(0xFE00, 0xFE10)
BLANKS: Final = re.compile("  +")
_SIMPLIFIED: Final = OpenCC("t2s")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Words put in for others: ``variant`` stood at ``start:end`` of the original.

    ``by_sound``: because they sound alike, rather than by a rule of the synonyms.
    """

    variant: str
    canonical: str
    start: int
    end: int
    by_sound: bool = False


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


@lru_cache(maxsize=16384)
def fold_character(character: str) -> str:
    """What stands for one character: mostly one, sometimes several, none for a control."""
    if character.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", character.casefold())
    # A second round: some characters (modifier letters, U+03F4 ...) fold to one that folds again.
    folded = unicodedata.normalize("NFKC", folded.casefold())
    return "".join(map(_simplified, map(_printable, folded)))


def _simplified(character: str) -> str:
    """Traditional to simplified, in two rounds: one character (U+85B4) needs the second."""
    if character.isascii():
        return character
    return str(_SIMPLIFIED.convert(_SIMPLIFIED.convert(character)))


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf") or ord(character) in VARIATION_SELECTORS:
        return ""
    return " " if category.startswith("C") else character


def fold(text: str) -> MappedText:
    """NFKC, case and simplified characters; white space becomes one blank, controls vanish.

    Takes any string, lone surrogates included. Idempotent: folding the folded text changes
    nothing. Characters are folded one at a time, so a base letter and a combining mark that
    follows it are not composed, and a traditional character with several simplified ones
    becomes the commonest; that is the price of an exact offset map.
    """
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for position, original in enumerate(text):
        for character in fold_character(original):
            if character == " " and (not characters or characters[-1] == " "):
                continue
            characters.append(character)
            starts.append(position)
            ends.append(position + 1)
    if characters and characters[-1] == " ":
        del characters[-1], starts[-1], ends[-1]
    return MappedText("".join(characters), tuple(starts), tuple(ends))


def folded_texts(texts: Sequence[str]) -> Iterator[str]:
    """``fold(text).text`` of many texts, several times as fast because no offsets are kept."""
    table = {ord(each): fold_character(each) for each in set().union(*texts)}
    return (BLANKS.sub(" ", text.translate(table)).strip(" ") for text in texts)
