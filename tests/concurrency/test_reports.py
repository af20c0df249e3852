"""Counting for the reports while others count, work and rebuild."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.concurrency.threads import at_once, held
from tests.conftest import NOW
from tests.reports.slow_desk import compare_reports
from tickets.models import ReportDirty, ReportState, ReportSum, Ticket, TicketFact
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import last_days, today_at
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.services.chases import chase
from tickets.services.claims import claim_next
from tickets.services.report_facts import refresh_facts
from tickets.services.report_rebuild import rebuild_reports
from tickets.services.report_sums import sum_quiet_days

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = timedelta(0)
LATER = NOW + timedelta(days=1)


def test_counting_and_rebuilding_at_once_while_people_work(
    many_tickets: Callable[..., list[Ticket]], advisors: list[Any], manager: Any
) -> None:
    many_tickets(60)
    refresh_facts(now=NOW)

    def work(advisor: Any) -> Callable[[], int]:
        def claim_some() -> int:
            found = [claim_next(acting_user=advisor, now=NOW) for _n in range(6)]
            return len([ticket for ticket in found if ticket])

        return claim_some

    done = at_once(
        *(work(advisor) for advisor in advisors[:4]),
        lambda: refresh_facts(now=NOW, batch=7),
        lambda: refresh_facts(now=NOW, batch=5),
        lambda: rebuild_reports(now=NOW, batch=9),
        lambda: sum_quiet_days(now=LATER, quiet=AT_ONCE),
    )
    assert not [each for each in done if isinstance(each, BaseException)], done
    refresh_facts(now=NOW)
    assert TicketFact.objects.filter(status="assigned").count() == sum(done[:4])
    compare_reports(manager, NOW, last_days(today_at(LATER), 10))


def test_two_rebuilds_share_the_batches(many_tickets: Callable[..., list[Ticket]]) -> None:
    many_tickets(30)
    first, second = at_once(
        lambda: rebuild_reports(now=NOW, batch=3), lambda: rebuild_reports(now=NOW, batch=3)
    )
    assert first.tickets + second.tickets in (30, 60)  # 60: one came when the other had ended
    assert TicketFact.objects.count() == 30
    assert ReportState.objects.filter(name="facts").count() == 1


def test_an_event_that_commits_late_is_counted(
    many_tickets: Callable[..., list[Ticket]], manager: Any
) -> None:
    """It was written before others that are counted already, and commits after them."""
    first, second = many_tickets(2)
    refresh_facts(now=NOW)

    def chase_it() -> None:
        chase(number=first.number, acting_user=manager, note="", now=NOW)

    with held(lambda: transaction.atomic(chase_it)()) as commit:
        chase(number=second.number, acting_user=manager, note="", now=NOW)
        refresh_facts(now=NOW)
        assert chased(manager) == 1
        commit()
    refresh_facts(now=NOW)
    assert chased(manager) == 2


def test_a_change_between_the_sums_and_the_reader_is_never_lost(
    many_tickets: Callable[..., list[Ticket]], manager: Any, agents: list[Any]
) -> None:
    """Whoever changes a row notes its day in the same transaction, after the sums were made too."""
    tickets = many_tickets(20)
    refresh_facts(now=NOW)

    def chase_some(mine: list[Ticket]) -> Callable[[], None]:
        def work() -> None:
            for ticket in mine:
                chase(number=ticket.number, acting_user=manager, note="", now=NOW)
                refresh_facts(now=NOW)

        return work

    def sum_up() -> None:
        for _n in range(15):
            sum_quiet_days(now=LATER, quiet=AT_ONCE)

    done = at_once(chase_some(tickets[:10]), chase_some(tickets[10:]), sum_up)
    assert not [each for each in done if isinstance(each, BaseException)], done
    refresh_facts(now=NOW)
    assert chased(manager) == 20
    sum_quiet_days(now=LATER, quiet=AT_ONCE)
    assert not ReportDirty.objects.exists()
    assert ReportSum.objects.filter(source="contact").exists()
    assert chased(manager) == 20


def chased(user: Any) -> int:
    scope = ReportScope(user=user, period=last_days(today_at(LATER), 10))
    found = ticket_numbers(scope=scope, group_by=GroupBy.TOTAL, now=NOW)
    return found.total.numbers["chased"]
