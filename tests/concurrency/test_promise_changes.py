"""Edits of the promise while the desk works: nothing is missed, and nothing is told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from klingdesk.core.calendar import Override
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import DUE, NOW
from tickets.models import Clock, PromiseChange, SlaPolicy, Ticket, TicketEvent
from tickets.rules.sla_pauses import NOTHING_HAPPENED, count
from tickets.selectors.sla import policy_rule, promise_basis
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.hand_over import hand_over
from tickets.services.locking import lock_ticket
from tickets.services.promise_changes import change_calendar, publish_policy
from tickets.services.recounting import recount_promises
from tickets.services.waiting import resume, wait

pytestmark = pytest.mark.django_db(transaction=True)

FRIDAY = date(2026, 3, 6)
SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def edit(manager: Any) -> Callable[..., PromiseChange]:
    def do(day: date = FRIDAY, *, now: Any = SOON) -> PromiseChange:
        return change_calendar(
            overrides={day: Override(is_working=False, reason=f"off on {day}")},
            years={},
            acting_user=manager,
            reason="moving house",
            now=now,
        )

    return do


def assert_all_follow() -> None:
    """Every open clock is where the calendar and the policies of now put it."""
    basis = promise_basis()
    for clock in Clock.objects.filter(stopped_at=None).select_related("ticket"):
        policy = basis.policies[clock.kind]
        wanted = count(
            clock.started_at, NOTHING_HAPPENED, policy=policy_rule(policy), calendar=basis.calendar
        )
        assert (clock.due_at, clock.policy_id) == (wanted.due_at, policy.pk)
        assert clock.counted_with == basis.change
        if clock.kind == "contact":
            assert clock.ticket.due_at == clock.due_at
    assert not PromiseChange.objects.filter(done_at=None).exists()


def test_a_hand_over_that_counted_with_the_old_calendar_and_commits_late_is_caught(
    agent: Any, at_hand_over: Callable[..., int], capture: Any, edit: Callable[..., PromiseChange]
) -> None:
    handing_over = partial(
        hand_over,
        consultation_id=at_hand_over(),
        acting_user=agent,
        capture=capture(),
        now=NOW,
    )
    with held(handing_over) as commit:
        edit()  # does not wait for the hand-over
        assert recount_promises(now=SOON) == 0
        assert PromiseChange.objects.get().done_at == SOON
        ticket = commit().ticket
    assert Clock.objects.get(ticket=ticket, kind="contact").due_at == DUE
    assert recount_promises(now=LATER) == 2
    assert Clock.objects.get(ticket=ticket, kind="contact").due_at == DUE + timedelta(days=1)
    assert_all_follow()


def test_a_hand_over_after_the_edit_counts_with_it_at_once(
    make_ticket: Callable[..., Ticket], edit: Callable[..., PromiseChange]
) -> None:
    change = edit()
    ticket = make_ticket()
    assert set(ticket.clocks.values_list("counted_with", flat=True)) == {change.pk}
    assert recount_promises(now=LATER) == 0


def test_two_recounts_at_once_tell_every_clock_once(
    many_tickets: Callable[..., list[Ticket]], edit: Callable[..., PromiseChange]
) -> None:
    tickets = many_tickets(150)
    edit()
    done = at_once(*[partial(recount_promises, now=SOON, batch=20)] * 4)
    done.append(recount_promises(now=LATER))  # what all skipped because another held it
    assert sum(done) == 2 * len(tickets)
    told = TicketEvent.objects.filter(code="sla.moved").values_list("ticket", "new__clock")
    assert Counter(told) == Counter(
        (ticket.pk, kind) for ticket in tickets for kind in ("contact", "resolve")
    )
    change = PromiseChange.objects.get()
    assert (change.looked_at, change.moved) == (2 * len(tickets), 2 * len(tickets))
    assert_all_follow()


def test_a_ticket_that_is_being_worked_on_is_left_for_the_next_sweep(
    make_ticket: Callable[..., Ticket], advisor: Any, edit: Callable[..., PromiseChange]
) -> None:
    busy, free = make_ticket(), make_ticket()
    claim(number=busy.number, acting_user=advisor, now=NOW)
    edit()
    with transaction.atomic():
        lock_ticket(number=busy.number, acting_user=advisor)
        assert outcome(in_background(partial(recount_promises, now=SOON))) == 2
        change = PromiseChange.objects.get()
        assert change.done_at is None
        wait(
            number=busy.number,
            acting_user=advisor,
            note="the user looks it up",
            next_try_at=LATER,
            now=SOON,
        )
    assert recount_promises(now=LATER) == 2
    assert Clock.objects.get(ticket=busy, kind="contact").due_at == DUE + timedelta(days=1)
    assert Clock.objects.get(ticket=free, kind="contact").due_at == DUE + timedelta(days=1)
    assert PromiseChange.objects.get().done_at == LATER


def test_edits_are_made_one_after_the_other(
    manager: Any, many_tickets: Callable[..., list[Ticket]], edit: Callable[..., PromiseChange]
) -> None:
    """Else a clock counted after the second could have missed the first, and nobody would know."""
    many_tickets(5)
    with held(edit) as commit:
        publishing = in_background(
            partial(
                publish_policy,
                kind="contact",
                working_days=4,
                opens=time(9),
                closes=time(18),
                acting_user=manager,
                reason="as agreed",
                now=SOON,
            )
        )
        wait_until_blocked()
        first = commit()
    second = outcome(publishing)
    assert first.pk < second.pk
    assert SlaPolicy.objects.filter(kind="contact").count() == 2
    recount_promises(now=LATER)
    assert_all_follow()


def test_edits_hand_overs_sweeps_and_waiting_at_once_leave_every_promise_right(
    manager: Any,
    advisor: Any,
    agents: list[Any],
    at_hand_over: Callable[..., int],
    capture: Any,
    many_tickets: Callable[..., list[Ticket]],
    edit: Callable[..., PromiseChange],
) -> None:
    waiting = many_tickets(8)
    for ticket in waiting:
        claim(number=ticket.number, acting_user=advisor, now=NOW)
    contacts = [[at_hand_over(agent) for _n in range(6)] for agent in agents[:4]]
    captures = [[capture() for _n in range(6)] for _agent in contacts]

    def hand_overs(number: int) -> None:
        for contact, said in zip(contacts[number], captures[number], strict=True):
            hand_over(consultation_id=contact, acting_user=agents[number], capture=said, now=NOW)

    def edits() -> None:
        for number in range(4):
            edit(FRIDAY + timedelta(days=number + 3), now=SOON)
            recount_promises(now=SOON, batch=7)

    def sweeps() -> None:
        for _n in range(6):
            recount_promises(now=SOON, batch=5)
            fire_alarms(now=SOON)

    def waits() -> None:
        # Out of hours, so that the pauses move nothing.
        night = NOW.replace(hour=12)
        for ticket in waiting:
            wait(
                number=ticket.number,
                acting_user=advisor,
                note="x",
                next_try_at=night + timedelta(days=1),
                now=night,
            )
            resume(number=ticket.number, acting_user=advisor, now=night + timedelta(minutes=9))

    found = at_once(*(partial(hand_overs, n) for n in range(4)), edits, sweeps, waits)
    assert found == [None] * 7
    recount_promises(now=LATER)
    assert Clock.objects.count() == 2 * (8 + 24)
    assert_all_follow()
