"""What happened to tickets, as far as their clocks are concerned: read from their events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from tickets.models import TicketEvent
from tickets.rules.sla_pauses import (
    NOTHING_HAPPENED,
    Happened,
    History,
    Pause,
    PauseReason,
    history,
)
from tickets.rules.undo import lasting

MERGED = "sla.merged"
"""The event with which a ticket takes over the clock of another one."""

_STOPPING = ("ticket.waiting", "ticket.resolved", MERGED)


def has_stood_still(events: Iterable[TicketEvent]) -> bool:
    """Whether a ticket of these events may have paused its clock; others need no ``history_of``."""
    return any(event.code in _STOPPING for event in events)


def histories(ticket_ids: Iterable[int]) -> dict[int, History]:
    """By ticket, for those whose clocks have ever stood still (two queries for any number)."""
    stopped = set(
        TicketEvent.objects.filter(ticket__in=list(ticket_ids), code__in=_STOPPING)
        .order_by()
        .values_list("ticket_id", flat=True)
    )
    if not stopped:
        return {}
    # What was taken back never paused a clock, nor ended a pause.
    told: dict[int, list[Happened]] = {}
    rows = (
        TicketEvent.objects.filter(Q(new__has_key="status") | Q(code=MERGED), ticket__in=stopped)
        .order_by("ticket_id", "pk")
        .only("ticket_id", "code", "at", "new")
    )
    for event in lasting(rows):
        told.setdefault(event.ticket_id, []).append(_happened(event.code, event.at, event.new))
    return {ticket_id: history(events) for ticket_id, events in told.items()}


def history_in(events: Iterable[TicketEvent]) -> History:
    """The same from all ``events`` of one ticket, in their order, where a page has them anyway."""
    return history(
        _happened(event.code, event.at, event.new)
        for event in lasting(events)
        if "status" in event.new or event.code == MERGED
    )


def _happened(code: str, at: datetime, new: dict[str, Any]) -> Happened:
    adopted = history_from_json(new) if code == MERGED else None
    return Happened(at, new.get("status"), adopted)


def history_of(ticket_id: int) -> History:
    """One ticket's."""
    return histories([ticket_id]).get(ticket_id, NOTHING_HAPPENED)


def history_as_json(past: History) -> dict[str, Any]:
    """As a merge keeps the history of the clock that it brings."""
    return {
        "pauses": [
            {
                "start": pause.start.isoformat(),
                "end": pause.end.isoformat(),
                "reason": pause.reason.value,
            }
            for pause in past.pauses
            if pause.end is not None
        ],
        "reopened": [instant.isoformat() for instant in past.reopened],
    }


def history_from_json(kept: dict[str, Any]) -> History | None:
    """What ``history_as_json`` wrote; None when the event brought no clock."""
    if "pauses" not in kept:
        return None
    return History(
        pauses=tuple(
            Pause(
                datetime.fromisoformat(pause["start"]),
                datetime.fromisoformat(pause["end"]),
                PauseReason(pause["reason"]),
            )
            for pause in kept["pauses"]
        ),
        reopened=tuple(datetime.fromisoformat(instant) for instant in kept["reopened"]),
    )
