"""Counting open clocks anew after an edit of the calendar or of a policy.

Every clock says after which ``PromiseChange`` it was counted last; the work is whatever is below
the newest. So it can stop anywhere and go on, run twice at once, and it finds what was handed over
with the former calendar while the edit was made, however late that commits.

Tickets are locked before their clocks, and what somebody else holds is left for the next sweep:
this never waits for a lock and nobody deadlocks with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from tickets.models import Clock, PromiseChange
from tickets.models.labels import ClockKind
from tickets.rules.sla_pauses import NOTHING_HAPPENED, Counted
from tickets.selectors.clock_history import histories
from tickets.selectors.due import days_as_json
from tickets.selectors.sla import PromiseBasis, last_change, promise_basis
from tickets.services.telling_jobs import tell_followed

BATCH = 5_000

_LOCK = """
SELECT clock.id, clock.ticket_id, clock.kind, clock.started_at
FROM tickets_clock AS clock JOIN tickets_ticket AS ticket ON ticket.id = clock.ticket_id
WHERE clock.stopped_at IS NULL AND clock.counted_with < %(change)s
ORDER BY clock.counted_with, clock.id
LIMIT %(batch)s
FOR NO KEY UPDATE OF ticket, clock SKIP LOCKED
"""

# Rows are given as arrays: the clocks with the number of their plan, and the plans, of which
# there are few, because most clocks share one. They are looked up by that number and not joined:
# nobody knows how many rows an array has, and the planner would compare each with each.
# A due instant that had passed when the edit was made was breached, even if no sweep has looked
# since: it stays so when it moves later. Levels that have fired stay fired, the others get new
# instants.
_WRITE = """
WITH before AS (
    SELECT clock.id, clock.ticket_id, clock.kind, clock.due_at, clock.provisional,
           clock.policy_id, clock.breached_at, clock.paused_since, asked.plan,
           (%(policy_id)s::bigint[])[asked.plan] AS new_policy_id,
           (%(due_at)s::timestamptz[])[asked.plan] AS new_due_at,
           (%(provisional)s::boolean[])[asked.plan] AS new_provisional,
           (%(due_soon_at)s::timestamptz[])[asked.plan] AS due_soon_at,
           (%(last_call_at)s::timestamptz[])[asked.plan] AS last_call_at,
           (%(overdue_at)s::timestamptz[])[asked.plan] AS overdue_at
    FROM unnest(%(clocks)s::bigint[], %(plans)s::int[]) AS asked(id, plan)
    JOIN tickets_clock AS clock ON clock.id = asked.id
    -- The array makes it look up these rows by their key, however many clocks there are.
    WHERE clock.id = ANY(%(clocks)s)
), written AS (
    UPDATE tickets_clock AS clock
    SET policy_id = before.new_policy_id,
        due_at = before.new_due_at,
        provisional = before.new_provisional,
        days = %(days)s::jsonb -> (before.plan - 1),
        due_soon_at = before.due_soon_at,
        last_call_at = before.last_call_at,
        overdue_at = before.overdue_at,
        counted_with = %(change)s,
        breached_at = CASE WHEN before.paused_since IS NULL AND before.due_at < %(at)s
                           THEN COALESCE(clock.breached_at, before.due_at)
                           ELSE clock.breached_at END,
        next_alarm_at = CASE WHEN before.paused_since IS NULL THEN (
            SELECT min(level.at) FROM (VALUES
                ('due_soon', before.due_soon_at), ('last_call', before.last_call_at),
                ('breached', before.new_due_at), ('overdue_day', before.overdue_at)
            ) AS level(name, at)
            WHERE level.name NOT IN (
                SELECT alarm.level FROM tickets_clockalarm AS alarm WHERE alarm.clock_id = clock.id
            )
        ) END
    FROM before
    WHERE clock.id = before.id AND clock.id = ANY(%(clocks)s)
), changed AS (
    SELECT *, new_due_at <> due_at AS moves
    FROM before
    WHERE (due_at, provisional, policy_id)
          IS DISTINCT FROM (new_due_at, new_provisional, new_policy_id)
), told AS (
    INSERT INTO tickets_ticketevent (ticket_id, code, actor_id, at, old, new, note)
    SELECT changed.ticket_id,
           CASE WHEN changed.moves THEN 'sla.moved' ELSE 'sla.recounted' END,
           NULL, %(now)s,
           jsonb_build_object('due_at', changed.due_at, 'provisional', changed.provisional,
                              'policy', former.version),
           jsonb_build_object('clock', changed.kind, 'due_at', changed.new_due_at,
                              'provisional', changed.new_provisional, 'policy', policy.version,
                              'change', %(change)s),
           ''
    FROM changed
    JOIN tickets_slapolicy AS former ON former.id = changed.policy_id
    JOIN tickets_slapolicy AS policy ON policy.id = changed.new_policy_id
    ORDER BY changed.id
), followed AS (
    UPDATE tickets_ticket AS ticket
    SET due_at = changed.new_due_at, due_provisional = changed.new_provisional
    FROM changed
    WHERE ticket.id = changed.ticket_id AND changed.kind = %(contact)s
          AND (ticket.due_at, ticket.due_provisional)
              IS DISTINCT FROM (changed.new_due_at, changed.new_provisional)
)
SELECT count(*) FILTER (WHERE moves),
       count(*) FILTER (WHERE moves AND paused_since IS NULL AND breached_at IS NULL
                              AND due_at >= %(at)s AND new_due_at < %(at)s)
FROM changed
"""


@dataclass(frozen=True, slots=True)
class _Locked:
    clock: int
    ticket: int
    kind: str
    started_at: datetime


def recount_promises(*, now: datetime, batch: int = BATCH) -> int:
    """Count every open clock anew that has not followed the last change; returns how many.

    Works in batches with a transaction each. Safe to run twice at once and after a crash.
    """
    followed = _followed_by_all()
    if followed is None or followed >= last_change():
        _mark_done(now=now)
        return 0
    basis = promise_basis()
    changed_at = PromiseChange.objects.values_list("at", flat=True).get(pk=basis.change)
    recounted = 0
    while True:
        with transaction.atomic():
            rows = _lock(basis.change, batch)
            if rows:
                moved, breached = _write(rows, basis, at=changed_at, now=now)
                PromiseChange.objects.filter(pk=basis.change).update(
                    looked_at=F("looked_at") + len(rows),
                    moved=F("moved") + moved,
                    breached=F("breached") + breached,
                )
        recounted += len(rows)
        if len(rows) < batch:
            _mark_done(now=now)
            return recounted


def _followed_by_all() -> int | None:
    """The last change that every open clock has followed; None when no clock is open.

    The first entry of an index, whatever the statistics say after an edit.
    """
    found: int | None = (
        Clock.objects.filter(stopped_at=None)
        .order_by("counted_with", "pk")
        .values_list("counted_with", flat=True)
        .first()
    )
    return found


def _mark_done(*, now: datetime) -> None:
    changes = PromiseChange.objects.filter(done_at=None)
    # The number first: what commits afterwards is above it and waits for the next run.
    newest, followed = last_change(), _followed_by_all()
    if followed is None:
        followed = newest
    with transaction.atomic():
        # Two that end at once tell it once: the second finds nothing that is still to be marked.
        ended = list(
            changes.filter(pk__lte=min(newest, followed))
            .select_related("author")
            .order_by("pk")
            .select_for_update(of=("self",), skip_locked=True)
        )
        if ended:
            PromiseChange.objects.filter(pk__in=[each.pk for each in ended]).update(done_at=now)
            tell_followed(changes=ended, now=now)


def _lock(change: int, batch: int) -> list[_Locked]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"change": change, "batch": batch})
        return [_Locked(*row) for row in cursor.fetchall()]


def _write(
    rows: Sequence[_Locked], basis: PromiseBasis, *, at: datetime, now: datetime
) -> tuple[int, int]:
    """Due instants moved, and those among them that became breaches."""
    pasts = histories(row.ticket for row in rows if row.kind == ClockKind.RESOLVE)
    plans: dict[tuple[str, int], tuple[int, Counted]] = {}
    numbers: list[int] = []
    for row in rows:
        past = pasts.get(row.ticket, NOTHING_HAPPENED)
        if row.kind != ClockKind.RESOLVE:
            past = NOTHING_HAPPENED
        counted = basis.book.counted(row.kind, row.started_at, past)
        key = (row.kind, id(counted))
        numbers.append(plans.setdefault(key, (len(plans) + 1, counted))[0])
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "clocks": [row.clock for row in rows],
                "plans": numbers,
                "change": basis.change,
                "contact": ClockKind.CONTACT.value,
                "at": at,
                "now": now,
                **_columns(plans, basis),
            },
        )
        moved, breached = cursor.fetchone()
    return int(moved), int(breached)


def _columns(
    plans: dict[tuple[str, int], tuple[int, Counted]], basis: PromiseBasis
) -> dict[str, Any]:
    """The plans in the order of their numbers, column by column; days as one document."""
    counts = [counted for _number, counted in plans.values()]
    return {
        "policy_id": [basis.policies[kind].pk for kind, _same in plans],
        "due_at": [counted.due_at for counted in counts],
        "provisional": [counted.provisional for counted in counts],
        "days": json.dumps([days_as_json(counted.days) for counted in counts]),
        "due_soon_at": [counted.alarms.due_soon_at for counted in counts],
        "last_call_at": [counted.alarms.last_call_at for counted in counts],
        "overdue_at": [counted.alarms.overdue_at for counted in counts],
    }
