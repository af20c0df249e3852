"""How ideographs sound, and which Latin words are pinyin.

A sound is a syllable without its tone, folded so that the pairs that speakers (and their
keyboards) mix up are one: zh/z, ch/c, sh/s, and ang/an, eng/en, ing/in.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

# pypinyin's dictionary of phrases costs 40 MB and is of no use for single characters.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin.constants import PINYIN_DICT

MOST_SEGMENTATIONS = 8
LONGEST_SYLLABLE = 6
_FOLDED: Final = (
    (re.compile("^([zcs])h"), r"\1"),
    (re.compile("([aei])ng$"), r"\1n"),
)
# Syllables of interjections and of rare readings that would split ordinary Latin words.
_NO_SYLLABLE: Final = re.compile("^(?:[^aeiouv]+|eng?|ei|o|e|lo|yo|ê|hng)$|[^a-z]")


@lru_cache(maxsize=65536)
def syllable(ideograph: str) -> str:
    """Commonest reading without tone (``lü`` as ``lv``); empty when there is none."""
    reading = str(PINYIN_DICT.get(ord(ideograph), "")).partition(",")[0]
    parted = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(each for each in parted if not unicodedata.combining(each))


@lru_cache(maxsize=4096)
def sound(reading: str) -> str:
    """The folded form of a syllable."""
    for pattern, folded in _FOLDED:
        reading = pattern.sub(folded, reading)
    return reading


@cache
def syllables() -> frozenset[str]:
    """All syllables that an agent may type."""
    found = (syllable(chr(code)) for code in range(0x4E00, 0x9FA6))
    return frozenset(each for each in found if each and not _NO_SYLLABLE.search(each))


def segmentations(word: str) -> tuple[tuple[str, ...], ...]:
    """Ways to read the Latin ``word`` as syllables, fewest first; empty when there is none."""
    known = syllables()
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(word) + 1):
        here = [
            (*way, word[start:end])
            for start in range(max(0, end - LONGEST_SYLLABLE), end)
            if word[start:end] in known
            for way in ways[start]
        ]
        ways.append(sorted(here, key=lambda way: (len(way), way))[:MOST_SEGMENTATIONS])
    return tuple(ways[-1]) if word else ()
