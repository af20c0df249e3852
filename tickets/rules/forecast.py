"""How many promises will be breached in the next working days: a simulation, drawn many times.

What is simulated is the contact promise. Time goes in working days, and each team is a queue of its
own that is answered in the order of due dates, as ``claim_next`` gives tickets out:

* what waits when the days begin, by the day on which it falls due;
* hand-overs of every calendar day, drawn from those of the same weekday in the past; what comes in
  during day d falls due ``working_days`` working days later (Civil Code art. 201 and 203);
* answers of a day: for every advisor who is there, a draw from what one advisor answered on one
  working day in the past.

A ticket is breached when its due day ends without an answer; it is still answered first on the next
day. Draws are *common random numbers*: an advisor's draws depend on the seed, the team and the
advisor's place in it, so that two forecasts with the same seed differ only by what was changed.
Each stream of them gives the advisors of a team (or its days) their draws one after the other.
Since the queue goes by due dates, whatever waits with one advisor more waits with one less, too:
more people never mean more breaches, in any single draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

Counts = np.ndarray[Any, np.dtype[np.int64]]

PERCENTILES: Final = (10, 50, 90)
RUNS: Final = 2_000

_ARRIVALS, _ANSWERS = 1, 2
"""Streams of random numbers; part of their seed."""


@dataclass(frozen=True, slots=True)
class Day:
    """One working day to come.

    ``share``: how much of it is left, 0 to 1 (of today; 1 for the others). ``arrivals`` are the
    kinds of calendar days whose hand-overs are there when it ends: its own, each with the share
    of it that is still to come and the number of the day on which what comes in falls due
    (counted like ``Day``s from 0; beyond the last one: not within the forecast).
    """

    share: float
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """``kind`` names a sample of ``Team.intake``."""

    kind: str
    share: float
    due: int


@dataclass(frozen=True, slots=True)
class Team:
    """One queue.

    ``backlog[d]``: open tickets without an answer that fall due on day d; ``late``: those whose
    due date is past. Tickets due after the last day may be left out: they are answered last.
    ``intake``: for each kind of day the numbers of hand-overs of such days in the past.
    ``present[i][d]``: the share of day d that advisor i is there for this team, 0 to 1.
    """

    key: int
    late: int = 0
    backlog: tuple[int, ...] = ()
    intake: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    present: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """Breaches: the mean of all draws, and the numbers that 10, 50 and 90 % of them do not
    exceed."""

    mean: float
    p10: int
    p50: int
    p90: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """``days``: breaches of each day; ``total``: of all days together, which is not the sum of the
    days' percentiles."""

    days: tuple[Band, ...]
    total: Band


def simulate(
    days: Sequence[Day],
    teams: Iterable[Team],
    *,
    answers: Sequence[int],
    seed: int,
    runs: int = RUNS,
) -> Forecast:
    """Breaches of each of ``days`` in ``runs`` draws.

    ``answers``: how many tickets one advisor answered on one working day, a sample of the past;
    without any nobody answers anything. The same arguments give the same forecast. Time grows with
    the number of advisors, not with that of tickets.
    """
    breaches = np.zeros((runs, len(days)), dtype=np.int64)
    sample = _sorted(answers)
    for team in teams:
        breaches += _team_breaches(days, team, sample, seed, runs)
    return Forecast(
        days=tuple(_band(breaches[:, number]) for number in range(len(days))),
        total=_band(breaches.sum(axis=1)),
    )


def with_advisors(team: Team, more: int, days: int) -> Team:
    """The team with so many advisors more, each there all the time; or (negative) without its last
    ones."""
    if more >= 0:
        return replace(team, present=team.present + ((1.0,) * days,) * more)
    return replace(team, present=team.present[: max(0, len(team.present) + more)])


def on_leave(team: Team, days: frozenset[int]) -> Team:
    """The team with nobody there on the days with these numbers."""
    present = tuple(
        tuple(0.0 if number in days else share for number, share in enumerate(row))
        for row in team.present
    )
    return replace(team, present=present)


def _team_breaches(days: Sequence[Day], team: Team, sample: Counts, seed: int, runs: int) -> Counts:
    """Breaches of one queue, by draw and day."""
    horizon = len(days)
    room = _room(days, team, sample, seed, runs)
    # Waiting tickets by when they fall due: 0 is past, 1 the first day, and so on. What falls due
    # after the last day is answered last and breaches nothing: it is not counted.
    waiting = np.zeros((runs, horizon + 1), dtype=np.int64)
    waiting[:, 0] = team.late
    for number, count in enumerate(team.backlog[:horizon]):
        waiting[:, number + 1] = count
    breaches = np.zeros((runs, horizon), dtype=np.int64)
    stream = _stream(seed, _ARRIVALS, team.key)
    for number, day in enumerate(days):
        for arrival in day.arrivals:
            arrived = _arrived(team, arrival, stream, runs)
            if arrival.due < horizon:
                waiting[:, arrival.due + 1] += arrived
        # In the order of due dates: of the first k kinds remains what the room does not reach.
        upto = np.maximum(np.cumsum(waiting, axis=1) - room[:, number, None], 0)
        waiting = np.diff(upto, axis=1, prepend=0)
        breaches[:, number] = waiting[:, number + 1]
        waiting[:, 0] += waiting[:, number + 1]
        waiting[:, number + 1] = 0
    return breaches


def _room(days: Sequence[Day], team: Team, sample: Counts, seed: int, runs: int) -> Counts:
    """How many tickets the team can answer, by draw and day; parts of a ticket are none."""
    horizon = len(days)
    room = np.zeros((runs, horizon))
    if not len(sample):
        return room.astype(np.int64)
    left = np.array([day.share for day in days])
    stream = _stream(seed, _ANSWERS, team.key)
    for shares in team.present:
        # Drawn even for whoever is not there: the next one's draws are the same then.
        answered = _picked(sample, stream, (runs, horizon))
        room += answered * (np.array(shares[:horizon]) * left)
    # 0.1 + 0.2 is more than 0.3: a whole ticket must not be lost to that.
    return np.floor(room + 1e-9).astype(np.int64)


def _arrived(team: Team, arrival: Arrival, stream: np.random.Generator, runs: int) -> Counts:
    """Hand-overs of one calendar day, by draw; of a part of a day so many, rounded."""
    sample = _sorted(team.intake.get(arrival.kind, ()))
    if not len(sample):
        return np.zeros(runs, dtype=np.int64)
    arrived: Counts = np.rint(_picked(sample, stream, (runs,)) * arrival.share).astype(np.int64)
    return arrived


def _stream(seed: int, stream: int, team: int) -> np.random.Generator:
    """Draws that depend on nothing but the arguments."""
    return np.random.default_rng([seed, stream, team])


def _picked(sample: Counts, stream: np.random.Generator, shape: tuple[int, ...]) -> Counts:
    """For each draw one of the sample, each as likely as the others.

    A draw lies below 1 by 2**-24 at least: a smaller sample is never overrun.
    """
    draws = stream.random(shape, dtype=np.float32)
    picked: Counts = sample.take((draws * len(sample)).astype(np.intp))
    return picked


def _sorted(numbers: Iterable[int]) -> Counts:
    """A sample in an order of its own: that of the rows it was read from does not matter."""
    return np.sort(np.array(list(numbers), dtype=np.int64))


def _band(breaches: Counts) -> Band:
    p10, p50, p90 = np.percentile(breaches, PERCENTILES, method="inverted_cdf")
    return Band(float(breaches.mean()), int(p10), int(p50), int(p90))
