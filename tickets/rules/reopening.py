"""Until when a resolved ticket may be opened again."""

from __future__ import annotations

from datetime import datetime, timedelta

REOPEN_WITHIN = timedelta(days=7)
"""Calendar days after the resolution; later a new ticket is made that follows the old one."""


def may_reopen(resolved_at: datetime, *, now: datetime) -> bool:
    """Whether a ticket resolved at ``resolved_at`` may still be opened again at ``now``."""
    return now <= resolved_at + REOPEN_WITHIN
