"""Keys of new standard questions: readable in an address, made from the title."""

from __future__ import annotations

import re
from collections.abc import Container

from pypinyin import lazy_pinyin

MOST_KEY = 60
NAMELESS = "question"
_WORD = re.compile(r"[a-z0-9]+")


def slug(text: str) -> str:
    """Pinyin of ``text`` in small letters, digits and hyphens; empty when nothing can be spelled.

    At most ``MOST_KEY`` characters, cut between syllables where it can be.
    """
    whole = ""
    for part in lazy_pinyin(text):
        for syllable in _WORD.findall(part.lower()):
            longer = f"{whole}-{syllable}" if whole else syllable[:MOST_KEY]
            if len(longer) > MOST_KEY:
                return whole
            whole = longer
    return whole


def key_for(title: str, *, taken: Container[str] = ()) -> str:
    """The slug of ``title``; a number is added when it is ``taken``."""
    key = slug(title) or NAMELESS
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}-{number}"
    return free
