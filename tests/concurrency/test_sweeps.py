"""Two sweeps at once do what one does, and nobody who works a ticket gets in their way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import DUE, NOW
from tickets.models import (
    Clock,
    ClockAlarm,
    Heartbeat,
    RoutingRule,
    Team,
    Ticket,
    TicketEvent,
)
from tickets.models.labels import Priority
from tickets.services import heartbeats
from tickets.services.alarms import fire_alarms
from tickets.services.chases import chase
from tickets.services.claims import claim, claim_next
from tickets.services.locking import lock_ticket
from tickets.services.routing import route_tickets, sweep_new_tickets
from tickets.services.work import log_contact

pytestmark = pytest.mark.django_db(transaction=True)

LEVELS = ["due_soon", "last_call", "breached", "overdue_day"]
LATER = NOW + timedelta(minutes=1)
LONG_AFTER = DUE + timedelta(days=30)


def test_two_alarm_sweeps_at_once_fire_every_level_once(
    many_tickets: Callable[..., list[Ticket]],
) -> None:
    tickets = many_tickets(300)
    fired = at_once(*[partial(fire_alarms, now=LONG_AFTER, batch=20)] * 4)
    fired.append(fire_alarms(now=LONG_AFTER))  # what all skipped because another held it
    assert sum(fired) == 2 * len(tickets) * len(LEVELS)
    assert ClockAlarm.objects.count() == 2 * len(tickets) * len(LEVELS)
    told = TicketEvent.objects.filter(code__startswith="sla.").values_list("ticket", "code")
    assert Counter(told) == Counter(
        (ticket.pk, f"sla.{level}") for ticket in tickets for level in LEVELS for _clock in range(2)
    )
    contact = Clock.objects.filter(kind="contact")
    assert set(contact.values_list("breached_at", "next_alarm_at")) == {(DUE, None)}


def test_two_routing_sweeps_and_the_workers_at_once_route_every_ticket_once(
    many_tickets: Callable[..., list[Ticket]],
) -> None:
    tickets = many_tickets(200, routed=False)
    sweep = partial(sweep_new_tickets, now=LATER, batch=20)

    def work(mine: list[Ticket]) -> int:
        return sum(route_tickets(ticket_ids=[ticket.pk], now=LATER) for ticket in mine)

    routed = at_once(sweep, sweep, partial(work, tickets), partial(work, tickets[::-1]))
    assert sum(routed) == len(tickets)
    told = TicketEvent.objects.filter(code="ticket.routed").values_list("ticket", flat=True)
    assert Counter(told) == Counter(ticket.pk for ticket in tickets)
    assert not Ticket.objects.exclude(status="queued", team__slug="tier2").exists()


def test_the_sweep_leaves_a_ticket_alone_that_a_worker_is_routing(
    many_tickets: Callable[..., list[Ticket]],
) -> None:
    first, second = many_tickets(2, routed=False)
    with held(partial(route_tickets, ticket_ids=[first.pk], now=LATER)) as commit:
        assert outcome(in_background(partial(sweep_new_tickets, now=LATER))) == 1
        assert commit() == 1
    told = TicketEvent.objects.filter(code="ticket.routed").values_list("ticket", flat=True)
    assert sorted(told) == [first.pk, second.pk]


def test_alarms_of_a_ticket_that_is_being_worked_on_do_not_wait_and_do_not_collide(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    """The sweep locks the clock and its event refers to the ticket; a contact locks the ticket,
    then the clock. Whoever comes second must not make a deadlock of it.
    """
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    after_due = DUE + timedelta(minutes=1)

    with transaction.atomic():
        lock_ticket(number=ticket.number, acting_user=advisor)
        sweep = in_background(partial(fire_alarms, now=after_due))
        assert outcome(sweep) == 3
        log_contact(
            number=ticket.number,
            acting_user=advisor,
            kind="call_back",
            result="reached",
            now=after_due,
        )
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.breached_at, clock.stopped_at) == (DUE, after_due)
    codes = list(ticket.events.filter(code__startswith="sla.").values_list("code", flat=True))
    assert codes == ["sla.due_soon", "sla.last_call", "sla.breached", "sla.missed"]


def test_tickets_that_are_being_alarmed_can_be_taken(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()

    def fire_and_check() -> None:
        fire_alarms(now=LONG_AFTER)
        connection.check_constraints()  # as the commit does: the events lock their tickets' keys

    with held(fire_and_check):
        taking = partial(claim_next, acting_user=advisor, now=LONG_AFTER)
        assert outcome(in_background(taking)) == ticket


def test_a_new_ticket_that_is_being_chased_waits_for_its_turn_and_is_routed(
    make_ticket: Callable[..., Ticket], agent: Any, questions: dict[str, Any]
) -> None:
    team = Team.objects.get(slug="safety")
    RoutingRule.objects.create(
        order=1, question=questions["twice-charged"], team=team, priority=Priority.NORMAL
    )
    ticket = make_ticket(routed=False)
    chasing = partial(chase, number=ticket.number, acting_user=agent, note="", now=NOW)
    with held(chasing) as commit:
        waiting = in_background(partial(route_tickets, ticket_ids=[ticket.pk], now=NOW))
        wait_until_blocked()
        commit()
        assert outcome(waiting) == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.team, ticket.chase_count) == ("queued", team, 1)
    assert ticket.priority == Priority.HIGH  # the rule's own does not lower what a chase raised


def test_a_promise_kept_while_the_sweep_looks_fires_nothing_afterwards(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    reaching = partial(
        log_contact,
        number=ticket.number,
        acting_user=advisor,
        kind="call_back",
        result="reached",
        now=DUE,
    )
    with held(reaching) as commit:
        # The solution's clock is not the contact's: it goes on, and is late by then.
        assert outcome(in_background(partial(fire_alarms, now=LONG_AFTER))) == len(LEVELS)
        commit()
    assert fire_alarms(now=LONG_AFTER) == 0
    assert not ClockAlarm.objects.filter(clock__kind="contact").exists()


def test_a_contact_waits_for_the_sweep_that_holds_its_clock_and_is_logged_as_late(
    make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    with held(partial(fire_alarms, now=LONG_AFTER)) as commit:
        contact = in_background(
            partial(
                log_contact,
                number=ticket.number,
                acting_user=advisor,
                kind="private_message",
                result="sent",
                now=LONG_AFTER,
            )
        )
        wait_until_blocked()
        assert commit() == 2 * len(LEVELS)
        assert outcome(contact).result == "sent"
    clock = Clock.objects.get(ticket=ticket, kind="contact")
    assert (clock.breached_at, clock.stopped_at) == (DUE, LONG_AFTER)


def test_two_first_heartbeats_at_once_make_one_row(desk: None) -> None:
    found = at_once(*[partial(heartbeats.beat, name=heartbeats.SLA, now=NOW)] * 4)
    assert found == [None] * 4
    assert Heartbeat.objects.get().at == NOW
