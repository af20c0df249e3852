"""Calendar months, as people count them back."""

from __future__ import annotations

from datetime import datetime, timedelta

from tickets.rules.sla import ZONE


def months_before(now: datetime, months: int) -> datetime:
    """The same time of the same day ``months`` months earlier on the desk's clock; the last day of
    a month that is too short."""
    local = now.astimezone(ZONE)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    first = local.replace(year=year, month=month + 1, day=1)
    # Four days after the 28th is the next month, whatever this one's length.
    last = first.replace(day=28) + timedelta(days=4)
    last -= timedelta(days=last.day)
    return first.replace(day=min(local.day, last.day))
