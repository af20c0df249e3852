"""Tables of numbers, put together from how many rows have which code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tickets.reports.measures import HOURS, MEASURES, PERCENTILES, SHARES, About, Measure
from tickets.reports.measuring import percentile
from tickets.reports.narrowing import TIMES, GroupBy, ReportScope, dates_of, names_of

Key = int | date | None

Counts = Iterable[tuple[int | date, int, Sequence[int], Sequence[int]]]
"""Group (a primary key, 0 for none, or a date), kind, codes, and how many rows have each."""

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


@dataclass(frozen=True, slots=True)
class Row:
    """``key``: a primary key, a date, or None (nobody, no team; or the total).

    ``label`` is empty for dates, nobody and the total.
    """

    key: Key
    label: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Table:
    """``as_of``: what happened until then is counted; None: nothing has ever been counted."""

    group_by: GroupBy
    rows: tuple[Row, ...]
    total: Tally
    as_of: datetime | None


@dataclass(slots=True)
class Heap:
    """How many rows of one group have which code (kind 0), and which hours."""

    about: About
    kinds: dict[int, dict[int, int]] = field(default_factory=dict)

    def add(self, kind: int, codes: Iterable[int], counts: Iterable[int]) -> None:
        mine = self.kinds.setdefault(kind, {})
        for code, count in zip(codes, counts, strict=True):
            mine[code] = mine.get(code, 0) + count

    def pour(self, other: Heap) -> None:
        """Add all of another heap."""
        for kind, codes in other.kinds.items():
            self.add(kind, codes.keys(), codes.values())

    def tally(self) -> Tally:
        numbers = dict.fromkeys((measure.code for measure in MATCHED_BY[self.about]), 0)
        for code, count in self.kinds.get(0, {}).items():
            for name in _names(self.about, code):
                numbers[name] += count
        if self.about is not About.TICKETS:
            return Tally(numbers, {})
        found = {
            name: {
                percent: percentile(self.kinds.get(hours.kind, {}), percent)
                for percent in PERCENTILES
            }
            for name, hours in HOURS.items()
        }
        return Tally(numbers, found)


def _names(about: About, code: int) -> tuple[str, ...]:
    """The measures that count rows with this code."""
    known = _KNOWN.get((about, code))
    if known is None:
        known = tuple(each.code for each in MATCHED_BY[about] if _matches(each, code))
        _KNOWN[about, code] = known
    return known


_KNOWN: dict[tuple[About, int], tuple[str, ...]] = {}
"""Follows from the definitions alone; there are as many entries as codes have ever been seen."""


def _matches(measure: Measure, code: int) -> bool:
    return measure.pattern is not None and measure.pattern.matches(code)


def table(
    counts: Counts,
    *,
    about: About,
    group_by: GroupBy,
    scope: ReportScope,
    order: Sequence[str],
    merge: Mapping[int, int] | None = None,
    as_of: datetime | None,
) -> Table:
    """Rows and total. ``order``: measures, the most of the first one comes first.

    ``merge``: to which group the key of each count belongs, where they are coarser.
    """
    heaps: dict[int | date, Heap] = {}
    total = Heap(about)
    if group_by in TIMES:
        heaps = {day: Heap(about) for day in dates_of(group_by, scope.period)}
    for group, kind, codes, numbers in counts:
        if merge is not None and isinstance(group, int):
            group = merge.get(group, 0)
        heaps.setdefault(group, Heap(about)).add(kind, codes, numbers)
    for heap in heaps.values():
        total.pour(heap)
    tallies = {group: heap.tally() for group, heap in heaps.items()}
    whole = total.tally()
    if group_by is GroupBy.TOTAL:
        rows: tuple[Row, ...] = (Row(None, "", whole),)
    else:
        rows = tuple(_rows(tallies, group_by, order))
    return Table(group_by, rows, whole, as_of)


def _rows(
    tallies: Mapping[int | date, Tally], group_by: GroupBy, order: Sequence[str]
) -> Iterable[Row]:
    dates = {group: tally for group, tally in tallies.items() if isinstance(group, date)}
    for day in sorted(dates, reverse=True):
        yield Row(day, "", dates[day])
    keyed = {group: tally for group, tally in tallies.items() if isinstance(group, int)}
    if not keyed:
        return
    names = names_of(group_by.value, [key for key in keyed if key])
    ordered = sorted(
        keyed.items(), key=lambda item: (*(-item[1].numbers[code] for code in order), item[0])
    )
    for key, tally in ordered:
        yield Row(key or None, names.get(key, ""), tally)
