"""Moving tickets that ended long ago out of the tables that the desk works on.

A ticket becomes one row with one document: ``{"ticket": columns, "events": [columns], "clocks":
[columns with "alarms"], "contacts": [columns], "watchers": [ids]}``, columns by their names in
the database. Its contacts with tier 1 and their runs stay where they are, and refer to that row:
what is counted of them is counted there. Facts of the reports stay as well.

Tickets that refer to each other (merged into, follows) move together or not at all. In batches
with a transaction each; safe to kill, to run twice, and to run twice at once: rows that somebody
holds are left to the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.rules.months import months_before

BATCH = 500
LEAST_MONTHS = 3
"""Longer than the feed keeps events by far: what a reader may still ask for is not archived."""

_Place = tuple[datetime | None, int]


@dataclass(frozen=True, slots=True)
class Archived:
    """``kept``: old enough themselves, but their family is not, the feed still holds one of their
    events, or somebody is at work on them."""

    tickets: int
    kept: int


def archive_tickets(
    *,
    now: datetime,
    older_than_months: int,
    batch: int = BATCH,
    dry_run: bool = False,
    tell: Callable[[int], None] = lambda _tickets: None,
) -> Archived:
    """Archive every ticket that ended ``older_than_months`` months ago or earlier.

    ``dry_run`` counts what would be archived and changes nothing. ``tell`` hears after each batch
    how many it has been so far. ``Invalid`` for fewer than ``LEAST_MONTHS`` months.
    """
    if older_than_months < LEAST_MONTHS:
        raise Invalid(
            _("Nothing was archived."),
            fields={
                "older_than_months": [
                    _("At least %(least)d months: younger tickets are still asked for.")
                    % {"least": LEAST_MONTHS}
                ]
            },
        )
    until = months_before(now, older_than_months)
    place: _Place | None = (None, 0)
    seen: set[int] = set()
    moved: set[int] = set()
    while place is not None:
        with transaction.atomic():
            candidates, place = _candidates(until, place, batch)
            chosen = _whole_families(candidates, until)
            if chosen and not dry_run:
                _move(sorted(chosen), now)
        seen |= candidates
        moved |= chosen
        tell(len(moved))
    return Archived(len(moved), len(seen - moved))


def _candidates(until: datetime, place: _Place, batch: int) -> tuple[set[int], _Place | None]:
    """The next tickets that are old enough, locked, and where to go on; None at the end.

    In the order of their creation, of which there is an index; what is left behind is not looked
    at again in this run.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES, {"until": until, "at": place[0], "id": place[1], "batch": batch}
        )
        rows = cursor.fetchall()
        ids = {pk for pk, _at in rows}
        cursor.execute(_LOCK, {"ids": list(ids), "until": until})
        locked = {pk for (pk,) in cursor.fetchall()}
    last = (rows[-1][1], rows[-1][0]) if len(rows) == batch else None
    return locked, last


_CANDIDATES = """
SELECT id, created_at FROM tickets_ticket
WHERE created_at <= %(until)s AND ended_at <= %(until)s
    AND (%(at)s::timestamptz IS NULL OR (created_at, id) > (%(at)s, %(id)s))
ORDER BY created_at, id LIMIT %(batch)s
"""
_LOCK = """
SELECT id FROM tickets_ticket WHERE id = ANY(%(ids)s) AND ended_at <= %(until)s
ORDER BY id FOR UPDATE SKIP LOCKED
"""


def _whole_families(locked: set[int], until: datetime) -> set[int]:
    """``locked`` and their relatives, without the families of which one cannot be moved."""
    with connection.cursor() as cursor:
        cursor.execute(_RELATIVES, [list(locked)])
        edges = cursor.fetchall()
        others = {pk for edge in edges for pk in edge} - locked
        if others:
            cursor.execute(_LOCK, {"ids": list(others), "until": until})
        ours = locked | ({pk for (pk,) in cursor.fetchall()} if others else set())
        cursor.execute(_IN_FEED, [list(ours)])
        free = ours - {pk for (pk,) in cursor.fetchall()}
    return free - _joined(edges, without=(ours | others) - free)


def _joined(edges: Iterable[tuple[int, int]], *, without: set[int]) -> set[int]:
    """Everything that ``edges`` connect with one of ``without``."""
    beside: dict[int, set[int]] = {}
    for one, other in edges:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    found: set[int] = set()
    waiting = list(without)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(beside.get(each, ()))
    return found


_RELATIVES = """
WITH RECURSIVE edge AS (
    SELECT id AS one, id AS other FROM unnest(%s::bigint[]) AS id
    UNION
    SELECT edge.other, next.id FROM edge CROSS JOIN LATERAL (
        SELECT merged_into_id AS id FROM tickets_ticket AS own
        WHERE own.id = edge.other AND merged_into_id IS NOT NULL
        UNION ALL
        SELECT follows_id FROM tickets_ticket AS own
        WHERE own.id = edge.other AND follows_id IS NOT NULL
        UNION ALL
        SELECT id FROM tickets_ticket AS theirs WHERE theirs.merged_into_id = edge.other
        UNION ALL
        SELECT id FROM tickets_ticket AS theirs WHERE theirs.follows_id = edge.other
    ) AS next
)
SELECT one, other FROM edge WHERE one <> other
"""
_IN_FEED = """
SELECT DISTINCT event.ticket_id FROM tickets_ticketevent AS event
WHERE event.ticket_id = ANY(%s) AND (
    EXISTS (SELECT 1 FROM tickets_feedentry AS entry WHERE entry.event_id = event.id)
    OR EXISTS (SELECT 1 FROM tickets_eventpending AS pending WHERE pending.event_id = event.id))
"""


def _move(ids: list[int], now: datetime) -> None:
    """Write the documents of locked tickets and delete their rows. What is deleted without having
    been written down rolls all of it back."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, {"ids": ids, "now": now})
        rows = cursor.fetchall()
        written = [len(rows), *(sum(row[number] for row in rows) for number in range(4))]
        cursor.execute("SET LOCAL klingdesk.archiving = 'on'")
        deleted = []
        for statement in _DELETE:
            cursor.execute(statement, {"ids": ids})
            deleted.append(cursor.rowcount)
        cursor.execute("SET LOCAL klingdesk.archiving = 'off'")
    # The last statements delete what was counted, in the opposite order.
    if deleted[: -len(written) - 1 : -1] != written:
        raise RuntimeError(f"archived {written}, but would have deleted {deleted}")


_REPORTERS = """
    SELECT array_agg(DISTINCT agent_id ORDER BY agent_id) FROM (
        SELECT told.handed_over_by_id AS agent_id FROM tickets_ticket AS told
        WHERE told.id = ticket.id OR told.merged_into_id = ticket.id
        UNION ALL
        SELECT contact.agent_id FROM tickets_consultation AS contact
        JOIN tickets_ticket AS told ON told.id = contact.ticket_id
        WHERE told.id = ticket.id OR told.merged_into_id = ticket.id
    ) AS reporter
"""
_WRITE = f"""
INSERT INTO tickets_archivedticket (
    id, question_id, status, team_id, assignee_id, handed_over_by_id, reporters, account_id,
    created_at, ended_at, resolution_code, merged_into_id, anonymised_at, archived_at, document)
SELECT ticket.id, question_id, status, team_id, assignee_id, handed_over_by_id, ({_REPORTERS}),
    account_id, created_at, ended_at, resolution_code, merged_into_id, anonymised_at, %(now)s,
    jsonb_build_object(
        'ticket', to_jsonb(ticket),
        'events', (
            SELECT coalesce(jsonb_agg(to_jsonb(event) - 'ticket_id' ORDER BY id), '[]')
            FROM tickets_ticketevent AS event WHERE event.ticket_id = ticket.id),
        'clocks', (
            SELECT coalesce(jsonb_agg(
                to_jsonb(clock) - 'ticket_id' || jsonb_build_object('alarms', (
                    SELECT coalesce(
                        jsonb_agg(to_jsonb(alarm) - 'id' - 'clock_id' ORDER BY alarm.id), '[]')
                    FROM tickets_clockalarm AS alarm WHERE alarm.clock_id = clock.id))
                ORDER BY id), '[]')
            FROM tickets_clock AS clock WHERE clock.ticket_id = ticket.id),
        'contacts', (
            SELECT coalesce(jsonb_agg(to_jsonb(contact) - 'ticket_id' ORDER BY at, id), '[]')
            FROM tickets_contactattempt AS contact WHERE contact.ticket_id = ticket.id),
        'watchers', (
            SELECT coalesce(jsonb_agg(watcher.user_id ORDER BY watcher.id), '[]')
            FROM tickets_ticket_watchers AS watcher WHERE watcher.ticket_id = ticket.id))
FROM tickets_ticket AS ticket WHERE ticket.id = ANY(%(ids)s)
RETURNING jsonb_array_length(document->'events'), jsonb_array_length(document->'clocks'),
    jsonb_array_length(document->'contacts'), jsonb_array_length(document->'watchers')
"""  # noqa: S608 - put together from what stands above
_DELETE = (
    "DELETE FROM tickets_undo WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_presence WHERE ticket_id = ANY(%(ids)s)",
    "UPDATE tickets_consultation SET archived_id = ticket_id, ticket_id = NULL "
    "WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_clockalarm AS alarm USING tickets_clock AS clock "
    "WHERE clock.id = alarm.clock_id AND clock.ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_ticket_watchers WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_contactattempt WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_clock WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_ticketevent WHERE ticket_id = ANY(%(ids)s)",
    "DELETE FROM tickets_ticket WHERE id = ANY(%(ids)s)",
)
