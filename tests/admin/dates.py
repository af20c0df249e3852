"""Reading dates on pages: what people see of them."""

from __future__ import annotations

import re

_TIME = re.compile(r'<time class="desk-when"[^>]*>(.*?)<span class="visually-hidden">.*?</time>')


def in_words(html: str) -> str:
    """The page with every date as its words alone, without its markup and exact value."""
    return _TIME.sub(r"\1", html)
