"""How many rows of a period have which code: from the sums of whole days where they hold, row by
row where they do not.

Sums hold for the stretches of days that ``ReportDay`` names and no ``ReportDirty`` contradicts.
Rows that are not settled are in no sum, so what changes by the passing of time alone is always
counted as of ``now``. What no sum is kept of is counted row by row: three keys at once, and days
and weeks of a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections

from tickets.reports.grains import Grain, first_of, last_of
from tickets.reports.narrowing import NOBODY, TIMES, GroupBy
from tickets.reports.period import Period, today_at
from tickets.reports.reading import reports_database
from tickets.reports.sources import TOTAL, Source, summed_by

Counts = list[tuple[int | date, int, list[int], list[int]]]
Keys = Mapping[str, Sequence[int]]
"""Primary keys to narrow to, by name; ``NOBODY`` among them: rows without one."""


@dataclass(frozen=True, slots=True)
class Days:
    """Where a period is read from: the sums that begin with these days, by grain, and the ``live``
    days row by row. No day is in two of them; days that are in none have no rows."""

    sums: Mapping[Grain, tuple[date, ...]]
    live: tuple[date, ...]


def counts(
    source: Source, *, period: Period, group_by: GroupBy, keys: Keys, now: datetime
) -> Counts:
    """Group, kind, codes, and of each how many (two statements). A code may come twice.

    The group is a primary key (0: none), the first day of a day, week or month, or 0 for the
    total.
    """
    by = _sums_by(source, group_by, keys)
    grains = _grains(source, group_by, by)
    if not grains:
        return _rows(_unsummed(source, group_by, keys), _given(period, keys, now))
    days = days_of(source, period, today=today_at(now), grains=grains)
    given = {
        **_given(period, keys, now),
        "source": source.name,
        "by": by,
        "days": list(days.live),
        **{f"summed_{name}": list(wanted) for name, wanted in keys.items()},
        **{f"grain_{grain.value}": list(starts) for grain, starts in days.sums.items()},
    }
    return _rows(_summed(source, group_by, keys, days), given)


def _sums_by(source: Source, group_by: GroupBy, keys: Keys) -> str:
    """By what sums would have to be kept to answer this."""
    wanted = set(keys)
    if group_by is not GroupBy.TOTAL and group_by not in TIMES:
        wanted.add(group_by.value)
    return summed_by(source, wanted)


def _grains(source: Source, group_by: GroupBy, by: str) -> tuple[Grain, ...]:
    """Of which stretches the sums may be, the longest first; none if no sums answer this."""
    if by not in source.sums:
        return ()
    short = source.grain_of(by)
    if group_by not in (GroupBy.DAY, GroupBy.WEEK):
        return (Grain.MONTH,) if short is Grain.MONTH else (Grain.MONTH, short)
    return (short,) if short is Grain.DAY else ()


_STATE = """
SELECT (SELECT array_agg(start) FROM tickets_reportday WHERE source = %(source)s
            AND grain = 'd' AND start BETWEEN %(first)s AND %(last)s),
       (SELECT array_agg(start) FROM tickets_reportday WHERE source = %(source)s
            AND grain = 't' AND start BETWEEN %(first)s AND %(last)s),
       (SELECT array_agg(start) FROM tickets_reportday WHERE source = %(source)s
            AND grain = 'm' AND start BETWEEN %(first)s AND %(last)s),
       (SELECT array_agg(DISTINCT day) FROM tickets_reportdirty WHERE source = %(source)s),
       (SELECT min(start) FROM tickets_reportday WHERE source = %(source)s AND grain = 'd')
"""


def days_of(source: Source, period: Period, *, today: date, grains: Sequence[Grain]) -> Days:
    """Which days of ``period`` are read from where (one statement)."""
    last = min(period.last, today + timedelta(days=1))
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(_STATE, {"source": source.name, "first": period.first, "last": period.last})
        *marked, changed, begin = cursor.fetchone()
    dirty = set(changed or ())
    good = {
        grain: set(starts or ()) - {first_of(grain, day) for day in dirty}
        for grain, starts in zip(Grain, marked, strict=True)
    }
    sums: dict[Grain, list[date]] = {grain: [] for grain in grains}
    live: list[date] = []
    day = period.first
    while day <= last:
        fit = (each for each in grains if day in good[each] and last_of(each, day) <= last)
        grain = next(fit, None)
        if grain is not None:
            sums[grain].append(day)
            day = last_of(grain, day)
        elif begin is None or day >= begin or day in dirty:
            # Sums begin with the first day that had any rows.
            live.append(day)
        day += timedelta(days=1)
    return Days({grain: tuple(starts) for grain, starts in sums.items()}, tuple(live))


def _given(period: Period, keys: Keys, now: datetime) -> dict[str, Any]:
    return {"first": period.first, "last": period.last, "now": now, **given_keys(keys)}


def given_keys(keys: Keys) -> dict[str, Any]:
    """The parameters of ``narrowed_by``."""
    return {f"keys_{name}": [key for key in wanted if key] for name, wanted in keys.items()}


def _group(group_by: GroupBy, *, day: str, key: str) -> str:
    if group_by is GroupBy.TOTAL:
        return "0::bigint"
    if group_by in (GroupBy.WEEK, GroupBy.MONTH):
        return f"date_trunc('{group_by.value}', {day}::timestamp)::date"
    return day if group_by is GroupBy.DAY else key


def narrowed_by(source: Source, keys: Keys) -> str:
    """Conditions after another one: the rows of a source narrowed to ``keys``."""
    found = ""
    for name, wanted in keys.items():
        column = source.keys[name]
        condition = f"{column} = ANY(%(keys_{name})s)"
        if NOBODY in wanted:
            condition = f"({condition} OR {column} IS NULL)"
        found += f" AND {condition}"
    return found


def _live(source: Source, group_by: GroupBy, keys: Keys, condition: str) -> str:
    """Rows counted one by one: their codes and, in the same pass, their hours."""
    key = source.keys.get(group_by.value)
    group = _group(group_by, day=source.day, key=f"coalesce({key}, 0)")
    inner = ", ".join([f"{group} AS grp", f"{source.live} AS code", *_hours(source)])
    body = f"SELECT {inner} FROM {source.rows} WHERE {condition}{narrowed_by(source, keys)}"  # noqa: S608
    if not source.hours:
        return (
            f"SELECT grp, 0 AS kind, code, count(*) AS n FROM ({body}) AS live GROUP BY grp, code"  # noqa: S608
        )
    names = [f"hours_{kind}" for kind in source.hours]
    sets = ", ".join(f"(grp, {name})" for name in ("code", *names))
    kinds = " ".join(f"WHEN GROUPING(hours_{kind}) = 0 THEN {kind}" for kind in source.hours)
    there = " OR ".join(f"{name} IS NOT NULL" for name in ("code", *names))
    return (
        f"SELECT grp, CASE WHEN GROUPING(code) = 0 THEN 0 {kinds} END AS kind,"  # noqa: S608
        f" coalesce({', '.join(('code', *names))}) AS code, count(*) AS n"
        f" FROM ({body}) AS live GROUP BY GROUPING SETS ({sets}) HAVING {there}"
    )


def _hours(source: Source) -> list[str]:
    return [f"{expression} AS hours_{kind}" for kind, expression in source.hours.items()]


def _unsummed(source: Source, group_by: GroupBy, keys: Keys) -> str:
    return _gathered(_live(source, group_by, keys, source.period))


def _gathered(counted: str) -> str:
    """A row for each group and kind instead of one for each code: ten times faster to read."""
    return (
        "SELECT grp, kind, array_agg(code), array_agg(n)"  # noqa: S608 - put together from constants
        f" FROM ({counted}) AS counted GROUP BY grp, kind"
    )


def _summed(source: Source, group_by: GroupBy, keys: Keys, days: Days) -> str:
    parts = []
    by = _sums_by(source, group_by, keys)
    columns = dict(zip(source.sums[by], ("key", "other"), strict=False))
    group = _group(group_by, day="start", key=columns.get(group_by.value, ""))
    counted = "" if source.hours else " AND kind = 0"
    narrowed = "".join(f" AND {columns[name]} = ANY(%(summed_{name})s)" for name in keys)
    for grain, starts in days.sums.items():
        if starts:
            parts.append(
                f"SELECT {group} AS grp, kind, code, count AS n FROM tickets_reportsum"  # noqa: S608
                f" WHERE source = %(source)s AND by = %(by)s AND grain = '{grain.value}'"
                f" AND start = ANY(%(grain_{grain.value})s){counted}{narrowed}"
            )
    if parts and source.settled != "true":
        still = f"{source.period} AND NOT {source.settled} AND {source.day} <> ALL(%(days)s)"
        parts.append(_live(source, group_by, keys, still))
    if days.live:
        parts.append(_live(source, group_by, keys, source.days))
    if not parts:
        return ""
    union = " UNION ALL ".join(parts)
    if by == TOTAL and group_by is GroupBy.DAY:
        return _gathered(union)  # each day has one sum for a code: there is nothing to add up
    return _gathered(
        f"SELECT grp, kind, code, sum(n)::bigint AS n FROM ({union}) AS part GROUP BY 1, 2, 3"  # noqa: S608
    )


def _rows(statement: str, given: Mapping[str, Any]) -> Counts:
    if not statement:
        return []
    with connections[reports_database()].cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())
