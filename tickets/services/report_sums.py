"""Summing up whole days, thirds and months, so that reports of years need not read a million rows.

A day is summed when nothing of it has changed for a while; until then it is read row by row, and
so it is from the moment at which a row of it changes. So sums are never wrong, only missing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q

from tickets.models import ReportDay, ReportSum
from tickets.reports.grains import Grain, first_of, last_of
from tickets.reports.period import today_at
from tickets.reports.sources import SOURCES, Source

QUIET: Final = timedelta(minutes=10)
"""A day of which nothing has changed for so long, by the database's clock, is summed."""

_BATCH = 31


def sum_quiet_days(*, now: datetime, quiet: timedelta = QUIET) -> int:
    """Sum up the days before today that are quiet and have no sums that hold; returns how many.

    In batches with a transaction each. Safe to run twice; a second one at once does nothing.
    """
    done = 0
    for source in SOURCES.values():
        while summed := _sum_some(source, today=today_at(now), quiet=quiet):
            done += summed
    return done


def forget_sums(source: Source, *, since: date | None) -> None:
    """Let the days from ``since`` on (None: all) be summed up anew."""
    gone = Q()
    if since is not None:
        # A stretch of days goes with any of its days: it is made of them.
        for grain in Grain:
            gone |= Q(grain=grain.value, start__gte=first_of(grain, since))
    ReportDay.objects.filter(gone, source=source.name).delete()
    ReportSum.objects.filter(gone, source=source.name).delete()


@transaction.atomic
def _sum_some(source: Source, *, today: date, quiet: timedelta) -> int:
    if not _locked(source):
        return 0
    _compact(source)
    days = _due(source, today=today, quiet=quiet)
    if not days:
        return 0
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"source": source.name, "days": days}
        # What changes from here on notes its day again: sums never hold longer than they may.
        cursor.execute(_FORGET, given)
        cursor.execute(_row_sums(source, Grain.DAY), given)
        cursor.execute(_MARK_DAYS, given)
    for grain in (Grain.THIRD, Grain.MONTH) if source.keyed is Grain.THIRD else (Grain.MONTH,):
        for first in sorted({first_of(grain, day) for day in days}):
            _sum_stretch(source, grain, first, today)
    return len(days)


def _locked(source: Source) -> bool:
    """One process at a time, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"sums {source.name}"])
        return bool(cursor.fetchone()[0])


def _compact(source: Source) -> None:
    """Of all notes about a day the newest is enough."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPACT, {"source": source.name})


def _due(source: Source, *, today: date, quiet: timedelta) -> list[date]:
    """Up to ``_BATCH`` days, the earliest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _DUE.format(first=source.first),
            {
                "source": source.name,
                "today": today,
                "quiet": quiet.total_seconds(),
                "batch": _BATCH,
            },
        )
        return [day for (day,) in cursor.fetchall()]


def _sum_stretch(source: Source, grain: Grain, first: date, today: date) -> None:
    """Sum a third or a month up if it is over and all its days are summed."""
    last = last_of(grain, first)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    given: dict[str, Any] = {
        "source": source.name,
        "grain": grain.value,
        "first": first,
        "days": days,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_STRETCH, given)
        if last >= today:
            return
        cursor.execute(_MARK_STRETCH, given)
        if cursor.rowcount:
            if grain is Grain.MONTH:
                cursor.execute(_MONTH_SUMS, given)
            if statement := _row_sums(source, grain):
                cursor.execute(statement, given)


def _row_sums(source: Source, grain: Grain) -> str:
    """The totals and what each key or pair of keys has, as far as no shorter stretch has sums of
    them; empty if there are none."""
    kept = [(by, keys) for by, keys in source.sums.items() if source.grain_of(by) is grain]
    if not kept:
        return ""
    dimensions = ", ".join(f"('{by}', {_both(source, keys)})" for by, keys in kept)
    start = source.day if grain is Grain.DAY else "%(first)s::date"
    inner = f"""
        SELECT {start} AS start, dimension.by, dimension.key, dimension.other,
               {source.code} AS code
               {"".join(f", {hours} AS hours_{kind}" for kind, hours in source.hours.items())}
        FROM {source.rows} CROSS JOIN LATERAL (VALUES {dimensions}) AS dimension (by, key, other)
        WHERE {source.days} AND {source.settled}
    """  # noqa: S608 - put together from constants
    names = [f"hours_{kind}" for kind in source.hours]
    sets = ", ".join(f"(start, by, key, other, {name})" for name in ("code", *names))
    kinds = "".join(f" WHEN GROUPING(hours_{kind}) = 0 THEN {kind}" for kind in source.hours)
    there = " OR ".join(f"{name} IS NOT NULL" for name in ("code", *names))
    return f"""
        INSERT INTO tickets_reportsum (source, by, grain, start, key, other, kind, code, count)
        SELECT %(source)s, by, '{grain.value}', start, key, other,
               CASE WHEN GROUPING(code) = 0 THEN 0{kinds} END,
               coalesce({", ".join(("code", *names))}), count(*)
        FROM ({inner}) AS counted
        GROUP BY GROUPING SETS ({sets}) HAVING {there}
    """  # noqa: S608 - put together from constants


def _both(source: Source, keys: tuple[str, ...]) -> str:
    """The values of ``key`` and ``other``."""
    columns = [f"coalesce({source.keys[key]}, 0)" for key in keys]
    return ", ".join([*columns, "0", "0"][:2])


_COMPACT = """
DELETE FROM tickets_reportdirty AS old USING (
    SELECT day, max(id) AS newest FROM tickets_reportdirty WHERE source = %(source)s
    GROUP BY day HAVING count(*) > 1
) AS kept
WHERE old.source = %(source)s AND old.day = kept.day AND old.id < kept.newest
"""

# The first day of all is that of the first row: sums begin there and have no gaps after it but
# days that are not quiet.
_DUE = """
WITH noted AS (
    SELECT day, max(at) AS at FROM tickets_reportdirty WHERE source = %(source)s GROUP BY day
)
SELECT every.day::date
FROM generate_series(
    (SELECT least(({first}),
                  (SELECT min(start) FROM tickets_reportday
                   WHERE source = %(source)s AND grain = 'd'))::timestamp),
    (%(today)s::date - 1)::timestamp, interval '1 day'
) AS every (day)
LEFT JOIN noted ON noted.day = every.day::date
LEFT JOIN tickets_reportday AS summed
    ON summed.source = %(source)s AND summed.grain = 'd' AND summed.start = every.day::date
WHERE CASE WHEN noted.day IS NULL THEN summed.id IS NULL
           ELSE noted.at <= clock_timestamp() - %(quiet)s * interval '1 second' END
ORDER BY 1 LIMIT %(batch)s
"""

_FORGET = """
WITH notes AS (
    DELETE FROM tickets_reportdirty WHERE source = %(source)s AND day = ANY(%(days)s)
), marks AS (
    DELETE FROM tickets_reportday
    WHERE source = %(source)s AND grain = 'd' AND start = ANY(%(days)s)
)
DELETE FROM tickets_reportsum
WHERE source = %(source)s AND grain = 'd' AND start = ANY(%(days)s)
"""

_MARK_DAYS = """
INSERT INTO tickets_reportday (source, grain, start)
SELECT %(source)s, 'd', day FROM unnest(%(days)s::date[]) AS day
"""

_FORGET_STRETCH = """
WITH marks AS (
    DELETE FROM tickets_reportday
    WHERE source = %(source)s AND grain = %(grain)s AND start = %(first)s
)
DELETE FROM tickets_reportsum
WHERE source = %(source)s AND grain = %(grain)s AND start = %(first)s
"""

_MARK_STRETCH = """
INSERT INTO tickets_reportday (source, grain, start)
SELECT %(source)s, %(grain)s, %(first)s
WHERE NOT EXISTS (
    SELECT FROM unnest(%(days)s::date[]) AS day
    WHERE day >= (SELECT min(start) FROM tickets_reportday
                  WHERE source = %(source)s AND grain = 'd')
          AND NOT EXISTS (SELECT FROM tickets_reportday AS summed
                          WHERE summed.source = %(source)s AND summed.grain = 'd'
                                AND summed.start = day))
"""

# Each is kept of days or of thirds, never of both: a month is made of them, but for what is kept of
# months alone.
_MONTH_SUMS = """
INSERT INTO tickets_reportsum (source, by, grain, start, key, other, kind, code, count)
SELECT source, by, 'm', %(first)s, key, other, kind, code, sum(count)
FROM tickets_reportsum
WHERE source = %(source)s AND grain IN ('d', 't') AND start = ANY(%(days)s)
GROUP BY source, by, key, other, kind, code
"""
