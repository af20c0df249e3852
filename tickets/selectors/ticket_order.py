"""Orders of the ticket list, each total, and the rows before and after a row in each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.db.models import F, OrderBy, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.selectors.listed import ListedTicket

_BETWEEN = "_"
_NOTHING = "-"
LONGEST_CURSOR = 120


class Sort(StrEnum):
    """Orders to choose from."""

    DUE = "due"
    PRIORITY = "priority"
    CHASES = "chases"
    NEXT_TRY = "next_try"
    NEWEST = "newest"
    OLDEST = "oldest"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Key:
    """A column of an order. Rows without a value come last, whichever way it runs."""

    field: str
    descending: bool = False
    nullable: bool = False
    is_instant: bool = False


_ID = Key("id")
_DUE = Key("due_at", nullable=True, is_instant=True)
_PRIORITY = Key("priority", descending=True)
_LATEST_ID = Key("id", descending=True)

KEYS: Mapping[Sort, tuple[Key, ...]] = MappingProxyType(
    {
        Sort.DUE: (_DUE, _PRIORITY, _ID),
        Sort.PRIORITY: (_PRIORITY, _DUE, _ID),
        Sort.CHASES: (Key("chase_count", descending=True), _DUE, _ID),
        Sort.NEXT_TRY: (Key("next_try_at", is_instant=True), _ID),
        Sort.NEWEST: (Key("created_at", descending=True, is_instant=True), _LATEST_ID),
        Sort.OLDEST: (Key("created_at", is_instant=True), _ID),
        Sort.RESOLVED: (Key("resolved_at", descending=True, is_instant=True), _LATEST_ID),
    }
)
"""The last column of each order is unique, so no two rows share a place."""

_ONLY_WITH = {Sort.NEXT_TRY: "next_try_at", Sort.RESOLVED: "resolved_at"}
"""Orders of the rows that have this at all: an index knows those, and nobody misses the others."""


def that_sort(tickets: TicketQuerySet, sort: Sort) -> TicketQuerySet:
    """The rows that have a place in an order."""
    needed = _ONLY_WITH.get(sort)
    return tickets.filter(**{f"{needed}__isnull": False}) if needed else tickets


def in_order(tickets: TicketQuerySet, sort: Sort, *, backwards: bool = False) -> TicketQuerySet:
    return tickets.order_by(*(_order_by(key, backwards) for key in KEYS[sort]))


def _order_by(key: Key, backwards: bool) -> OrderBy:
    descending = key.descending is not backwards
    nulls: dict[str, bool] = {}
    if key.nullable:
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
    return F(key.field).desc(**nulls) if descending else F(key.field).asc(**nulls)


def beyond(sort: Sort, place: Sequence[Any], *, backwards: bool = False) -> Q:
    """The rows behind ``place`` (values of the order's columns), or before it if ``backwards``."""
    found = Q()
    same = Q()
    for key, value in zip(KEYS[sort], place, strict=True):
        further = _further(key, value, backwards)
        if further is not None:
            found |= same & further
        same &= Q(**{f"{key.field}__isnull": True}) if value is None else Q(**{key.field: value})
    return found


def _further(key: Key, value: Any, backwards: bool) -> Q | None:
    if value is None:
        return Q(**{f"{key.field}__isnull": False}) if backwards else None
    greater = key.descending is backwards
    found = Q(**{f"{key.field}__{'gt' if greater else 'lt'}": value})
    if key.nullable and not backwards:
        found |= Q(**{f"{key.field}__isnull": True})
    return found


def place_of(ticket: Ticket | ListedTicket, sort: Sort) -> tuple[Any, ...]:
    """Where a ticket stands in an order."""
    return tuple(getattr(ticket, key.field) for key in KEYS[sort])


def as_cursor(ticket: ListedTicket, sort: Sort) -> str:
    return _BETWEEN.join(
        _NOTHING if value is None else value.isoformat() if key.is_instant else str(value)
        for key, value in zip(KEYS[sort], place_of(ticket, sort), strict=True)
    )


def read_cursor(cursor: str, sort: Sort) -> tuple[Any, ...] | None:
    """The place that a cursor names; None for one that names none in this order."""
    keys, parts = KEYS[sort], cursor.split(_BETWEEN)
    if len(parts) != len(keys):
        return None
    place: list[Any] = []
    for key, text in zip(keys, parts, strict=True):
        if text == _NOTHING and key.nullable:
            place.append(None)
            continue
        value = _instant(text) if key.is_instant else _whole(text)
        if value is None:
            return None
        place.append(value)
    return tuple(place)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _instant(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and timezone.is_aware(at) else None
