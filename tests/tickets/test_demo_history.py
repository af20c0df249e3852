"""A made-up history is one that the services could have written: the books balance."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.tickets.made_up import COUNT, UNTIL, make, starter_desk
from tests.tickets.test_ticket_machine import present, replayed
from tickets.demo.loading import Made
from tickets.models import (
    Consultation,
    ContactAttempt,
    EventPending,
    RunStep,
    Ticket,
    TicketEvent,
)
from tickets.models.labels import OPEN_STATUSES
from tickets.rules.sla import ZONE
from tickets.rules.sla_pauses import CountBook, next_alarm
from tickets.selectors.clock_history import history_in
from tickets.selectors.due import days_as_json
from tickets.selectors.runs import run_state
from tickets.selectors.sla import policy_rule, promise_basis
from tickets.services.alarms import fire_alarms
from tickets.services.closing import close_resolved


@pytest.fixture(scope="module")
def desk_of_2000(django_db_setup: Any, django_db_blocker: Any) -> Any:
    """One desk with the starter knowledge base and a history, for all tests that only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(UNTIL, tick=True):
            starter_desk()
            made = make()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def made(desk_of_2000: Made, db: None) -> Made:
    return desk_of_2000


@pytest.fixture(scope="module")
def rows_of_2000(desk_of_2000: Made, django_db_blocker: Any) -> list[Ticket]:
    with django_db_blocker.unblock():
        return list(
            Ticket.objects.select_related("team", "assignee", "merged_into")
            .prefetch_related("events", "watchers", "clocks__policy", "clocks__alarms", "contacts")
            .order_by("pk")
        )


@pytest.fixture
def rows(rows_of_2000: list[Ticket], made: Made) -> list[Ticket]:
    """All tickets with what belongs to them, read once."""
    return rows_of_2000


def test_it_has_as_many_tickets_as_were_asked_for(made: Made, rows: list[Ticket]) -> None:
    assert made.tickets == len(rows) == COUNT
    assert TicketEvent.objects.count() == made.rows["tickets_ticketevent"]
    assert Consultation.objects.count() == made.rows["tickets_consultation"]
    assert Consultation.objects.filter(ticket=None).count() == pytest.approx(COUNT / 2, abs=5)


def test_every_timeline_leads_to_what_stands(rows: list[Ticket]) -> None:
    names = dict(get_user_model().objects.values_list("pk", "username"))
    for ticket in rows:
        assert replayed(ticket, names) == present(ticket), ticket.number


def test_clocks_run_as_their_tickets_stand(rows: list[Ticket]) -> None:
    for ticket in rows:
        clocks = {clock.kind: clock for clock in ticket.clocks.all()}
        assert set(clocks) == ({"contact", "resolve"} if ticket.promise else set())
        if not clocks:
            continue
        running = {kind for kind, clock in clocks.items() if clock.stopped_at is None}
        assert ("resolve" in running) is ticket.is_open
        assert ("contact" in running) is (ticket.is_open and ticket.first_answered_at is None)
        assert (clocks["resolve"].paused_since is not None) is (ticket.status == "waiting")
        assert ticket.due_at == clocks["contact"].due_at


def test_clocks_are_what_the_rules_count(rows: list[Ticket]) -> None:
    """Every one of them, from the events, as the services count it."""
    basis = promise_basis()
    policies = {kind: policy_rule(policy) for kind, policy in basis.policies.items()}
    book = CountBook(policies, basis.calendar)
    moved = 0
    for ticket in rows:
        past = history_in(ticket.events.all())
        for clock in ticket.clocks.all():
            own = past if clock.kind == "resolve" else type(past)()
            ended = own
            if own.pauses and own.pauses[-1].end is None:  # it waits, or was resolved for good
                ended = type(own)(own.pauses[:-1], own.reopened)
            counted = book.counted(clock.kind, clock.started_at, ended)
            assert clock.due_at == counted.due_at, (ticket.number, clock.kind)
            assert clock.days == days_as_json(counted.days)
            assert clock.provisional == counted.provisional
            alarms = counted.alarms
            assert (clock.due_soon_at, clock.last_call_at, clock.overdue_at) == (
                alarms.due_soon_at,
                alarms.last_call_at,
                alarms.overdue_at,
            )
            fired = {alarm.level for alarm in clock.alarms.all()}
            stands = clock.stopped_at is not None or clock.paused_since is not None
            assert clock.next_alarm_at == (None if stands else next_alarm(alarms, fired))
            moved += bool(ended.pauses)
    assert moved >= 100


def test_verdicts_and_alarms_are_those_of_the_timeline(rows: list[Ticket]) -> None:
    for ticket in rows:
        told = Counter(
            (event.code, event.new.get("clock"))
            for event in ticket.events.all()
            if event.code.startswith("sla.")
        )
        for clock in ticket.clocks.all():
            levels = Counter(("sla." + alarm.level, clock.kind) for alarm in clock.alarms.all())
            assert levels == Counter({key: told[key] for key in levels})
            assert (clock.breached_at is not None) is bool(
                told[("sla.missed", clock.kind)] or told[("sla.breached", clock.kind)]
            ), ticket.number


def test_nothing_happens_out_of_order_or_after_the_end(rows: list[Ticket]) -> None:
    for ticket in rows:
        instants = [event.at for event in ticket.events.all()]
        assert instants == sorted(instants), ticket.number
        assert instants[0] == ticket.created_at
        assert instants[-1] <= UNTIL
    ids = list(TicketEvent.objects.order_by("pk").values_list("at", flat=True))
    assert ids == sorted(ids)


def test_an_account_has_one_open_promise_and_nobodys_number(rows: list[Ticket]) -> None:
    accounts = {ticket.account_id for ticket in rows if ticket.promise}
    assert all(len(each) == 12 and each.startswith("9900") for each in accounts)
    assert len(accounts) < sum(ticket.promise for ticket in rows)  # some come back
    matters = [(t.account_id, t.question_id) for t in rows if t.promise and t.is_open]
    assert len(matters) == len(set(matters))


def test_only_people_of_the_desk_appear_in_it(made: Made) -> None:
    people = get_user_model().objects
    advisors = set(people.filter(username__startswith="advisor").values_list("pk", flat=True))
    agents = set(people.filter(username__startswith="agent").values_list("pk", flat=True))
    assert set(ContactAttempt.objects.values_list("by_id", flat=True)) == advisors
    assert set(Consultation.objects.values_list("agent_id", flat=True)) == agents
    actors = set(TicketEvent.objects.exclude(actor=None).values_list("actor_id", flat=True))
    assert actors == advisors | agents


def test_the_proportions_are_those_of_a_desk(rows: list[Ticket]) -> None:
    local = [ticket.created_at.astimezone(ZONE) for ticket in rows]
    weekend = sum(each.weekday() >= 5 for each in local) / len(local)
    assert 0.16 <= weekend <= 0.26  # two days of seven would be 0.29
    night = sum(each.hour < 7 for each in local) / len(local)
    assert 0.002 <= night <= 0.05
    holiday = sum(date(2026, 10, 1) <= each.date() <= date(2026, 10, 7) for each in local)
    week_before = sum(date(2026, 9, 14) <= each.date() <= date(2026, 9, 20) for each in local)
    assert holiday < week_before

    contact = [c for t in rows for c in t.clocks.all() if c.kind == "contact" and not c.dropped]
    assert 0.03 <= sum(clock.breached_at is not None for clock in contact) / len(contact) <= 0.08
    share = {
        "chased": sum(t.chase_count > 0 for t in rows) / COUNT,
        "returned": sum(t.bounce_count > 0 for t in rows) / COUNT,
        "reopened": sum(t.reopen_count > 0 for t in rows) / COUNT,
        "cancelled": sum(t.status == "cancelled" for t in rows) / COUNT,
        "merged": sum(t.status == "merged" for t in rows) / COUNT,
        "followed": sum(t.follows_id is not None for t in rows) / COUNT,
        "open": sum(t.is_open for t in rows) / COUNT,
    }
    expected = {
        "chased": (0.04, 0.12),
        "returned": (0.02, 0.08),
        "reopened": (0.015, 0.06),
        "cancelled": (0.01, 0.05),
        "merged": (0.003, 0.02),
        "followed": (0.0005, 0.02),
        "open": (0.01, 0.08),
    }
    wrong = {k: v for k, v in share.items() if not expected[k][0] <= v <= expected[k][1]}
    assert not wrong
    questions = Counter(ticket.question_id for ticket in rows).most_common()
    assert questions[0][1] > 1.5 * questions[-1][1]


def test_breaches_have_each_of_the_three_causes(rows: list[Ticket]) -> None:
    causes: Counter[str] = Counter()
    for ticket in rows:
        for clock in ticket.clocks.all():
            if clock.kind == "contact" and clock.breached_at and not clock.dropped:
                status = "new"
                for event in ticket.events.all():
                    if event.at > clock.breached_at:
                        break
                    status = event.new.get("status", status)
                causes[status] += 1
    assert set(causes) >= {"queued", "assigned", "waiting"}


def test_something_stands_in_every_state_today(rows: list[Ticket]) -> None:
    standing = Counter(ticket.status for ticket in rows if ticket.is_open)
    assert set(standing) >= set(OPEN_STATUSES) - {"new"}
    running = [c for t in rows for c in t.clocks.all() if c.kind == "contact" and not c.stopped_at]
    assert any(clock.breached_at for clock in running)
    tomorrow = UNTIL + timedelta(hours=24)
    assert any(UNTIL < clock.due_at <= tomorrow for clock in running)
    assert Consultation.objects.filter(status="open", parked_at__isnull=False).count() == 2


def test_runs_of_flows_can_be_replayed(made: Made) -> None:
    contacts = Consultation.objects.filter(run__isnull=False).select_related("question")
    escalated = list(contacts.filter(status="escalated"))
    others = list(contacts.exclude(status="escalated"))
    kinds: Counter[str] = Counter()
    for contact in [*random.Random(1).sample(escalated, 40), *others[:40]]:
        state = run_state(contact)
        assert state is not None
        if contact.status == "escalated":
            assert state.hand_over_node is not None
        if contact.status == "answered":
            assert state.position.is_terminal
        kinds[contact.status] += 1
    assert kinds["escalated"]
    assert kinds["answered"]
    assert RunStep.objects.filter(values__isnull=False).exists()


def test_the_sweeps_find_nothing_forgotten(made: Made) -> None:
    """Alarms and closings that were due have happened; only the last minute may be to come."""
    assert close_resolved(now=UNTIL - timedelta(hours=1), after_days=7) == 0
    assert fire_alarms(now=UNTIL - timedelta(minutes=2)) == 0


def test_the_feed_tells_nothing_of_it(made: Made) -> None:
    assert not EventPending.objects.exists()


def test_pages_show_it(made: Made, client: Client) -> None:
    people = get_user_model().objects
    with time_machine.travel(UNTIL):
        client.force_login(people.get(username="advisor"))
        assert client.get(reverse("admin:queue")).status_code == 200
        for status in ("queued", "assigned", "waiting", "returned", "closed", "merged"):
            ticket = Ticket.objects.filter(status=status)[0]
            page = client.get(reverse("admin:ticket", args=[ticket.number]))
            assert page.status_code == 200
            told = client.get(f"/api/v1/tickets/{ticket.number}/")
            assert told.json()["status"] == status
