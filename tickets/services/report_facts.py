"""Keeping the facts that reports count: a ticket is counted anew when something happened to it.

The feed says which tickets have new events. What a ticket's fact is follows from the ticket, its
clocks and its events as they stand then (``report_counting``), so it does not matter how often or
in which order that is done. Only the holder of the reader's row writes facts: who read earlier
can never write later.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Min

from tickets.models import EventPending, ReportState
from tickets.reports.as_of import FACTS, facts_as_of
from tickets.selectors.feed import Purged, feed_after
from tickets.services.feed import lock_reader, move_reader, sequence_events
from tickets.services.report_counting import count_tickets
from tickets.services.report_rebuild import READER, is_rebuilding, rebuild_reports

log = logging.getLogger(__name__)

BATCH: Final = 2_000


def refresh_facts(*, now: datetime, batch: int = BATCH) -> int:
    """Count every ticket anew that has new events; returns how many events were dealt with.

    To be called outside of any transaction; works in batches with one each. Safe to run twice,
    and twice at once: the second one leaves the work to the first. Books that were never made, or
    that missed events, are made anew first, unless somebody does that just now.
    """
    if facts_as_of() is None:
        if is_rebuilding():
            return 0
        rebuild_reports(now=now)
    sequence_events(now=now)
    done = 0
    while True:
        events = _refresh_some(now=now, batch=batch)
        done += events
        if events < batch:
            return done


@transaction.atomic
def _refresh_some(*, now: datetime, batch: int) -> int:
    """0 also while another process does it."""
    reader = lock_reader(name=READER)
    if reader is None:
        return 0
    # Before the feed is read: what waits for its place now is not in what is read afterwards.
    waiting = EventPending.objects.aggregate(since=Min("since"))["since"]
    try:
        items = feed_after(reader.position, limit=batch)
    except Purged:
        log.exception("events were purged before reports had counted them; all is counted anew")
        ReportState.objects.filter(name=FACTS).update(at=None)
        return 0
    if items:
        count_tickets(sorted({item.ticket_id for item in items}))
        move_reader(reader=reader, position=items[-1].position)
    if len(items) < batch:
        reached = min(now, waiting) if waiting is not None else now
        ReportState.objects.filter(name=FACTS).exclude(at=None).update(at=reached)
    return len(items)
