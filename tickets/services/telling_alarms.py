"""Telling of promises that fall due or are breached, after the sweep has fired their alarms.

The sweep fires in one statement and knows no people. What it fired is told here, in batches, and
told once: a level's event is ``sla.<level>:<alarm>``. When the last telling succeeded stands in a
heartbeat, so that a desk that was down, or a worker that died in between, leaves nothing untold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat

from notices.models import Notice
from notices.services import Telling, notify_all
from tickets.models import ClockAlarm, Heartbeat
from tickets.models.labels import AlarmLevel
from tickets.rules.sla import ZONE
from tickets.services import heartbeats
from tickets.services.telling import about, audiences_of, managers, ticket_path

TOLD = "tell_alarms"
"""The heartbeat of this job."""

OVERLAP: Final = timedelta(minutes=15)
"""A sweep may commit this long after the instant that it calls now."""

AT_FIRST: Final = timedelta(days=1)
"""How far a desk that has never told looks back."""

_ALWAYS: Final = frozenset({AlarmLevel.BREACHED.value, AlarmLevel.OVERDUE_DAY.value})


def tell_fired_alarms(*, now: datetime, batch: int = 500) -> int:
    """Tell assignees, team leads and managers of alarms that fired; returns how many people were
    told of something.

    Of several levels that fired for a clock in the same sweep the last is told: whoever hears
    that a promise is breached needs not hear that it will be. Nobody is told that something is
    due soon which has been settled since. Safe to run twice, and twice at once.
    """
    last = Heartbeat.objects.filter(name=TOLD).values_list("at", flat=True).first()
    since = (last - OVERLAP) if last is not None else now - AT_FIRST
    chiefs: list[Any] | None = None
    told = 0
    for alarms in _untold(since, batch):
        if alarms:
            chiefs = managers() if chiefs is None else chiefs
            tellings = [_telling(alarm, chiefs) for alarm in alarms]
            told += notify_all(tellings=tellings, now=now)
    heartbeats.beat(name=TOLD, now=now)
    return told


def _untold(since: datetime, batch: int) -> Iterator[list[ClockAlarm]]:
    """From the newest backwards, by primary key, until pages of what fired before ``since``."""
    event = Concat(
        Value("sla."),
        OuterRef("level"),
        Value(":"),
        Cast(OuterRef("pk"), CharField()),
        output_field=CharField(),
    )
    # In pages of keys alone: most of them are told, and a ticket is a large row.
    rows = _ranked(ClockAlarm.objects.all()).order_by("-pk")
    later = _ranked(ClockAlarm.objects.filter(clock=OuterRef("clock"))).filter(
        fired_at=OuterRef("fired_at"), rank__gt=OuterRef("rank")
    )
    settled = Q(clock__stopped_at__isnull=False) & ~Q(level__in=_ALWAYS)
    rows = rows.annotate(
        is_done=Case(
            When(settled | Exists(later), then=True),
            default=Exists(Notice.objects.filter(event=event)),
            output_field=BooleanField(),
        )
    )
    before: int | None = None
    while True:
        page = list(
            (rows.filter(pk__lt=before) if before is not None else rows).values_list(
                "pk", "fired_at", "is_done"
            )[:batch]
        )
        wanted = [pk for pk, fired_at, is_done in page if fired_at >= since and not is_done]
        yield _with_their_tickets(wanted)
        # A merge copies alarms that fired earlier: one of them among the newest is not yet the end.
        if len(page) < batch or all(fired_at < since for _pk, fired_at, _done in page):
            return
        before = page[-1][0]


def _ranked(alarms: QuerySet[ClockAlarm]) -> QuerySet[Any]:
    steps = [When(level=level, then=rank) for rank, level in enumerate(AlarmLevel.values)]
    return alarms.annotate(rank=Case(*steps, output_field=IntegerField()))


def _with_their_tickets(alarm_ids: Sequence[int]) -> list[ClockAlarm]:
    if not alarm_ids:
        return []
    ticket, wanted = "clock__ticket", ("question__title", "team__name", "team__slug", "chase_count")
    people = (f"{ticket}__assignee", f"{ticket}__team__lead")
    return list(
        ClockAlarm.objects.filter(pk__in=alarm_ids)
        .select_related(f"{ticket}__question", *people)
        .only(
            *("level", "clock__kind", "clock__due_at"),
            *(f"{ticket}__{name}" for name in wanted),
            *(f"{person}__is_active" for person in people),
        )
        .order_by("pk")
    )


def _telling(alarm: ClockAlarm, chiefs: Sequence[Any]) -> Telling:
    clock, ticket = alarm.clock, alarm.clock.ticket
    lead = ticket.team.lead if ticket.team is not None else None
    return Telling(
        code=f"sla.{clock.kind}.{alarm.level}",
        event=f"sla.{alarm.level}:{alarm.pk}",
        recipients=[person for person in (ticket.assignee, lead, *chiefs) if person is not None],
        audiences=audiences_of(ticket.team),
        params={**about(ticket), "due": f"{clock.due_at.astimezone(ZONE):%Y-%m-%d %H:%M}"},
        path=ticket_path(ticket),
    )
