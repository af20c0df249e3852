"""The stretches of days that sums are kept of.

By everything alone, by team and by question, sums of days are small. By person or outcome there
are many keys a day and few tickets each, so sums are kept of thirds of months instead: a tenth of
the rows, for at most ten days at each end of a period that are read row by row. By two keys at
once, one of them a person, of months only, for the same reason.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from tickets.reports.narrowing import GroupBy, begins_of, ends_of


class Grain(StrEnum):
    DAY = "d"
    THIRD = "t"
    MONTH = "m"


def first_of(grain: Grain, day: date) -> date:
    """The first day of the stretch in which ``day`` lies."""
    if grain is Grain.THIRD:
        return day.replace(day=min(21, (day.day - 1) // 10 * 10 + 1))
    return begins_of(GroupBy.MONTH, day) if grain is Grain.MONTH else day


def last_of(grain: Grain, first: date) -> date:
    """The last day of the stretch that begins with ``first``."""
    if grain is Grain.MONTH or (grain is Grain.THIRD and first.day == 21):
        return ends_of(GroupBy.MONTH, first.replace(day=1))
    return first + timedelta(days=9) if grain is Grain.THIRD else first
