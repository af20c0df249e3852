"""Firing the alarms of the clocks, each level once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from tickets.models import Clock

# One statement: lock the clocks whose next alarm has come (skipping those that another sweep
# holds), add a row for every level that has come, an event for every row that was really
# added, and move the clock on to its next level. Run twice, or twice at once, it fires nothing
# twice: the unique row decides. A promise kept at the due instant itself is kept, so every
# comparison is strict. All work stays in the database, so memory does not grow with it.
# A clock that is paused or stopped has no next alarm.
_FIRE = """
WITH ripe AS (
    SELECT id, ticket_id, kind, due_at, due_soon_at, last_call_at, overdue_at
    FROM tickets_clock
    WHERE stopped_at IS NULL AND next_alarm_at < %(now)s {which}
    ORDER BY next_alarm_at
    LIMIT %(batch)s
    FOR NO KEY UPDATE SKIP LOCKED
), come AS (
    SELECT ripe.id, ripe.ticket_id, ripe.kind, ripe.due_at, level.name, level.at
    FROM ripe CROSS JOIN LATERAL (VALUES
        ('due_soon', ripe.due_soon_at),
        ('last_call', ripe.last_call_at),
        ('breached', ripe.due_at),
        ('overdue_day', ripe.overdue_at)
    ) AS level(name, at)
    WHERE level.at < %(now)s
), fired AS (
    INSERT INTO tickets_clockalarm (clock_id, level, fired_at)
    SELECT id, name, %(now)s FROM come
    ON CONFLICT (clock_id, level) DO NOTHING
    RETURNING clock_id, level
), told AS (
    INSERT INTO tickets_ticketevent (ticket_id, code, actor_id, at, old, new, note)
    SELECT come.ticket_id, 'sla.' || come.name, NULL, %(now)s, '{{}}'::jsonb,
           jsonb_build_object('clock', come.kind, 'due_at', come.due_at), ''
    FROM fired JOIN come ON come.id = fired.clock_id AND come.name = fired.level
    ORDER BY come.at, come.ticket_id
), moved AS (
    UPDATE tickets_clock AS clock
    SET breached_at = CASE WHEN ripe.due_at < %(now)s
                           THEN COALESCE(clock.breached_at, ripe.due_at)
                           ELSE clock.breached_at END,
        next_alarm_at = (
            SELECT min(later.at) FROM (VALUES
                (ripe.due_soon_at), (ripe.last_call_at), (ripe.due_at), (ripe.overdue_at)
            ) AS later(at) WHERE later.at >= %(now)s
        )
    FROM ripe
    -- The array makes it look up these rows by their key, however many clocks there are.
    WHERE clock.id = ripe.id AND clock.id = ANY(ARRAY(SELECT id FROM ripe))
    RETURNING clock.id
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM fired)
"""
_FIRE_ALL = _FIRE.format(which="")
_FIRE_ONE = _FIRE.format(which="AND id = %(clock)s")


def fire_alarms(*, now: datetime, batch: int = 5_000) -> int:
    """Fire every alarm that has come and not fired; returns how many. Safe to run twice at once.

    Works in batches with a transaction each, so that locks are held briefly.
    """
    fired_in_all = 0
    while _is_ripe(now):
        moved, fired = _fire(_FIRE_ALL, {"now": now, "batch": batch})
        fired_in_all += fired
        if moved < batch:
            break
    return fired_in_all


def fire_alarms_of(*, clock_id: int, now: datetime) -> int:
    """The same for one clock, before its due instant moves: what has come by then has come."""
    return _fire(_FIRE_ONE, {"now": now, "batch": 1, "clock": clock_id})[1]


def _is_ripe(now: datetime) -> bool:
    """Whether an alarm has come: the first entry of the index says so, whatever the statistics."""
    first = (
        Clock.objects.filter(stopped_at=None, next_alarm_at__isnull=False)
        .order_by("next_alarm_at")
        .values_list("next_alarm_at", flat=True)
        .first()
    )
    return first is not None and first < now


def _fire(statement: str, params: dict[str, Any]) -> tuple[int, int]:
    """Clocks moved on, alarms fired."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        moved, fired = cursor.fetchone()
    return int(moved), int(fired)
