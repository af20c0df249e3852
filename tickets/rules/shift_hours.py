"""Hours of work as people write them: ``09:00-12:00, 13:30-18:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import time
from itertools import pairwise

_STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|—|~|～|至|到)\s*(\d{1,2}):(\d{2})\Z", re.ASCII)

Stretch = tuple[time, time]


class NotHours(ValueError):
    """The text names no hours; the argument is the part that cannot be read."""


class HoursOverlap(ValueError):
    """Two stretches of one day overlap or touch in the wrong order."""


def read_hours(text: str) -> tuple[Stretch, ...]:
    """The stretches of a day, sorted; none for an empty text.

    Chinese punctuation and the signs ``–``, ``~``, ``至`` are understood. ``NotHours`` for what
    cannot be read, or ends before it begins; ``HoursOverlap`` when stretches overlap.
    """
    parts = [part.strip() for part in re.split(r"[,，、;；\n]", text.replace("：", ":"))]
    found = sorted(_stretch(part) for part in parts if part)
    for (_first, until), (next_from, _last) in pairwise(found):
        if next_from < until:
            raise HoursOverlap
    return tuple(found)


def write_hours(stretches: Iterable[Stretch]) -> str:
    """The same as ``read_hours`` reads it."""
    return ", ".join(f"{starts:%H:%M}-{ends:%H:%M}" for starts, ends in sorted(stretches))


def _stretch(part: str) -> Stretch:
    match = _STRETCH.match(part)
    if match is None:
        raise NotHours(part)
    hour, minute, until_hour, until_minute = (int(number) for number in match.groups())
    try:
        stretch = time(hour, minute), time(until_hour, until_minute)
    except ValueError:
        raise NotHours(part) from None
    if stretch[0] >= stretch[1]:
        raise NotHours(part)
    return stretch
