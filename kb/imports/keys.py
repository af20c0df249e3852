"""The key of a question that an import brings: the same every time for the same title."""

from __future__ import annotations

import hashlib
from collections.abc import Container

from kb.imports.wording import plain_title
from kb.rules.keys import NAMELESS, slug


def key_for(title: str, *, taken: Container[str]) -> str:
    """Pinyin of the title; a key that is taken gets a short hash of the title behind it."""
    plain = plain_title(title)
    key = slug(plain) or NAMELESS
    if key not in taken:
        return key
    digest = hashlib.sha256(plain.encode()).hexdigest()
    for length in range(6, len(digest) + 1):
        longer = f"{key}-{digest[:length]}"
        if longer not in taken:
            return longer
    raise AssertionError("every key with this title's hash is taken")
