"""Errors that may be kept: short, and without what must not be read in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from notices.rules.masking import mask_numbers

LONGEST_ERROR: Final = 300
_SHORTEST_SECRET: Final = 6
_PARTS: Final = re.compile(r"[^A-Za-z0-9_.~%-]+")


def safe_error(text: str, *, secrets: Iterable[str] = ()) -> str:
    """``text`` in one line without personal numbers and without ``secrets`` or parts of them.

    Of an address as a secret, each part of its path and query counts: a target that echoes what
    it was sent must not put its own key before the eyes of everybody.
    """
    line = " ".join(text.split())
    parts = {part for secret in secrets for part in (secret, *_PARTS.split(secret))}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            line = line.replace(part, "‹*›")
    return mask_numbers(line)[:LONGEST_ERROR]
