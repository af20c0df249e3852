"""Keys of new standard questions and steps: readable in an address, made from the title."""

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


def key_for(title: str, *, taken: Container[str] = (), nameless: str = NAMELESS) -> str:
    """The slug of ``title``; a number is added when it is ``taken``.

    ``nameless`` stands for a title of which nothing can be spelled.
    """
    key = slug(title) or nameless
    number, free = 1, key
    while free in taken:
        number += 1
        ending = f"-{number}"
        free = key[: MOST_KEY - len(ending)].rstrip("-") + ending
    return free
