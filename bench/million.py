"""Very many tickets as a desk has them after two years: one in ten is open, the rest has ended.

They are copied inside the database from one that was really handed over, with their clocks and a
timeline. Constraints are on; the foreign keys are not looked up again where the server lets us
(every copy refers to what its pattern refers to). Seeded: two runs make the same rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from bench.server import as_superuser

FIRST_ACCOUNT = 20_000_000
SEED = 0.26
BATCH = 100_000

# Promises fall due at the close of business: tickets are moved by whole days, so thousands share
# a due instant as they do in life. Open ones are of the last ten days, ended ones of two years.
# Of the open: 62 % queued, 25 % in hand, 10 % wait for the user, 3 % are back at tier 1.
_DRAW = """
CREATE TEMP TABLE copies ON COMMIT DROP AS
WITH drawn AS (
    SELECT number, number %% 10 = 0 AS is_open, random() AS chance, random() AS day,
           random() AS hour, random() AS rank, random() AS kept, random() AS person
    FROM generate_series(%(first)s, %(last)s) AS number
)
SELECT number, is_open,
       nextval(pg_get_serial_sequence('tickets_ticket', 'id')) AS copy_id,
       CASE WHEN NOT is_open THEN CASE WHEN chance < 0.96 THEN 'closed' ELSE 'cancelled' END
            WHEN chance < 0.62 THEN 'queued' WHEN chance < 0.87 THEN 'assigned'
            WHEN chance < 0.97 THEN 'waiting' ELSE 'returned' END AS state,
       make_interval(days => CASE WHEN is_open THEN floor(day * 10)
                                  ELSE 31 + floor(day * 700) END::int) AS shift,
       make_interval(secs => hour * 36000) AS within,
       CASE WHEN rank < 0.02 THEN 2 WHEN rank < 0.10 THEN 1 ELSE 0 END AS priority,
       kept < 0.95 AS kept,
       (%(people)s::bigint[])[1 + floor(person * cardinality(%(people)s::bigint[]))::int] AS person
FROM drawn
"""

_MOVED = ("due_at", "due_soon_at", "last_call_at", "overdue_at", "next_alarm_at")
_BEFORE = ("created_at", "routed_at", "started_at", "at")
_HAS_ANSWER = "(state = 'closed' OR (state IN ('assigned', 'waiting') AND number % 3 = 0))"

# When a promise of an ended ticket was kept, and of the one in twenty when it was not.
_KEPT_AT = (
    "CASE WHEN kept THEN source.started_at + interval '20 hours' - shift - within ELSE {late} END"
)

_LATER_EVENTS = """
INSERT INTO tickets_ticketevent (ticket_id, code, actor_id, at, old, new, note)
SELECT copy_id, step.code, person, created_at + step.later, '{}',
       jsonb_build_object('status', step.status), ''
FROM copies JOIN tickets_ticket AS ticket ON ticket.id = copy_id
CROSS JOIN LATERAL (VALUES
    (1, 'ticket.claimed', interval '1 hour', 'assigned', ARRAY['closed', 'assigned', 'waiting']),
    (2, 'ticket.waiting', interval '2 hours', 'waiting', ARRAY['waiting']),
    (2, 'ticket.resolved', interval '40 hours', 'resolved', ARRAY['closed']),
    (3, 'ticket.closed', interval '220 hours', 'closed', ARRAY['closed'])
) AS step(number, code, later, status, of)
WHERE copies.state = ANY(step.of)
ORDER BY copy_id, step.number
"""


@dataclass(frozen=True, slots=True)
class Made:
    tickets: int
    open: int


def make_desk_of(pattern_id: int, count: int, people: list[int], server_url: str) -> Made:
    """``count`` tickets, the routed one ``pattern_id`` among them; ``people`` have them in hand.

    ``VACUUM ANALYZE`` at the end, as autovacuum would do.
    """
    from tickets.models import Ticket
    from tickets.models.labels import OPEN_STATUSES

    _may_trust(server_url)
    for first in range(1, count, BATCH):
        last = min(first + BATCH, count) - 1
        with transaction.atomic(), connection.cursor() as cursor:
            _trust(cursor)
            cursor.execute("SELECT setseed(%s)", [SEED])
            cursor.execute(_DRAW, {"first": first, "last": last, "people": people})
            _copy_all(cursor, pattern_id)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT" if _may_checkpoint() else "SELECT 1")
    return Made(
        Ticket.objects.count(), Ticket.objects.filter(status__in=list(OPEN_STATUSES)).count()
    )


def catch_up(now: datetime) -> None:
    """What a worker has done of two years of tickets, before anybody measures: events have their
    places in the feed, reports have counted them, alarms are told. A worker that met all of it at
    once would be busy for minutes beside what is measured."""
    from tickets.services.report_facts import refresh_facts
    from tickets.services.telling_alarms import tell_fired_alarms

    refresh_facts(now=now)
    tell_fired_alarms(now=now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy_all(cursor: Any, pattern_id: int) -> None:
    from tickets.models import Clock, Ticket, TicketEvent

    moved = {name: f"source.{name} - shift" for name in _MOVED}
    moved |= {name: f"source.{name} - shift - within" for name in _BEFORE}
    created = "source.created_at - shift - within"
    is_held = "state IN ('assigned', 'waiting', 'closed')"
    ended = {"closed": "interval '220 hours'", "cancelled": "interval '1 hour'"}
    ticket = {
        **moved,
        "id": "copy_id",
        "status": "state",
        "account_id": (
            f"({FIRST_ACCOUNT} + CASE WHEN is_open THEN copy_id ELSE copy_id % 300000 END)::text"
        ),
        "priority": "copies.priority",
        "assignee_id": f"CASE WHEN {is_held} THEN person END",
        "claimed_at": f"CASE WHEN {is_held} THEN {created} + interval '1 hour' END",
        "first_answered_at": f"CASE WHEN {_HAS_ANSWER} THEN {created} + interval '20 hours' END",
        "resolved_at": f"CASE WHEN state = 'closed' THEN {created} + interval '40 hours' END",
        "resolution_code": "CASE WHEN state = 'closed' THEN 'refunded' ELSE '' END",
        "resolution_summary": "CASE WHEN state = 'closed' THEN '已退回多扣的灵感值' ELSE '' END",
        "ended_at": "CASE state "
        + " ".join(f"WHEN '{name}' THEN {created} + {after}" for name, after in ended.items())
        + " END",
    }
    stopped = _stopped(created="source.started_at - shift - within")
    clock = {
        **moved,
        "ticket_id": "copy_id",
        "stopped_at": stopped,
        "dropped": "state = 'cancelled'",
        "breached_at": f"CASE WHEN state <> 'cancelled' AND {stopped} > source.due_at - shift "
        "THEN source.due_at - shift END",
        "paused_since": "CASE WHEN state = 'waiting' AND source.kind = 'resolve' "
        "THEN source.started_at - shift - within + interval '2 hours' END",
        "next_alarm_at": f"CASE WHEN ({stopped}) IS NULL "
        "AND NOT (state = 'waiting' AND source.kind = 'resolve') "
        "THEN source.next_alarm_at - shift END",
    }
    _copy(cursor, Ticket, ticket, "source.id", pattern_id)
    _copy(cursor, Clock, clock, "source.ticket_id", pattern_id)
    _copy(cursor, TicketEvent, {**moved, "ticket_id": "copy_id"}, "source.ticket_id", pattern_id)
    cursor.execute(_LATER_EVENTS)


def _stopped(*, created: str) -> str:
    """When a clock was stopped: both of an ended ticket, the contact clock of one answered."""
    late = "source.due_at - shift + interval '5 hours'"
    answered = _KEPT_AT.format(late=late)
    return (
        f"CASE WHEN state = 'cancelled' THEN {created} + interval '1 hour' "
        f"WHEN state = 'closed' AND source.kind = 'resolve' THEN {created} + interval '40 hours' "
        f"WHEN state = 'closed' THEN {answered} "
        f"WHEN {_HAS_ANSWER} AND source.kind = 'contact' THEN {created} + interval '20 hours' END"
    )


def _copy(cursor: Any, model: Any, changes: Mapping[str, str], key: str, pattern_id: int) -> None:
    """Insert the pattern's rows of ``model`` once for each copy."""
    names, values = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and "id" not in changes:
            continue
        names.append(f'"{field.column}"')
        values.append(changes.get(field.column, f'source."{field.column}"'))
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) '
        f'SELECT {", ".join(values)} FROM "{model._meta.db_table}" AS source, copies '
        f"WHERE {key} = {int(pattern_id)} ORDER BY copies.number"
    )


def _trust(cursor: Any) -> None:
    """Look up no foreign keys in this transaction, if the server lets us."""
    with contextlib.suppress(DatabaseError), transaction.atomic():
        cursor.execute("SET LOCAL session_replication_role = replica")


def _may_trust(server_url: str) -> None:
    """Permit it on the throw-away server; on any other one nobody's rights are touched."""
    user = sql.Identifier(connection.settings_dict["USER"])
    with as_superuser(server_url) as root:
        if root is not None:
            root.execute(
                sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(user)
            )
            root.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(user))


def _may_checkpoint() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'usage')")
        return bool(cursor.fetchone()[0])


def copies_of_contact(contact_id: int, count: int) -> list[int]:
    """Open contacts like one that has walked its flow to the hand-over; their ids."""
    from tickets.models import Consultation, FlowRun, RunStep

    ids: list[int] = []
    contact = Consultation.objects.get(pk=contact_id)
    run = FlowRun.objects.get(consultation=contact_id)
    steps = list(RunStep.objects.filter(run=run))
    for _n in range(count):
        contact.pk = None
        contact.save(force_insert=True)
        run.pk, run.consultation = None, contact
        run.save(force_insert=True)
        for step in steps:
            step.pk, step.run = None, run
        RunStep.objects.bulk_create(steps)
        ids.append(contact.pk)
    return ids


def leave_breaches(now: datetime, count: int) -> int:
    """Promises whose warnings have gone out and that have just fallen due: ``count`` of them, or
    all that are old enough. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_BREACHES, {"now": now, "count": count})
        cursor.execute(_COUNT_BREACHES, {"now": now})
        found = int(cursor.fetchone()[0])
        cursor.execute("VACUUM ANALYZE tickets_clock, tickets_clockalarm")
    return found


_COUNT_BREACHES = """
SELECT count(*) FROM tickets_clock
WHERE stopped_at IS NULL AND paused_since IS NULL AND due_at = %(now)s - interval '1 minute'
"""
_BREACHES = """
WITH chosen AS (
    SELECT id FROM tickets_clock
    WHERE stopped_at IS NULL AND paused_since IS NULL AND due_at > %(now)s
        AND started_at < %(now)s - interval '1 day'
    ORDER BY id LIMIT %(count)s
), moved AS (
    UPDATE tickets_clock AS clock
    SET due_at = %(now)s - interval '1 minute', next_alarm_at = %(now)s - interval '1 minute',
        overdue_at = %(now)s + interval '1 day'
    FROM chosen WHERE clock.id = chosen.id
    RETURNING clock.id
)
INSERT INTO tickets_clockalarm (clock_id, level, fired_at)
SELECT id, level, %(now)s FROM moved, (VALUES ('due_soon'), ('last_call')) AS level(level)
ON CONFLICT DO NOTHING
"""
