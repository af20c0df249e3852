"""Starting and stopping the clocks that carry the promise, and firing their alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from tickets.models import Clock, SlaPolicy, Ticket
from tickets.models.labels import ClockKind
from tickets.rules import sla
from tickets.selectors.due import days_as_json
from tickets.selectors.sla import current_policy, policy_rule, working_calendar
from tickets.services.events import record


def plan_contact_clock(*, started_at: datetime) -> tuple[SlaPolicy, sla.Due, sla.Alarms]:
    """When the contact promise made at ``started_at`` falls due, with its alarm instants."""
    policy = current_policy(ClockKind.CONTACT)
    rule = policy_rule(policy)
    calendar = working_calendar()
    due = sla.due(started_at, policy=rule, calendar=calendar)
    return policy, due, sla.alarms(due.due_at, policy=rule, calendar=calendar)


def start_contact_clock(
    *, ticket: Ticket, plan: tuple[SlaPolicy, sla.Due, sla.Alarms], started_at: datetime
) -> Clock:
    policy, due, alarms = plan
    return Clock.objects.create(
        ticket=ticket,
        kind=ClockKind.CONTACT,
        policy=policy,
        started_at=started_at,
        due_at=due.due_at,
        provisional=due.provisional,
        days=days_as_json(due.days),
        due_soon_at=alarms.due_soon_at,
        last_call_at=alarms.last_call_at,
        overdue_at=alarms.overdue_at,
        next_alarm_at=min(alarms.due_soon_at, alarms.last_call_at),
    )


def stop_contact_clock(*, ticket: Ticket, acting_user: Any, now: datetime) -> bool:
    """Stop the running contact clock, if any; a stop after the due instant is a breach.

    Returns whether a clock was stopped.
    """
    clock = (
        Clock.objects.select_for_update(no_key=True)
        .filter(ticket=ticket, kind=ClockKind.CONTACT, stopped_at=None)
        .first()
    )
    if clock is None:
        return False
    clock.stopped_at = now
    clock.next_alarm_at = None
    # A sweep on a machine whose clock is ahead may have marked a breach that is none.
    clock.breached_at = (clock.breached_at or clock.due_at) if now > clock.due_at else None
    clock.save(update_fields=["stopped_at", "next_alarm_at", "breached_at"])
    Ticket.objects.filter(pk=ticket.pk).update(first_answered_at=now)
    record(
        ticket=ticket,
        code="sla.missed" if clock.breached_at else "sla.met",
        acting_user=acting_user,
        now=now,
        new={"clock": clock.kind, "due_at": clock.due_at.isoformat()},
    )
    return True


# One statement: lock the clocks whose next alarm has come (skipping those that another sweep
# holds), add a row for every level that has come, an event for every row that was really
# added, and move the clock on to its next level. Run twice, or twice at once, it fires nothing
# twice: the unique row decides. A promise kept at the due instant itself is kept, so every
# comparison is strict. All work stays in the database, so memory does not grow with it.
_FIRE = """
WITH ripe AS (
    SELECT id, ticket_id, kind, due_at, due_soon_at, last_call_at, overdue_at
    FROM tickets_clock
    WHERE stopped_at IS NULL AND next_alarm_at < %(now)s
    ORDER BY next_alarm_at
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
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
    SELECT come.ticket_id, 'sla.' || come.name, NULL, %(now)s, '{}'::jsonb,
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
    FROM ripe WHERE clock.id = ripe.id
    RETURNING clock.id
)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM fired)
"""


def fire_alarms(*, now: datetime, batch: int = 5_000) -> int:
    """Fire every alarm that has come and not fired; returns how many. Safe to run twice at once.

    Works in batches with a transaction each, so that locks are held briefly.
    """
    fired_in_all = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FIRE, {"now": now, "batch": batch})
            moved, fired = cursor.fetchone()
        fired_in_all += int(fired)
        if moved < batch:
            return fired_in_all
