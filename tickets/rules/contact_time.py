"""When an attempt to reach the user was made, and when it counts for the promise."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from tickets.rules.sla import ZONE

LOGGED_LATER_BY = timedelta(days=7)
"""An older attempt is not logged any more: nobody remembers its minute."""


class TimeProblem(StrEnum):
    """Why an attempt cannot have been made then."""

    FUTURE = "future"
    BEFORE_HAND_OVER = "before_hand_over"
    TOO_OLD = "too_old"


def time_problem(at: datetime, *, now: datetime, handed_over_at: datetime) -> TimeProblem | None:
    """What is wrong with an attempt made at ``at`` and logged at ``now``; None when nothing is."""
    if at > now:
        return TimeProblem.FUTURE
    if at < handed_over_at:
        return TimeProblem.BEFORE_HAND_OVER
    if at < now - LOGGED_LATER_BY:
        return TimeProblem.TOO_OLD
    return None


def counts_at(at: datetime, *, now: datetime) -> datetime:
    """When an attempt made at ``at`` and logged at ``now`` counts for the promise.

    An advisor on the telephone logs the call afterwards, so within the same day (the desk's
    zone) it counts when it was made. Logged on a later day it counts when it was logged: a
    promise must not be kept by what somebody remembers days after it was broken.
    """
    return at if at.astimezone(ZONE).date() == now.astimezone(ZONE).date() else now
