"""Making the facts that reports count of tickets, clocks and events as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import FlowOutcome, SlaPolicy
from tickets.rules import sla
from tickets.rules.sla_pauses import NOTHING_HAPPENED
from tickets.rules.ticket_facts import ClockRow, TicketRow, counted
from tickets.selectors.clock_history import histories
from tickets.selectors.sla import policy_rule, working_calendar


def count_tickets(ticket_ids: Sequence[int]) -> int:
    """Write the facts of these tickets, the reader's row being locked; returns how many changed.

    What is no ticket (any more) keeps the fact that it has.
    """
    with connection.cursor() as cursor:
        cursor.execute(_GATHER, {"tickets": list(ticket_ids)})
        rows = _as_dicts(cursor)
        facts = list(_facts(rows, working_calendar()))
        if not facts:
            return 0
        columns = {
            name: list(values)
            for name, values in zip(_COLUMNS, zip(*facts, strict=True), strict=True)
        }
        cursor.execute(_WRITE, columns)
        (changed,) = cursor.fetchone()
    return int(changed)


def _as_dicts(cursor: Any) -> list[dict[str, Any]]:
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _facts(rows: list[dict[str, Any]], calendar: WorkingCalendar) -> Iterator[tuple[Any, ...]]:
    """The columns of each fact, in the order of ``_COLUMNS``."""
    hours = {policy.pk: policy_rule(policy).hours for policy in SlaPolicy.objects.all()}
    outcomes = _outcome_ids({_outcome(row) for row in rows})
    pasts = histories(row["id"] for row in rows if row["stood"])
    for row in rows:
        found = counted(
            TicketRow(
                status=row["status"],
                promise=row["promise"],
                chases=row["chase_count"],
                returns=row["bounce_count"],
                reopens=row["reopen_count"],
                contact=_clock(row, "c", hours),
                resolve=_clock(row, "r", hours),
                past=pasts.get(row["id"], NOTHING_HAPPENED),
            ),
            calendar,
        )
        yield (
            row["id"],
            row["created_at"],
            row["question_id"],
            row["team_id"],
            row["assignee_id"],
            row["handed_over_by_id"],
            outcomes.get(_outcome(row)),
            row["status"],
            found.profile,
            row["c_due"] or row["due_at"],
            found.provisional,
            found.answered_at,
            found.solved_at,
            found.resolve_due_at,
            found.contact_minutes,
            found.resolve_minutes,
            row["chase_count"],
            row["bounce_count"],
            row["reopen_count"],
            found.settled,
        )


def _clock(row: dict[str, Any], prefix: str, hours: dict[int, sla.WorkingHours]) -> ClockRow | None:
    if row[f"{prefix}_policy"] is None:
        return None
    return ClockRow(
        started_at=row[f"{prefix}_started"],
        due_at=row[f"{prefix}_due"],
        stopped_at=row[f"{prefix}_stopped"],
        breached_at=row[f"{prefix}_breached"],
        paused=row[f"{prefix}_paused"] is not None,
        dropped=row[f"{prefix}_dropped"],
        provisional=row[f"{prefix}_provisional"],
        hours=hours[row[f"{prefix}_policy"]],
        status_at_due=row[f"{prefix}_status"] or "new",
    )


def _outcome(row: dict[str, Any]) -> str:
    """``<flow>/<queue, else tags>`` of the hand-over; empty without a flow."""
    if not row["flow"]:
        return ""
    end = row["queue"] or "+".join(sorted(row["tags"]))
    return f"{row['flow']}/{end}"[:200] if end else str(row["flow"])


def _outcome_ids(codes: Iterable[str]) -> dict[str, int]:
    wanted = sorted(code for code in codes if code)
    known = dict(FlowOutcome.objects.filter(code__in=wanted).values_list("code", "pk"))
    new = [FlowOutcome(code=code) for code in wanted if code not in known]
    if new:
        FlowOutcome.objects.bulk_create(new, ignore_conflicts=True)
        known = dict(FlowOutcome.objects.filter(code__in=wanted).values_list("code", "pk"))
    return known


# The status at the instant of the breach, or at the due instant: what the ticket waited for. It
# is looked up only where somebody may ask: of clocks that were neither met nor dropped.
_STATUS_AT = """
    CASE WHEN NOT {clock}.dropped
              AND ({clock}.stopped_at IS NULL OR {clock}.breached_at IS NOT NULL)
    THEN (SELECT event.new ->> 'status' FROM tickets_ticketevent AS event
          WHERE event.ticket_id = ticket.id AND event.new ? 'status'
                AND event.at <= coalesce({clock}.breached_at, {clock}.due_at)
          ORDER BY event.id DESC LIMIT 1) END
"""
_CLOCK = """
    {clock}.policy_id AS {p}_policy, {clock}.started_at AS {p}_started, {clock}.due_at AS {p}_due,
    {clock}.stopped_at AS {p}_stopped, {clock}.breached_at AS {p}_breached,
    {clock}.paused_since AS {p}_paused, {clock}.dropped AS {p}_dropped,
    {clock}.provisional AS {p}_provisional, {status} AS {p}_status
"""


def _clock_columns(clock: str, prefix: str) -> str:
    return _CLOCK.format(clock=clock, p=prefix, status=_STATUS_AT.format(clock=clock))


# Whether the pauses of the resolve clock must be known: how long the solution took is told
# without them. The solution itself begins one that ends only with a reopening.
_STOOD = """
    coalesce(resolve.stopped_at IS NOT NULL AND NOT resolve.dropped
             AND (ticket.reopen_count > 0
                  OR EXISTS (SELECT FROM tickets_ticketevent AS event
                             WHERE event.ticket_id = ticket.id
                                   AND event.code IN ('ticket.waiting', 'sla.merged'))), false)
"""

_GATHER = f"""
SELECT ticket.id, ticket.created_at, ticket.question_id, ticket.team_id, ticket.assignee_id,
       ticket.handed_over_by_id, ticket.status, ticket.promise, ticket.due_at,
       ticket.chase_count, ticket.bounce_count, ticket.reopen_count, ticket.tags,
       ticket.transcript ->> 'flow' AS flow, ticket.transcript ->> 'queue' AS queue,
       {_clock_columns("contact", "c")}, {_clock_columns("resolve", "r")}, {_STOOD} AS stood
FROM tickets_ticket AS ticket
LEFT JOIN tickets_clock AS contact ON contact.ticket_id = ticket.id AND contact.kind = 'contact'
LEFT JOIN tickets_clock AS resolve ON resolve.ticket_id = ticket.id AND resolve.kind = 'resolve'
WHERE ticket.id = ANY(%(tickets)s)
"""  # noqa: S608 - put together from constants

_TYPES = {
    "ticket_id": "bigint",
    "created_at": "timestamptz",
    "question_id": "bigint",
    "team_id": "bigint",
    "assignee_id": "bigint",
    "agent_id": "bigint",
    "outcome_id": "bigint",
    "status": "text",
    "profile": "int",
    "due_at": "timestamptz",
    "provisional": "boolean",
    "answered_at": "timestamptz",
    "solved_at": "timestamptz",
    "resolve_due_at": "timestamptz",
    "contact_minutes": "int",
    "resolve_minutes": "int",
    "chases": "smallint",
    "returns": "smallint",
    "reopens": "smallint",
    "settled": "boolean",
}
_COLUMNS = tuple(_TYPES)
_CHANGING = [name for name in _COLUMNS if name not in ("ticket_id", "created_at")]

_WRITE = f"""
WITH given AS (
    SELECT * FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _TYPES.items())})
        AS row ({", ".join(_COLUMNS)})
), written AS (
    INSERT INTO tickets_ticketfact AS fact (day, {", ".join(_COLUMNS)})
    SELECT klingdesk_day_of(created_at), {", ".join(_COLUMNS)} FROM given
    ON CONFLICT (ticket_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in _CHANGING)}
    WHERE ({", ".join(f"fact.{name}" for name in _CHANGING)})
          IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _CHANGING)})
    RETURNING day
), noted AS (
    INSERT INTO tickets_reportdirty (source, day) SELECT DISTINCT 'ticket', day FROM written
)
SELECT count(*) FROM written
"""  # noqa: S608 - put together from constants
