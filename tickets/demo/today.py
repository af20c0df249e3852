"""Open tickets that show a desk at work, whatever day it is."""

from __future__ import annotations

from tickets.demo.days import DAY, Days
from tickets.demo.fate import Fate

_HOUR = 3600

# Working days ago, hour of that day, what stands now.
_STANDING = (
    (5, 10, Fate(stays="queued")),  # breached, nobody took it
    (4, 15, Fate(taken_after=200, stays="assigned")),  # breached in somebody's hands
    (3, 9, Fate(stays="queued")),  # due at the next close of business
    (3, 16, Fate(taken_after=60, stays="assigned")),
    (2, 11, Fate(taken_after=45, stays="waiting")),
    (2, 14, Fate(taken_after=90, stays="assigned")),
    (2, 10, Fate(taken_after=30, stays="returned")),
    (1, 12, Fate(stays="queued")),
    (1, 17, Fate(stays="queued")),
)


_TAKEN = Fate(taken_after=30, stays="assigned")


def staged_today(days: Days, until: int, *, all_taken: bool) -> list[tuple[int, Fate]]:
    """When they are handed over, and what is to become of them by ``until``. ``all_taken``:
    nothing is left waiting in the queue."""
    today = until // DAY
    working = [day for day in range(today) if days.is_working[day]]
    return [
        (
            working[-ago] * DAY + hour * _HOUR,
            _TAKEN if all_taken and fate.stays == "queued" else fate,
        )
        for ago, hour, fate in _STANDING
    ]
