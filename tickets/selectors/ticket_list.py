"""What the ticket list shows: the filters in its address turned into one bounded page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.roles import Role, roles_of
from klingdesk.database.composed import PERSON, ComposedValues, stand_in
from tickets.models import Clock, Ticket, TicketEvent
from tickets.models.labels import Priority, Status
from tickets.querysets import TicketQuerySet
from tickets.rules.sla import ZONE
from tickets.rules.ticket_number import format_number, parse_number
from tickets.selectors.archive import archived_ids
from tickets.selectors.listed import ListedTicket, as_listed, columns_of
from tickets.selectors.ticket_order import (
    LONGEST_CURSOR,
    Sort,
    as_cursor,
    beyond,
    in_order,
    place_of,
    read_cursor,
    that_sort,
)
from tickets.selectors.tickets import mine_for, queue_for, tickets_for

PAGE_SIZE = 50
MOST_FOUND = 50
MOST_WORDS = 60
"""Characters of what is looked for in titles and tags."""

LONGEST_NAME = 150
"""Characters of any other filter: a user name may have as many, the key of a question 80. A name
that is cut is the name of nothing, and the list would be empty without a word."""

MOST_LASTING = 64
"""Lists whose statement stays composed in the memory of a process."""

RECENTLY = timedelta(days=7)
SOON = timedelta(hours=48)
NOBODY = "-"
_ON = "1"


class View(StrEnum):
    """The tabs of the list; ``REACH`` is what the person has or could take."""

    WAITING = "waiting"
    MINE = "mine"
    OPEN = "open"
    RESOLVED = "resolved"
    WATCHED = "watched"
    ALL = "all"
    REACH = "reach"


class Due(StrEnum):
    """Until when a user who has no answer yet was promised one."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class Filters:
    """The list's address, cleaned: whatever makes no sense falls back to the default.

    ``text`` looks in standard questions and tags, ``found`` holds numbers of tickets that were
    looked for: account IDs never stand in an address.
    """

    view: View = View.WAITING
    status: str = ""
    team: str = ""
    assignee: str = ""
    question: str = ""
    due: str = ""
    chased: str = ""
    priority: str = ""
    skill: str = ""
    tag: str = ""
    breached: str = ""
    tried: str = ""
    returned: str = ""
    text: str = ""
    found: str = ""
    sort: str = ""
    after: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> Filters:
        given = {
            each.name: _clean(params.get(each.name, ""))[:LONGEST_NAME] for each in fields(cls)
        }
        given["text"] = (given["text"] or _clean(params.get("q", "")))[:MOST_WORDS]
        given["found"] = ",".join(_numbers(params.get("found", "")))
        given["after"] = params.get("after", "")[:LONGEST_CURSOR]
        for name, known in _CHOICES.items():
            if given[name] not in known:
                given[name] = ""
        asked = given.pop("view")
        return cls(view=View(asked) if asked in _VIEWS else View.WAITING, **given)

    @classmethod
    def of_query(cls, query: str) -> Filters:
        """From a query string, as pages pass it on and saved views keep it."""
        return cls.read(dict(parse_qsl(query[:2_000])))

    @property
    def order(self) -> Sort:
        if self.sort:
            return Sort(self.sort)
        return Sort.RESOLVED if self.view is View.RESOLVED else Sort.DUE

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab, the order and the page was chosen."""
        return any(
            getattr(self, each.name)
            for each in fields(self)
            if each.name not in ("view", "sort", "after")
        )

    @property
    def is_lasting(self) -> bool:
        """Whether the list is asked for again and again, and is the same question each time: it
        depends on no time, no page and no words that somebody typed."""
        on_time = self.view is View.RESOLVED or self.due or self.tried
        return not (on_time or self.text or self.tag or self.found or self.after)

    def query(self, **changes: str) -> str:
        """The query string of these filters, on the first page unless ``after`` is given."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values |= {"after": "", "view": self.view.value, **changes}
        return urlencode({name: value for name, value in values.items() if value})


_VIEWS = frozenset(View)
_FLAG = frozenset({_ON})
_CHOICES: Mapping[str, frozenset[str]] = {
    "status": frozenset(Status.values),
    "due": frozenset(Due),
    "chased": _FLAG,
    "priority": frozenset(str(value) for value in Priority.values),
    "breached": _FLAG,
    "tried": _FLAG,
    "returned": _FLAG,
    "sort": frozenset(Sort),
}


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _numbers(text: str) -> list[str]:
    ids = [parse_number(part) for part in text.split(",")[:MOST_FOUND]]
    return [format_number(pk) for pk in ids if pk is not None]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of tickets, and the cursor of the next one when there is any."""

    tickets: list[ListedTicket]
    next_after: str


def listing(filters: Filters, *, user: Any, now: datetime) -> Listing:
    """At most ``PAGE_SIZE`` tickets; one query, and no counting however many there are."""
    if filters.is_lasting:
        rows = _lasting(filters, roles_of(user)).rows(user.pk)
    else:
        rows = _page(filters, user=user, now=now)
    tickets = as_listed(rows)
    more = len(tickets) > PAGE_SIZE
    tickets = tickets[:PAGE_SIZE]
    return Listing(tickets, as_cursor(tickets[-1], filters.order) if more else "")


def _page(filters: Filters, *, user: Any, now: datetime) -> Any:
    """The tuples of one page, and of the ticket after it."""
    tickets = in_order(matching(filters, user=user, now=now), filters.order)
    place = read_cursor(filters.after, filters.order)
    if place is not None:
        tickets = tickets.filter(beyond(filters.order, place))
    return columns_of(tickets)[: PAGE_SIZE + 1]


@lru_cache(MOST_LASTING)
def _lasting(filters: Filters, roles: frozenset[Role]) -> ComposedValues:
    page = _page(filters, user=stand_in(PERSON, roles), now=timezone.now())
    return ComposedValues(page, PERSON, kept=not filters.is_narrowed)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Numbers of the tickets before and after one in a list; empty at its ends."""

    previous: str
    next: str


def neighbours(ticket: Ticket, filters: Filters, *, user: Any, now: datetime) -> Neighbours:
    """Where to go from ``ticket``, which may have left the list meanwhile; two queries."""
    tickets = matching(filters, user=user, now=now)
    place = place_of(ticket, filters.order)

    def first(*, backwards: bool) -> str:
        rows = tickets.filter(beyond(filters.order, place, backwards=backwards))
        ordered = in_order(rows, filters.order, backwards=backwards)
        return format_number(ordered.values_list("pk", flat=True).first())

    return Neighbours(previous=first(backwards=True), next=first(backwards=False))


def matching(filters: Filters, *, user: Any, now: datetime) -> TicketQuerySet:
    """All that the filters let through of what ``user`` may see."""
    if filters.found:
        ids = [parse_number(number) for number in filters.found.split(",")]
        return tickets_for(user=user).filter(pk__in=[pk for pk in ids if pk is not None])
    tickets = in_view(filters.view, user=user, now=now)
    for name in ("status", "priority", "skill"):
        if value := getattr(filters, name):
            tickets = tickets.filter(**{name: value})
    if filters.team:
        tickets = tickets.filter(team__slug=filters.team)
    if filters.assignee:
        nobody = filters.assignee == NOBODY
        whose = {"assignee": None} if nobody else {"assignee__username": filters.assignee}
        tickets = tickets.filter(**whose)
    if filters.question:
        tickets = tickets.filter(question__key=filters.question)
    if filters.tag:
        tickets = tickets.filter(tags__contains=[filters.tag])
    if filters.chased:
        tickets = tickets.filter(chase_count__gt=0)
    tickets = _in_words(_in_time(tickets, filters, user=user, now=now), filters)
    return that_sort(tickets, filters.order)


def _in_time(
    tickets: TicketQuerySet, filters: Filters, *, user: Any, now: datetime
) -> TicketQuerySet:
    if filters.due:
        tickets = tickets.filter(first_answered_at=None, due_at__lte=due_until(filters.due, now))
    if filters.breached:
        clocks = Clock.objects.filter(ticket=OuterRef("pk"), breached_at__isnull=False)
        tickets = tickets.filter(Exists(clocks))
    if filters.tried:
        tickets = tickets.filter(next_try_at__lte=now)
    if filters.returned:
        mine = TicketEvent.objects.filter(ticket=OuterRef("pk"), code="ticket.returned", actor=user)
        back = (Status.QUEUED, Status.RETURNED)
        tickets = tickets.filter(Exists(mine), bounce_count__gt=0, status__in=back)
    return tickets


def due_until(due: str, now: datetime) -> datetime:
    """The end of what a choice of ``due`` covers."""
    match Due(due):
        case Due.OVERDUE:
            return now
        case Due.TODAY:
            local = now.astimezone(ZONE)
            return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        case Due.SOON:
            return now + SOON


def _in_words(tickets: TicketQuerySet, filters: Filters) -> TicketQuerySet:
    text = filters.text
    if not text:
        return tickets
    wanted = Q(question__title__icontains=text) | Q(tags__contains=[text])
    ticket_id = parse_number(text)
    return tickets.filter(wanted if ticket_id is None else wanted | Q(pk=ticket_id))


def in_view(view: View, *, user: Any, now: datetime) -> TicketQuerySet:
    match view:
        case View.WAITING:
            return queue_for(user=user)
        case View.MINE:
            return mine_for(user=user)
        case View.OPEN:
            return tickets_for(user=user).open()
        case View.RESOLVED:
            return tickets_for(user=user).filter(
                status__in=[Status.RESOLVED, Status.CLOSED], resolved_at__gte=now - RECENTLY
            )
        case View.WATCHED:
            watched = Ticket.watchers.through.objects.filter(user=user).values("ticket_id")
            return tickets_for(user=user).filter(pk__in=watched)
        case View.ALL:
            return tickets_for(user=user)
        case View.REACH:
            mine = Q(assignee=user) | Q(status=Status.QUEUED)
            return tickets_for(user=user).open().filter(mine)


def looked_for(text: str, *, user: Any) -> list[str]:
    """Numbers of visible tickets with this number or exactly this account ID, newest first. Of
    archived ones the one with this number."""
    wanted = Q()
    ticket_id = parse_number(text)
    if ticket_id is not None:
        wanted |= Q(pk=ticket_id)
    try:
        wanted |= Q(account_id=parse_account_id(text))
    except AccountIdError:
        if ticket_id is None:
            return []
    rows = tickets_for(user=user).filter(wanted).order_by("-created_at", "-pk")
    found = list(rows.values_list("pk", flat=True)[:MOST_FOUND])
    if not found and ticket_id is not None:
        found = list(archived_ids(user=user, ids=[ticket_id]))
    return [format_number(pk) for pk in found]
