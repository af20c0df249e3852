"""Reading the feed: by the desk's own readers, by people and programs, and by the probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Gone, NotFound
from klingdesk.core.roles import is_bot
from tickets.models import Consultation, FeedEntry, FeedHead, Ticket
from tickets.querysets import TicketQuerySet
from tickets.rules.event_facts import facts_of
from tickets.rules.ticket_number import format_number, parse_number


class FeedItem(NamedTuple):
    """An event's place in the feed; what it says stands in ``TicketEvent``."""

    position: int
    event_id: int
    ticket_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """``oldest``: the first position that is kept, or will be given; ``newest``: the last one
    that was given (0: none yet)."""

    oldest: int
    newest: int


class Purged(Gone):
    """What comes after a cursor is not kept any more; the state has the bounds."""

    code = "cursor_too_old"

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(
            _(
                "The events after this position are not kept any more. Read the tickets anew, "
                "then go on after the position “newest”, or from “oldest”."
            ),
            state={"oldest": bounds.oldest, "newest": bounds.newest},
        )


def feed_bounds() -> Bounds:
    """One query. A feed without a single event has bounds 1 and 0."""
    head = FeedHead.objects.filter(pk=FeedHead.ONLY).values_list("purged", "newest").first()
    purged, newest = head or (0, 0)
    return Bounds(oldest=purged + 1, newest=newest)


def feed_after(position: int, *, limit: int) -> list[FeedItem]:
    """The next ``limit`` events after ``position``, for a reader inside the desk.

    They come in the order in which they were committed, and nothing will ever appear before the
    last of them. ``Purged`` when events between ``position`` and them were deleted.
    """
    found = list(
        entries()
        .filter(position__gt=position)
        .values_list("position", "event_id", "event__ticket_id", "event__code")[:limit]
    )
    # Afterwards: what is deleted while this reads must not look as if it had never been.
    bounds = feed_bounds()
    if position < bounds.oldest - 1:
        raise Purged(bounds)
    return [FeedItem(*each) for each in found]


def entries() -> QuerySet[FeedEntry]:
    return FeedEntry.objects.order_by("position")


def feed_lag() -> int:
    """Seconds for which the first event without a place in the feed has been waiting (one query).

    By the database's clock: what it measures is the sequencer, not this process.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - since) FROM tickets_eventpending "
            "ORDER BY event_id LIMIT 1"
        )
        row = cursor.fetchone()
    return max(0, int(row[0])) if row else 0


# --- for people and programs ----------------------------------------------------------------------

WINDOW: Final = 2_000
"""So many places are looked at for one answer: a filter that matches little must not walk through
a month of events. An answer without events moves the cursor, too."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """``events`` as ``told``, in order; ``next_after`` is the cursor to go on with."""

    events: list[dict[str, Any]]
    next_after: int
    bounds: Bounds


def feed_for(*, user: Any, after: int | None, limit: int, number: str = "") -> FeedPage:
    """The next events after a position (None: from the oldest that is kept) of tickets that
    ``user`` may see, or of the one with a ``number``. A program that answers users learns what
    becomes of those that it passed on to agents, without the names of people.

    ``Purged`` when events after that position have been deleted. ``NotFound`` when there is no
    such ticket for ``user``. An event counts as seen by whoever sees its ticket now.
    """
    is_program = is_bot(user)
    tickets = _passed_on_by(user) if is_program else Ticket.objects.visible_to(user)
    if number:
        tickets = tickets.filter(pk=parse_number(number) or 0)
        if not tickets.exists():
            raise NotFound(_("There is no such ticket, or you may not see it."))
    before = feed_bounds()
    start = before.oldest - 1 if after is None else after
    # Up to what was there a moment ago: all of it can be seen now.
    end = before.newest if number else min(start + WINDOW, before.newest)
    seen = entries_between(start, end).filter(event__ticket__in=tickets)
    found = told(seen[:limit], with_people=not is_program)
    bounds = feed_bounds()
    if start < bounds.oldest - 1:
        raise Purged(bounds)
    next_after = found[-1]["position"] if len(found) == limit else max(start, end)
    return FeedPage(found, next_after, bounds)


def _passed_on_by(bot: Any) -> TicketQuerySet:
    """Tickets of contacts that began with a user of this program who asked for a person."""
    contacts = Consultation.objects.filter(ticket=OuterRef("pk"), intake__bot=bot)
    return Ticket.objects.filter(Exists(contacts))


def entries_between(after: int, until: int) -> QuerySet[FeedEntry]:
    """Places after ``after`` and up to ``until``."""
    return entries().filter(position__gt=after, position__lte=until)


def told(found: QuerySet[FeedEntry], *, with_people: bool = True) -> list[dict[str, Any]]:
    """Events as they are told to programs, ready for JSON: one shape for the cursor endpoint and
    for subscriptions. Nothing in it was written by a person or says who the user is."""
    rows = found.values_list(
        "position",
        "event_id",
        "event__code",
        "event__ticket_id",
        "event__at",
        "event__actor__username",
        "event__old",
        "event__new",
    )
    return [
        {
            "position": position,
            "id": event_id,
            "code": code,
            "ticket": format_number(ticket_id),
            "at": timezone.localtime(at).isoformat(),
            "actor": actor if with_people else None,
            "old": facts_of(code, old, with_people=with_people),
            "new": facts_of(code, new, with_people=with_people),
        }
        for position, event_id, code, ticket_id, at, actor, old, new in rows
    ]
