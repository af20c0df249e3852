"""Closing resolved tickets for good, once nobody has come back about them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tickets.models import Ticket, TicketEvent
from tickets.models.labels import Status

BATCH = 1_000


def close_resolved(*, now: datetime, after_days: int, batch: int = BATCH) -> int:
    """Close every ticket resolved ``after_days`` days ago or earlier; returns how many.

    In batches with a transaction each. Safe to run twice, and twice at once: rows that somebody
    holds, to reopen them for example, are left to the next run.
    """
    closed = 0
    while True:
        done = _close_some(resolved_until=now - timedelta(days=after_days), now=now, batch=batch)
        closed += done
        if done < batch:
            return closed


@transaction.atomic
def _close_some(*, resolved_until: datetime, now: datetime, batch: int) -> int:
    ids = list(
        Ticket.objects.filter(status=Status.RESOLVED, resolved_at__lte=resolved_until)
        .order_by("resolved_at")
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", flat=True)[:batch]
    )
    if not ids:
        return 0
    Ticket.objects.filter(pk__in=ids).update(status=Status.CLOSED, ended_at=now)
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket_id=pk,
            code="ticket.closed",
            at=now,
            old={"status": Status.RESOLVED},
            new={"status": Status.CLOSED},
        )
        for pk in ids
    )
    return len(ids)
