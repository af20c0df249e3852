"""The desk's own lists: tickets, contacts, searches. Account IDs are masked as the lists mask them,
for everybody; what users said stays inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kb.models import LoggedSearch
from klingdesk.core.account_id import mask_account_id
from tickets.exporting.cells import Cell
from tickets.exporting.tables import Asked, Table
from tickets.models import Clock, Consultation
from tickets.models.labels import (
    Channel,
    ClockKind,
    ConsultationStatus,
    Priority,
    ResolutionCode,
    Status,
)
from tickets.reports.labels import person_name
from tickets.reports.period import Period, read_period, today_at
from tickets.rules.ticket_number import format_number
from tickets.selectors.ticket_list import Filters, matching
from tickets.selectors.ticket_order import in_order

READ_AT_ONCE = 2_000
"""Rows that are in memory at a time."""

_TICKET_LABELS = (
    _("Ticket"),
    _("Status"),
    _("Priority"),
    _("Question key"),
    _("Standard question"),
    _("Team"),
    _("Assignee"),
    _("Account ID"),
    _("Answer promised"),
    _("Due"),
    _("Due date provisional"),
    _("Breached"),
    _("Chases"),
    _("Returns"),
    _("Reopenings"),
    _("Next try"),
    _("Handed over at"),
    _("User answered at"),
    _("Resolved at"),
    _("Resolution"),
    _("Closed at"),
)
_TICKET_FIELDS = (
    "pk",
    "status",
    "priority",
    "question__key",
    "question__title",
    "team__name",
    "assignee_name",
    "account_id",
    "promise",
    "due_at",
    "due_provisional",
    "is_breached",
    "chase_count",
    "bounce_count",
    "reopen_count",
    "next_try_at",
    "created_at",
    "first_answered_at",
    "resolved_at",
    "resolution_code",
    "ended_at",
)


def ticket_table(asked: Asked) -> Table:
    """The ticket list with the filters and in the order of its page, all of it."""
    filters = Filters.read(asked.query)
    tickets = in_order(matching(filters, user=asked.user, now=asked.now), filters.order)

    def rows() -> Iterator[tuple[Cell, ...]]:
        statuses, priorities = _words(Status), _words(Priority)
        resolutions = _words(ResolutionCode)
        for (
            pk, status, priority, key, title, team, assignee, account, *plain, code, ended,
        ) in _streamed(
            tickets.annotate(
                assignee_name=person_name("assignee__"), is_breached=_is_breached(asked.now)
            ),
            _TICKET_FIELDS,
        ):  # fmt: skip
            yield (
                format_number(pk),
                statuses[status],
                priorities[priority],
                key,
                title,
                team,
                assignee,
                mask_account_id(account),
                *plain,
                resolutions.get(code, ""),
                ended,
            )

    return Table(lambda: _TICKET_LABELS, lambda: tickets.order_by().count(), rows)


def _is_breached(now: datetime) -> Exists:
    """As ``is_breached`` of the API says it of the clock of the promise."""
    late = Q(breached_at__isnull=False) | Q(stopped_at=None, due_at__lt=now)
    return Exists(Clock.objects.filter(late, ticket=OuterRef("pk"), kind=ClockKind.CONTACT))


_CONTACT_LABELS = (
    _("Contact"),
    _("Begun at"),
    _("Ended at"),
    _("Channel"),
    _("Status"),
    _("Agent"),
    _("Question key"),
    _("Standard question"),
    _("Account ID"),
    _("Ticket"),
)


def contact_table(asked: Asked) -> Table:
    """Contacts of a period (from, to), the latest first, narrowed to an agent (user name), a
    question (key), a status or a channel."""
    query = asked.query
    within = _period(asked)
    contacts = (
        Consultation.objects.visible_to(asked.user)
        .filter(started_at__gte=within.starts_at, started_at__lt=within.ends_at)
        .order_by("-started_at", "-pk")
    )
    narrowing = {
        "agent": "agent__username",
        "question": "question__key",
        "status": "status",
        "channel": "channel",
    }
    for name, field in narrowing.items():
        if value := query.get(name, "").replace("\x00", ""):
            contacts = contacts.filter(**{field: value})

    def rows() -> Iterator[tuple[Cell, ...]]:
        channels, statuses = _words(Channel), _words(ConsultationStatus)
        fields = (
            *("pk", "started_at", "finished_at", "channel", "status", "agent_name"),
            *("question__key", "question__title", "account_id", "ticket_id"),
        )
        named = contacts.annotate(agent_name=person_name("agent__"))
        for pk, begun, ended, channel, status, agent, key, title, account, ticket in _streamed(
            named, fields
        ):
            yield (
                pk,
                begun,
                ended,
                channels[channel],
                statuses[status],
                agent,
                key,
                title,
                mask_account_id(account),
                format_number(ticket),
            )

    return Table(lambda: _CONTACT_LABELS, lambda: contacts.order_by().count(), rows)


SEARCH_LABELS = (
    _("Asked at"),
    _("Words"),
    _("Results"),
    _("Sure"),
    _("Opened question"),
    _("Typed again"),
    _("Channel"),
)
SEARCH_FIELDS = ("asked_at", "words", "results", "confident", "chosen", "retyped", "channel")


def search_table(asked: Asked) -> Table:
    """The search log of a period (from, to), the latest first; ``chosen=0``: only searches after
    which nothing was opened. Its words were masked when they were written."""
    within = _period(asked)
    searches = LoggedSearch.objects.filter(
        asked_at__gte=within.starts_at, asked_at__lt=within.ends_at
    ).order_by("-asked_at", "-pk")
    if asked.query.get("chosen") == "0":
        searches = searches.filter(chosen="")

    def rows() -> Iterator[tuple[Cell, ...]]:
        return map(search_row, _streamed(searches, SEARCH_FIELDS))

    return Table(lambda: SEARCH_LABELS, lambda: searches.order_by().count(), rows)


def search_row(values: tuple[Any, ...]) -> tuple[Cell, ...]:
    """The cells of ``SEARCH_FIELDS``: of the results only how many there were."""
    at, words, results, *rest = values
    return (at, words, len(results), *rest)


def _period(asked: Asked) -> Period:
    return read_period(
        asked.query.get("from", ""), asked.query.get("to", ""), today=today_at(asked.now)
    )


def _words(choices: Any) -> dict[Any, str]:
    """The labels of a column's values in the active language."""
    return {value: str(label) for value, label in choices.choices}


def _streamed(rows: QuerySet[Any], fields: tuple[str, ...]) -> Iterator[Any]:
    """Tuples of ``fields`` through a cursor of the server."""
    return rows.values_list(*fields).iterator(chunk_size=READ_AT_ONCE)
