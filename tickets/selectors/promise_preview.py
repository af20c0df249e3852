"""What an edit of the calendar or of a policy would do to the open tickets, before it is made."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.translation import ngettext

from klingdesk.core.calendar import WorkingCalendar
from tickets.models import Clock
from tickets.models.labels import ClockKind
from tickets.rules import sla
from tickets.rules.sla_pauses import NOTHING_HAPPENED, CountBook
from tickets.rules.ticket_number import format_number
from tickets.selectors.clock_history import histories

MOST_SHOWN = 100
_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class MovedClock:
    """A due instant that would move. ``breached``: it would lie in the past then."""

    ticket_id: int
    kind: str
    old_due_at: datetime
    new_due_at: datetime
    breached: bool

    @property
    def number(self) -> str:
        """The ticket's."""
        return format_number(self.ticket_id)

    @property
    def kind_label(self) -> str:
        return str(ClockKind(self.kind).label)


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """``tickets_moved`` and ``tickets_breached`` count tickets, ``clocks`` all open clocks.

    ``first``: at most 100 of the clocks that move, the new breaches first, then the earliest.
    """

    clocks: int
    tickets_moved: int
    tickets_breached: int
    first: tuple[MovedClock, ...]

    def __str__(self) -> str:
        moved = ngettext("%(count)d ticket moves", "%(count)d tickets move", self.tickets_moved)
        late = ngettext(
            "%(count)d becomes breached", "%(count)d become breached", self.tickets_breached
        )
        return ", ".join(
            (moved % {"count": self.tickets_moved}, late % {"count": self.tickets_breached})
        )


def preview(
    *, policies: Mapping[str, sla.Policy], calendar: WorkingCalendar, now: datetime
) -> ChangePreview:
    """Count every open clock with other policies and another calendar, and write nothing."""
    book = CountBook(policies, calendar)
    clocks = 0
    moved: set[int] = set()
    breached: set[int] = set()
    first: list[MovedClock] = []
    for rows in _open_clocks():
        clocks += len(rows)
        found = list(_moved(rows, book, now))
        moved |= {each.ticket_id for each in found}
        breached |= {each.ticket_id for each in found if each.breached}
        first = heapq.nsmallest(MOST_SHOWN, [*first, *found], key=_order)
    return ChangePreview(clocks, len(moved), len(breached), tuple(first))


def _order(each: MovedClock) -> tuple[bool, datetime, datetime, int, str]:
    return (not each.breached, each.new_due_at, each.old_due_at, each.ticket_id, each.kind)


def _open_clocks() -> Iterator[list[Any]]:
    rows = (
        Clock.objects.filter(stopped_at=None)
        .values_list(
            *("ticket_id", "kind", "started_at", "due_at", "paused_since", "breached_at"),
            named=True,
        )
        .iterator(chunk_size=_AT_A_TIME)
    )
    while found := list(islice(rows, _AT_A_TIME)):
        yield found


def _moved(rows: list[Any], book: CountBook, now: datetime) -> Iterator[MovedClock]:
    pasts = histories(row.ticket_id for row in rows if row.kind == ClockKind.RESOLVE)
    for row in rows:
        past = NOTHING_HAPPENED
        if row.kind == ClockKind.RESOLVE:
            past = pasts.get(row.ticket_id, NOTHING_HAPPENED)
        due_at = book.counted(row.kind, row.started_at, past).due_at
        if due_at == row.due_at:
            continue
        was_in_time = row.breached_at is None and row.paused_since is None and row.due_at >= now
        yield MovedClock(
            ticket_id=row.ticket_id,
            kind=row.kind,
            old_due_at=row.due_at,
            new_due_at=due_at,
            breached=was_in_time and due_at < now,
        )
