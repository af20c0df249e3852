"""Who is given a queued ticket where the desk assigns: whoever is there, able and least loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WeeklyShift:
    """A stretch of local time on a weekday (0 is Monday), ``starts`` before ``ends``."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Candidate:
    """An advisor of the team. ``load`` counts open tickets on their hands, ``capacity`` the most
    they should hold; ``last_given`` is when they got their latest (None: never)."""

    person: int
    skills: frozenset[str]
    capacity: int
    load: int
    is_present: bool
    last_given: datetime | None = None


class Why(StrEnum):
    """Why somebody, or nobody, was chosen."""

    LEAST_LOADED = "least_loaded"
    NOBODY_PRESENT = "nobody_present"
    NOBODY_SKILLED = "nobody_skilled"
    ALL_FULL = "all_full"


@dataclass(frozen=True, slots=True)
class Choice:
    person: int | None
    why: Why


def choose_advisor(candidates: Iterable[Candidate], *, skill: str) -> Choice:
    """The least loaded of those who are present, know ``skill`` (empty: none needed) and have room.

    Load is open work against capacity; of equals, who was given a ticket longest ago, then the
    lower id, so that the same facts always choose the same person.
    """
    present = [each for each in candidates if each.is_present]
    if not present:
        return Choice(None, Why.NOBODY_PRESENT)
    able = [each for each in present if not skill or skill in each.skills]
    if not able:
        return Choice(None, Why.NOBODY_SKILLED)
    free = [each for each in able if each.load < each.capacity]
    if not free:
        return Choice(None, Why.ALL_FULL)
    return Choice(min(free, key=_rank).person, Why.LEAST_LOADED)


def _rank(each: Candidate) -> tuple[float, bool, float, int]:
    given = each.last_given
    return (
        each.load / each.capacity,
        given is not None,
        given.timestamp() if given is not None else 0.0,
        each.person,
    )


def is_on_shift(
    now: datetime,
    shifts: Sequence[WeeklyShift],
    *,
    is_working_day: bool,
    opens: time,
    closes: time,
) -> bool:
    """Whether an advisor with these ``shifts`` works at ``now`` (aware, in the desk's own zone).

    Without shifts the desk's hours count. On a day that is no working day nobody works, except
    that a make-up workday is worked in the desk's hours by those whose shifts name no such
    weekday: it stands in for another day of theirs.
    """
    if not is_working_day:
        return False
    moment = now.time()
    today = [each for each in shifts if each.weekday == now.weekday()]
    if not today:
        makes_up = now.weekday() >= 5
        return (not shifts or makes_up) and opens <= moment < closes
    return any(each.starts <= moment < each.ends for each in today)


def is_absent(day: date, absences: Iterable[tuple[date, date]]) -> bool:
    """Whether ``day`` lies in one of the ``absences`` (first and last day, both included)."""
    return any(first <= day <= last for first, last in absences)


def end_of_leave(day: date, absences: Iterable[tuple[date, date]]) -> date | None:
    """The last day of the leave that ``day`` lies in, None when it lies in none.

    ``absences`` (first and last day, both included) that overlap, or of which one begins the day
    after another ends, are one leave.
    """
    end: date | None = None
    for first, last in sorted(absences):
        if end is None:
            end = last if first <= day <= last else None
        elif first <= end + timedelta(days=1):
            end = max(end, last)
    return end
