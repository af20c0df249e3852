"""The sweep fires each level once, whenever it runs and however often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import DUE, NOW
from tickets.models import Clock, ClockAlarm, Ticket, TicketEvent
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.work import log_contact

DUE_SOON = datetime(2026, 3, 6, 10, tzinfo=UTC)  # Friday 18:00: a working day before Monday
LAST_CALL = datetime(2026, 3, 9, 8, tzinfo=UTC)  # Monday 16:00
OVERDUE = datetime(2026, 3, 10, 10, tzinfo=UTC)  # Tuesday 18:00
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def make_ticket(make_ticket: Callable[..., Ticket]) -> Callable[..., Ticket]:
    """With the clock of the promised contact alone."""

    def make(**wanted: Any) -> Ticket:
        ticket = make_ticket(**wanted)
        ticket.clocks.filter(kind="resolve").delete()
        return ticket

    return make


def levels() -> list[str]:
    return list(ClockAlarm.objects.order_by("pk").values_list("level", flat=True))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (DUE_SOON, []),
        (DUE_SOON + MOMENT, ["due_soon"]),
        (LAST_CALL + MOMENT, ["due_soon", "last_call"]),
        (DUE, ["due_soon", "last_call"]),
        (DUE + MOMENT, ["due_soon", "last_call", "breached"]),
        (OVERDUE + MOMENT, ["due_soon", "last_call", "breached", "overdue_day"]),
    ],
)
def test_every_level_that_has_come_fires_even_after_a_long_silence(
    now: datetime, expected: list[str], make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket()
    assert fire_alarms(now=now) == len(expected)
    assert sorted(levels()) == sorted(expected)
    clock = Clock.objects.get(ticket=ticket)
    assert (clock.breached_at == DUE) is ("breached" in expected)
    events = TicketEvent.objects.filter(code__startswith="sla.").values_list("code", flat=True)
    assert sorted(events) == sorted(f"sla.{level}" for level in expected)


def test_running_the_sweep_again_fires_nothing_twice(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    for minute in range(0, 60 * 24 * 8, 30):
        fire_alarms(now=NOW + timedelta(minutes=minute))
    assert levels() == ["due_soon", "last_call", "breached", "overdue_day"]
    assert Clock.objects.get().next_alarm_at is None


def test_a_kept_promise_fires_nothing_any_more(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="private_message",
        result="sent",
        now=NOW,
    )
    assert fire_alarms(now=OVERDUE + timedelta(days=30)) == 0


def test_batches_reach_every_clock(make_ticket: Callable[..., Ticket]) -> None:
    for _n in range(7):
        make_ticket()
    assert fire_alarms(now=DUE + MOMENT, batch=3) == 21


def test_a_sweep_ahead_of_time_does_not_turn_a_kept_promise_into_a_breach(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    fire_alarms(now=DUE + timedelta(milliseconds=300))
    log_contact(
        number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=DUE
    )
    clock = Clock.objects.get()
    assert (clock.stopped_at, clock.breached_at) == (DUE, None)
    assert ticket.events.filter(code="sla.met").exists()
