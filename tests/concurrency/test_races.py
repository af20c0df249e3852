"""Everybody does everything to the same few tickets at once; the books must balance afterwards."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, DeskError, NotAllowed, NotFound
from tests.concurrency.threads import at_once
from tests.conftest import DUE, NOW
from tickets.models import Clock, ClockAlarm, ContactAttempt, Ticket
from tickets.services.alarms import fire_alarms
from tickets.services.chases import chase
from tickets.services.claims import claim, claim_next, release
from tickets.services.notes import add_note
from tickets.services.work import log_contact, resolve

pytestmark = pytest.mark.django_db(transaction=True)

TURNS = 40


class Worker:
    """Does ``TURNS`` things drawn at random (seeded); every refusal must be a polite one."""

    def __init__(self, user: Any, numbers: list[str], seed: int) -> None:
        self.user = user
        self.numbers = numbers
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.refused: Counter[type[DeskError]] = Counter()

    def run(self) -> None:
        for turn in range(TURNS):
            now = NOW + timedelta(minutes=turn)
            action = self.random.choice(ACTIONS)
            number = self.random.choice(self.numbers)
            try:
                action(self.user, number, now)
            except (Conflict, NotAllowed, NotFound) as refused:
                self.refused[type(refused)] += 1
            else:
                self.done[action.__name__] += 1


def take(user: Any, number: str, now: Any) -> None:
    claim(number=number, acting_user=user, now=now)


def take_next(user: Any, number: str, now: Any) -> None:
    claim_next(acting_user=user, now=now)


def give_back(user: Any, number: str, now: Any) -> None:
    release(number=number, acting_user=user, now=now)


def reach(user: Any, number: str, now: Any) -> None:
    log_contact(number=number, acting_user=user, kind="call_back", result="reached", now=now)


def end(user: Any, number: str, now: Any) -> None:
    resolve(number=number, acting_user=user, code="refunded", summary="已退回", now=now)


def count(user: Any, number: str, now: Any) -> None:
    chase(number=number, acting_user=user, note="", now=now)


def write(user: Any, number: str, now: Any) -> None:
    add_note(number=number, acting_user=user, note="备注", now=now)


def sweep(user: Any, number: str, now: Any) -> None:
    # A moving instant around the due one, so that alarms and contacts meet on the same clocks.
    fire_alarms(now=DUE - timedelta(minutes=20) + (now - NOW), batch=2)


ACTIONS: list[Callable[[Any, str, Any], None]] = [
    take,
    take_next,
    give_back,
    reach,
    end,
    count,
    write,
    sweep,
]


def assert_the_timeline_is_one_story(ticket: Ticket) -> None:
    """Each change begins where the one before it ended, and the row is where the last one ended."""
    status, chases, stopped = "new", 0, 0
    for event in ticket.events.order_by("id"):
        if event.old.get("status") is not None:
            assert event.old["status"] == status, event.code
        status = event.new.get("status", status)
        if event.code == "ticket.chased":
            assert event.old["chases"] == chases
            chases = event.new["chases"]
        if event.new.get("clock") == "contact":
            stopped += event.code in ("sla.met", "sla.missed")
    assert (ticket.status, ticket.chase_count) == (status, chases)
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.stopped_at is not None) == bool(stopped)
    assert stopped <= 1
    alarms = ClockAlarm.objects.filter(clock__ticket=ticket).count()
    fired = ticket.events.filter(code__regex=r"^sla\.(due_soon|last_call|breached|overdue_day)$")
    assert fired.count() == alarms


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_happens_at_once_leaves_a_contradiction(
    seed: int, many_tickets: Callable[..., list[Ticket]], advisors: list[Any]
) -> None:
    tickets = many_tickets(6)
    numbers = [ticket.number for ticket in tickets]
    workers = [Worker(user, numbers, seed * 100 + n) for n, user in enumerate(advisors[:8])]
    assert at_once(*(worker.run for worker in workers)) == [None] * len(workers)

    done = sum((worker.done for worker in workers), Counter())
    refused = sum((worker.refused for worker in workers), Counter())
    assert sum(done.values()) + sum(refused.values()) == TURNS * len(workers)
    assert refused[Conflict] > 0
    assert done["count"] == sum(Ticket.objects.values_list("chase_count", flat=True))
    assert done["reach"] == ContactAttempt.objects.count()
    for ticket in Ticket.objects.all():
        assert ticket.events.filter(code="ticket.resolved").count() == (ticket.status == "resolved")
        assert_the_timeline_is_one_story(ticket)


def test_of_releasing_and_resolving_at_once_one_is_refused(
    make_ticket: Callable[..., Ticket], advisors: list[Any], manager: Any
) -> None:
    ticket = make_ticket()
    number = ticket.number
    claim(number=number, acting_user=advisors[0], now=NOW)
    log_contact(number=number, acting_user=advisors[0], kind="call_back", result="reached", now=NOW)
    found = at_once(
        partial(release, number=number, acting_user=manager, now=NOW),
        partial(end, advisors[0], number, NOW),
        partial(claim, number=number, acting_user=advisors[1], now=NOW),
    )
    ticket.refresh_from_db()
    released, ended, taken = (not isinstance(each, DeskError) for each in found)
    assert released != ended
    assert ticket.status == {(True, False): "queued", (True, True): "assigned"}.get(
        (released, taken), "resolved"
    )
    assert_the_timeline_is_one_story(ticket)
