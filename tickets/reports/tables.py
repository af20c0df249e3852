"""Tables of numbers, put together from how many rows have which code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tickets.reports.measuring import About
from tickets.reports.narrowing import TIMES, GroupBy, ReportScope, dates_of, names_of
from tickets.reports.tallying import Pile, Tally, tallies

Key = int | date | None

Counts = Iterable[tuple[int | date, int, Sequence[int], Sequence[int]]]
"""Group (a primary key, 0 for none, or a date), kind, codes, and how many rows have each."""


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
    places: dict[int | date, int] = {}
    if group_by in TIMES:
        places = {day: place for place, day in enumerate(dates_of(group_by, scope.period))}
    piles: dict[int, Pile] = defaultdict(Pile)
    for group, kind, codes, numbers in counts:
        if merge is not None and isinstance(group, int):
            group = merge.get(group, 0)
        piles[kind].add(places.setdefault(group, len(places)), codes, numbers)
    *each, whole = tallies(about, piles, len(places))
    if group_by is GroupBy.TOTAL:
        rows: tuple[Row, ...] = (Row(None, "", whole),)
    else:
        rows = tuple(_rows(dict(zip(places, each, strict=True)), group_by, order))
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
