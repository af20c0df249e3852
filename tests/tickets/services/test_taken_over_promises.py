"""A clock that goes on with the promise of a ticket merged in: it warns, and its past stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from kb.models import StandardQuestion
from notices.models import Notice
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import HOUR, answered, codes, fresh, taken
from tickets.models import Clock, ClockAlarm, Ticket
from tickets.models.labels import AlarmLevel
from tickets.services.alarms import fire_alarms
from tickets.services.merging import merge
from tickets.services.telling_alarms import tell_fired_alarms
from tickets.services.waiting import resume, wait
from tickets.services.work import log_contact

ACCOUNT = "700002"
DAY = timedelta(days=1)


@pytest.fixture
def older(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    return taken(make_ticket(account_id=ACCOUNT), advisor)


@pytest.fixture
def newer(make_ticket: Callable[..., Ticket], questions: Any) -> Callable[[datetime], Ticket]:
    """Makes a ticket of the same account about another question."""

    def make(now: datetime) -> Ticket:
        made = make_ticket(account_id="7654321", now=now)
        price = StandardQuestion.objects.get(key="price")
        Ticket.objects.filter(pk=made.pk).update(account_id=ACCOUNT, question=price)
        return fresh(made)

    return make


def clock_of(ticket: Ticket, kind: str = "contact") -> Clock:
    return Clock.objects.get(ticket=ticket, kind=kind)


def join(source: Ticket, target: Ticket, user: Any, now: datetime) -> None:
    merge(number=source.number, into=target.number, acting_user=user, reason="同一件事", now=now)


def test_it_warns_and_is_breached_anew(
    older: Ticket, newer: Callable[[datetime], Ticket], advisor: Any, manager: Any
) -> None:
    late = DUE + 2 * DAY
    fire_alarms(now=late)
    tell_fired_alarms(now=late)
    answered(older, advisor, now=late)
    made = newer(late + DAY)
    join(made, older, advisor, late + 2 * DAY)
    clock = clock_of(older)
    assert (clock.due_at, clock.next_alarm_at) == (made.due_at, clock.due_soon_at)
    after = clock.due_at + 10 * DAY
    fire_alarms(now=after)
    levels = ClockAlarm.objects.filter(clock=clock, fired_at=after).values_list("level", flat=True)
    assert set(levels) == set(AlarmLevel.values)
    assert (
        older.events.filter(code="sla.breached").count() == 3
    )  # of both contact promises, one solution
    told = Notice.objects.filter(recipient=manager, code="sla.contact.overdue_day")
    assert told.count() == 1
    tell_fired_alarms(now=after)
    assert told.count() == 2


def test_that_ours_was_broken_stays_on_record(
    older: Ticket, newer: Callable[[datetime], Ticket], advisor: Any
) -> None:
    answered(older, advisor, now=DUE + HOUR)
    made = newer(DUE + DAY)
    join(made, older, advisor, DUE + 2 * DAY)
    answered(older, advisor, now=DUE + 2 * DAY)
    clock = clock_of(older)
    assert clock.breached_at == DUE
    assert clock.started_at == made.created_at > DUE
    assert older.events.filter(code="sla.missed").count() == 2


def test_a_breach_of_before_its_start_stands_in_no_merges_way(
    older: Ticket, newer: Callable[[datetime], Ticket], advisor: Any
) -> None:
    """Late, then paused so long that a ticket of meanwhile is to be solved earlier."""
    due = clock_of(older, "resolve").due_at
    answered(older, advisor)
    fire_alarms(now=due + HOUR)
    back = due + 29 * DAY
    wait(number=older.number, acting_user=advisor, note="等", next_try_at=back, now=due + DAY)
    made = newer(due + 2 * DAY)
    resume(number=older.number, acting_user=advisor, now=back)
    assert clock_of(older, "resolve").due_at > clock_of(made, "resolve").due_at
    join(made, older, advisor, back + HOUR)
    clock = clock_of(older, "resolve")
    assert (clock.breached_at, clock.started_at) == (due, made.created_at)


def test_an_answer_of_before_it_was_made_keeps_it_not(
    older: Ticket, newer: Callable[[datetime], Ticket], advisor: Any
) -> None:
    answered(older, advisor, now=NOW + HOUR / 2)
    join(newer(NOW + 2 * HOUR), older, advisor, NOW + 3 * HOUR)

    def call(at: datetime) -> None:
        log_contact(
            number=older.number,
            acting_user=advisor,
            kind="call_back",
            result="reached",
            at=at,
            now=NOW + 4 * HOUR,
        )

    call(NOW + HOUR)
    assert (clock_of(older).stopped_at, fresh(older).first_answered_at) == (None, None)
    assert codes(older).count("ticket.contacted") == 2
    call(NOW + 2 * HOUR)
    assert clock_of(older).stopped_at == NOW + 2 * HOUR
