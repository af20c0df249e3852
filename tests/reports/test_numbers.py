"""Every number of the reports equals the slow reference, on random histories of any kind."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.conftest import NOW
from tests.reports.histories import make_contacts, make_history, make_pasts
from tests.reports.slow_desk import SHANGHAI, codes_of, compare_reports
from tests.tickets.test_ticket_machine import TicketMachine, machine
from tickets.models import CalendarOverride, ReportDay, ReportSum, Ticket, TicketEvent, TicketFact
from tickets.reports.measures import About
from tickets.reports.period import Period, last_days, today_at
from tickets.services.report_facts import refresh_facts
from tickets.services.report_sums import sum_quiet_days

__all__ = ["machine"]

AT_ONCE = timedelta(0)
MOMENTS = (
    NOW,
    datetime(2026, 2, 20, 16, 0, tzinfo=UTC),  # midnight in Spring Festival
    datetime(2026, 2, 14, 15, 59, 59, tzinfo=UTC),  # the end of a make-up Saturday
    datetime(2027, 1, 15, 4, 0, tzinfo=UTC),  # a year without a notice
)
MODES = ("row by row", "summed", "summed before half of it happened")


@pytest.fixture
def world(
    questions: dict[str, Any], agent: Any, agent2: Any, advisor: Any, advisor2: Any
) -> dict[str, Any]:
    return {
        "questions": list(questions.values()),
        "agents": [agent, agent2],
        "advisors": [advisor, advisor2],
    }


def make_desk(rng: random.Random, now: datetime, world: dict[str, Any], count: int) -> None:
    make_history(
        rng,
        now=now,
        count=count,
        questions=world["questions"],
        reporter=rng.choice(world["agents"]),
        advisors=world["advisors"],
    )
    make_pasts(rng, now=now)
    make_contacts(rng, now=now, agents=world["agents"], questions=world["questions"])


def test_random_desks_are_counted_right(world: dict[str, Any], manager: Any) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=24, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(
        seed=st.integers(0, 2**32),
        now=st.sampled_from(MOMENTS),
        mode=st.sampled_from(MODES),
        days=st.integers(1, 80),
        ago=st.integers(0, 5),
    )
    def hold(seed: int, now: datetime, mode: str, days: int, ago: int) -> None:
        rng = random.Random(seed)
        with transaction.atomic():
            CalendarOverride.objects.create(
                date=today_at(now) - timedelta(days=3), is_working=rng.random() < 0.5, reason="x"
            )
            make_desk(rng, now, world, count=30)
            refresh_facts(now=now)
            if mode != MODES[0]:
                sum_quiet_days(now=now, quiet=AT_ONCE)
                assert ReportSum.objects.filter(source="ticket").exists()
            if mode == MODES[2]:
                make_pasts(rng, now=now)
                make_contacts(rng, now=now, agents=world["agents"], questions=world["questions"])
                # What make_pasts changes without an event of its own is told by these.
                touch_all(now)
                refresh_facts(now=now)
            period = last_days(today_at(now) - timedelta(days=ago), days)
            slow = compare_reports(manager, now, period)
            seen.update(slow.counts["total", None])
            transaction.set_rollback(True)

    hold()
    # Not by luck: there was something in every number, or the histories prove nothing.
    assert set(seen) == set(codes_of(About.TICKETS))


def touch_all(now: datetime) -> None:
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, code="ticket.noted", at=now) for ticket in Ticket.objects.all()
    )


def test_everything_people_can_do_is_counted_right(
    machine: type[TicketMachine],
    manager: Any,
) -> None:
    """Through the services alone: every change of a ticket reaches its fact by an event."""
    seen: Counter[str] = Counter()

    class ReportedDesk(machine):  # type: ignore[misc, valid-type]
        steps = 0

        @rule()
        def sum_up(self) -> None:
            refresh_facts(now=self.now)
            sum_quiet_days(now=self.now + timedelta(days=1), quiet=AT_ONCE)

        @invariant()
        def the_reports_are_right(self) -> None:
            self.steps += 1
            if not self.ids or self.steps % 8:
                return
            refresh_facts(now=self.now)
            slow = compare_reports(manager, self.now, last_days(today_at(self.now), 120))
            seen.update(slow.counts["total", None])

    run_state_machine_as_test(
        ReportedDesk,
        settings=settings(
            max_examples=8,
            stateful_step_count=48,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
    assert {"met", "breached"} <= set(seen)


def test_a_clock_that_runs_out_is_breached_without_an_event(
    make_ticket: Callable[..., Any], manager: Any
) -> None:
    ticket = make_ticket()
    refresh_facts(now=NOW)
    sum_quiet_days(now=NOW + timedelta(days=40), quiet=AT_ONCE)
    assert ReportDay.objects.filter(source="ticket", grain="d").count() == 40
    for now in (ticket.due_at, ticket.due_at + timedelta(microseconds=1)):
        compare_reports(manager, now, Period(NOW.date(), today_at(now)))
    assert TicketFact.objects.get().created_at.astimezone(SHANGHAI).date() == NOW.date()
