"""The number of a ticket that people say on the phone: ``T`` and at least eight digits."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[Tt]?0*([1-9][0-9]{0,17})")


def format_number(ticket_id: int | None) -> str:
    """``1234`` → ``T00001234``; an unsaved ticket has none."""
    return f"T{ticket_id:08d}" if ticket_id else ""


def parse_number(text: str) -> int | None:
    """The ticket's id, or None when the text is no ticket number. Forgives case and zeros."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found.group(1)) if found and found.group(1).isascii() else None
