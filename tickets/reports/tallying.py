"""From how many rows of a group have which code to all numbers of that group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from tickets.reports.measures import HOURS, MEASURES, PERCENTILES, SHARES, About

Cells = np.ndarray[Any, np.dtype[np.float64]]

MATCHED_BY = {
    about: tuple(
        measure
        for measure in MEASURES.values()
        if measure.about is about and measure.pattern is not None
    )
    for about in About
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The numbers of one group: every measure of what is counted, by its code.

    ``percentiles``: by ``Hours`` and per cent the whole working hours, None without any.
    """

    numbers: Mapping[str, int]
    percentiles: Mapping[str, Mapping[int, int | None]]

    def share(self, code: str) -> float | None:
        """0 to 1; None where there is nothing to have a share of."""
        return SHARES[code].of_numbers(self.numbers)


class Pile:
    """How many rows of each group have which code. A year of days has a hundred thousand such
    numbers: they are put on a pile one after the other and sorted by all at once."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._codes: list[Sequence[int]] = []
        self._numbers: list[Sequence[int]] = []

    def add(self, place: int, codes: Sequence[int], numbers: Sequence[int]) -> None:
        """``place``: which group it is, counted from 0."""
        self._places.append(place)
        self._codes.append(codes)
        self._numbers.append(numbers)

    def sorted(self, groups: int) -> tuple[list[int], Cells]:
        """The codes that occur, in order, and how many rows have them: [group, code]; after the
        groups a line for all of them together."""
        lengths = np.array([len(codes) for codes in self._codes], dtype=np.int64)
        places = np.repeat(np.array(self._places, dtype=np.int64), lengths)
        codes, columns = np.unique(_flat(self._codes), return_inverse=True)
        cells = np.bincount(
            places * len(codes) + columns,
            weights=_flat(self._numbers),  # of doubles, exact up to 2**53
            minlength=groups * len(codes),
        ).reshape(groups, len(codes))
        return codes.tolist(), np.vstack([cells, cells.sum(axis=0)])


def _flat(lists: Iterable[Sequence[int]]) -> Any:
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64)


def tallies(about: About, piles: Mapping[int, Pile], groups: int) -> Iterable[Tally]:
    """One for each group, and one for all together."""
    names = [measure.code for measure in MATCHED_BY[about]]
    codes, cells = piles.get(0, Pile()).sorted(groups)
    matched = np.array([_matched(about, code) for code in codes], dtype=np.int64)
    # Of whole numbers: for doubles numpy asks BLAS, whose threads keep every other core of the
    # machine busy for 50 ms after each product.
    numbers = (cells.astype(np.int64) @ matched.reshape(-1, len(names))).tolist()
    found: dict[str, list[dict[int, int | None]]] = {}
    if about is About.TICKETS:
        for name, hours in HOURS.items():
            found[name] = percentiles(*piles.get(hours.kind, Pile()).sorted(groups))
    for place, row in enumerate(numbers):
        taken = {name: each[place] for name, each in found.items()}
        yield Tally(dict(zip(names, row, strict=True)), taken)


def percentiles(hours: Sequence[int], cells: Cells) -> list[dict[int, int | None]]:
    """Of each line the smallest of ``hours`` (in order) within which so many per cent lie; None
    without any."""
    if not hours:
        return [dict.fromkeys(PERCENTILES) for _line in cells]
    upto = cells.cumsum(axis=1)
    every = upto[:, -1:]
    found = {
        percent: [
            hours[at] if some else None
            for at, some in zip(
                (upto * 100 >= every * percent).argmax(axis=1).tolist(),
                every[:, 0].tolist(),
                strict=True,
            )
        ]
        for percent in PERCENTILES
    }
    return [dict(zip(PERCENTILES, line, strict=True)) for line in zip(*found.values(), strict=True)]


@cache
def _matched(about: About, code: int) -> tuple[bool, ...]:
    """Which measures count rows with this code. Follows from the definitions alone; there are as
    many answers as codes have ever been seen."""
    return tuple(
        each.pattern is not None and each.pattern.matches(code) for each in MATCHED_BY[about]
    )
