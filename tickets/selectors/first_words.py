"""The beginning of what a user said, for lists of contacts."""

from __future__ import annotations

import re
from typing import Final

from kb.rules.masking import mask

FIRST_WORDS: Final = 60
"""Characters of the user's words, without what is personal among them."""

_HALF: Final = re.compile("‹[^›]?\\Z")
"""Of a placeholder that was cut."""


def first_words(utterance: str) -> str:
    """At most ``FIRST_WORDS`` characters, and ``…`` where there are more."""
    words = mask(utterance)
    if len(words) <= FIRST_WORDS:
        return words
    return _HALF.sub("", words[:FIRST_WORDS]).rstrip() + "…"
