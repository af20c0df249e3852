"""Whether what users are told now may still change."""

from __future__ import annotations

from datetime import datetime

from tickets.reports.period import today_at
from tickets.selectors.sla import current_policy, working_calendar


def promises_now_provisional(now: datetime) -> bool:
    """Whether a holiday notice still to come may move the date of a promise made now.

    Two statements. ``NotFound`` when the desk has no policy (run bootstrap).
    """
    days = working_calendar().explain(today_at(now), current_policy().working_days)
    return any(day.provisional for day in days)
