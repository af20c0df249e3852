"""Tickets with a whole life, and the archive a year later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from tests.conftest import NOW
from tests.tickets.services.steps import fresh, resolved
from tickets.models import EventPending, Ticket
from tickets.services.alarms import fire_alarms
from tickets.services.archiving import Archived, archive_tickets
from tickets.services.chases import chase
from tickets.services.closing import close_resolved
from tickets.services.watching import watch

Make = Callable[..., Ticket]
DAY = timedelta(days=1)
CLOSED = NOW + 8 * DAY
LATER = NOW + timedelta(days=400)
"""A year and a month on."""


def archive(now: datetime = LATER, **more: Any) -> Archived:
    """A year on nothing of it waits for the feed any more."""
    EventPending.objects.all().delete()
    return archive_tickets(now=now, older_than_months=12, **more)


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def picture(ticket: Ticket) -> dict[str, Any]:
    """Everything that is read of a ticket, row by row."""
    return {
        "ticket": columns(ticket),
        "events": [(columns(event), event.actor) for event in ticket.events.all()],
        "clocks": [
            (
                columns(clock),
                clock.policy,
                sorted((a.level, a.fired_at) for a in clock.alarms.all()),
            )
            for clock in ticket.clocks.all()
        ],
        "contacts": [(columns(each), each.by) for each in ticket.contacts.all()],
        "watchers": sorted(each.pk for each in ticket.watchers.all()),
    }


def closing(make_ticket: Make, advisor: Any, agent: Any) -> Callable[..., Ticket]:
    """Makes tickets with a whole life: chased, watched, warned of, answered, resolved, closed."""

    def make(**changes: Any) -> Ticket:
        ticket = make_ticket(**changes)
        chase(number=ticket.number, acting_user=agent, note="又来问", now=NOW)
        fire_alarms(now=NOW + 3 * DAY)
        watch(number=ticket.number, acting_user=agent, now=NOW)
        resolved(ticket, advisor, now=NOW + 3 * DAY)
        close_resolved(now=CLOSED + 3 * DAY, after_days=7)
        return fresh(ticket)

    return make
