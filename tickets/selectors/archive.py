"""Reading archived tickets: as the tickets they were, for pages and programs that know tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db import models

from klingdesk.core.errors import NotFound
from tickets.models import (
    ArchivedTicket,
    Clock,
    ClockAlarm,
    Consultation,
    ContactAttempt,
    SlaPolicy,
    Ticket,
    TicketEvent,
)
from tickets.querysets import ArchivedTicketQuerySet
from tickets.rules.ticket_number import parse_number
from tickets.selectors.tickets import NO_SUCH_TICKET, ticket_get_for

T = TypeVar("T", bound=models.Model)


def ticket_read_for(*, user: Any, number: str) -> Ticket:
    """A ticket to be read, at work or archived; ``NotFound`` when ``user`` may not see it.

    An archived one is an object in memory with the same prefetches, and can only be shown:
    ``access.archived_at`` tells, and nothing may be done to it.
    """
    try:
        return ticket_get_for(user=user, number=number)
    except NotFound:
        return archived_get_for(user=user, number=number)


def archived_get_for(*, user: Any, number: str) -> Ticket:
    """The same for archived tickets alone."""
    ticket_id = parse_number(number)
    row = None
    if ticket_id is not None:
        row = _rows().visible_to(user).filter(pk=ticket_id).first()
    if row is None:
        raise NotFound(NO_SUCH_TICKET)
    return _as_it_was(row, user)


def archived_of(consultation: Consultation, *, user: Any) -> Ticket:
    """The archived ticket of a contact that ``user`` may see."""
    assert consultation.archived_id is not None  # noqa: S101 - the caller has looked
    return _as_it_was(_rows().get(pk=consultation.archived_id), user)


def _rows() -> ArchivedTicketQuerySet:
    return ArchivedTicket.objects.select_related(
        "question__category", "team", "assignee", "handed_over_by"
    )


def archived_ids(*, user: Any, ids: Iterable[int]) -> set[int]:
    """Those of ``ids`` that are archived tickets which ``user`` may see; no query for none."""
    wanted = list(ids)
    if not wanted:
        return set()
    rows = ArchivedTicket.objects.visible_to(user).filter(pk__in=wanted)
    return set(rows.values_list("pk", flat=True))


def _as_it_was(row: ArchivedTicket, user: Any) -> Ticket:
    document: Mapping[str, Any] = row.document
    ticket = _made(Ticket, document["ticket"])
    for name in ("question", "team", "assignee", "handed_over_by"):
        setattr(ticket, name, getattr(row, name))
    events = [_made(TicketEvent, each) for each in document["events"]]
    contacts = [_made(ContactAttempt, each) for each in document["contacts"]]
    people = _people(
        [event.actor_id for event in events]
        + [contact.by_id for contact in contacts]
        + document["watchers"]
    )
    for event in events:
        event.ticket = ticket
        event.actor = people.get(event.actor_id)
    for contact in contacts:
        contact.ticket = ticket
        contact.by = people[contact.by_id]
    _known(ticket, "events", TicketEvent, events)
    _known(ticket, "contacts", ContactAttempt, contacts)
    _known(ticket, "clocks", Clock, _clocks(ticket, document["clocks"]))
    watchers = [people[pk] for pk in document["watchers"] if pk in people]
    _known(ticket, "watchers", get_user_model(), watchers)
    # What ``ticket_get_for`` annotates, and what ``access`` asks of an archived one.
    told: dict[str, Any] = {
        "last_event": events[-1].pk if events else 0,
        "read_for": user.pk,
        "is_watched": user.pk in document["watchers"],
        "archived_at": row.archived_at,
        "archived_reporters": tuple(row.reporters),
    }
    for name, value in told.items():
        setattr(ticket, name, value)
    return ticket


def _clocks(ticket: Ticket, rows: Sequence[Mapping[str, Any]]) -> list[Clock]:
    clocks = [_made(Clock, each) for each in rows]
    policies = SlaPolicy.objects.in_bulk({clock.policy_id for clock in clocks})
    for clock, row in zip(clocks, rows, strict=True):
        clock.ticket = ticket
        clock.policy = policies[clock.policy_id]
        alarms = [_made(ClockAlarm, {**each, "clock_id": clock.pk}) for each in row["alarms"]]
        _known(clock, "alarms", ClockAlarm, alarms)
    return clocks


def _people(ids: Iterable[int | None]) -> dict[int | None, Any]:
    found = get_user_model().objects.in_bulk({pk for pk in ids if pk is not None})
    return dict(found)


def _made(model: type[T], columns: Mapping[str, Any]) -> T:
    """A row of ``model`` as it stood; columns that came later have their default."""
    names: list[str] = []
    values: list[Any] = []
    for field in model._meta.concrete_fields:
        names.append(field.attname)
        column = str(field.column)
        if column not in columns:
            values.append(None if field.primary_key else field.get_default())
        elif isinstance(field, models.DateTimeField) and columns[column]:
            values.append(datetime.fromisoformat(columns[column]))
        else:
            values.append(columns[column])
    return model.from_db("default", names, values)


def _known(owner: models.Model, name: str, model: type[Any], rows: list[Any]) -> None:
    """Put ``rows`` where a prefetch would have put them."""
    found = model._default_manager.all()
    found._result_cache = rows
    found._prefetch_done = True
    cache: dict[str, Any] = owner.__dict__.setdefault("_prefetched_objects_cache", {})
    cache[name] = found
