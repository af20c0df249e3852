"""Assignment beside other assignment, claims and changes of the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once
from tests.conftest import NOW
from tickets.models import Absence, AdvisorProfile, RoutingRule, Team, Ticket, TicketEvent
from tickets.rules.sla import ZONE
from tickets.selectors.routing import rule_rows, table_version
from tickets.services.absences import return_from_absent
from tickets.services.assignment import assign_queued
from tickets.services.claims import claim_next
from tickets.services.routing_rules import RuleForm, add_rule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def automatic(advisors: list[Any]) -> list[Any]:
    """Tier 2 with the desk assigning, three tickets at most for each of sixteen advisors."""
    Team.objects.filter(slug="tier2").update(assignment="automatic")
    AdvisorProfile.objects.bulk_create(AdvisorProfile(person=each, capacity=3) for each in advisors)
    return advisors


def loads() -> Counter[int]:
    return Counter(Ticket.objects.filter(assignee__isnull=False).values_list("assignee", flat=True))


def test_sweeps_at_once_fill_everybody_and_nobody_beyond_their_room(
    many_tickets: Callable[..., list[Ticket]], automatic: list[Any]
) -> None:
    many_tickets(60)
    given = at_once(*[partial(assign_queued, now=NOW)] * 4)
    assert sum(given) == 48
    assert loads() == {each.pk: 3 for each in automatic}
    assert Ticket.objects.filter(status="queued").count() == 12
    assert TicketEvent.objects.filter(code="ticket.assigned").count() == 48


def test_a_ticket_is_assigned_or_taken_and_never_both(
    many_tickets: Callable[..., list[Ticket]], automatic: list[Any]
) -> None:
    many_tickets(40)

    def take(person: Any) -> int:
        taken = 0
        while taken < 5 and claim_next(acting_user=person, now=NOW) is not None:
            taken += 1
        return taken

    calls = [partial(take, person) for person in automatic[:4]]
    given, again, *taken = at_once(
        partial(assign_queued, now=NOW), partial(assign_queued, now=NOW), *calls
    )
    owners = TicketEvent.objects.filter(code__in=["ticket.assigned", "ticket.claimed"])
    assert owners.count() == given + again + sum(taken)
    assert set(Counter(owners.values_list("ticket", flat=True)).values()) == {1}
    for event in owners.select_related("ticket__assignee"):
        assert event.ticket.assignee is not None
        assert event.new["assignee"] == event.ticket.assignee.username


def test_sweeps_at_once_put_back_each_ticket_of_somebody_on_leave_once(
    many_tickets: Callable[..., list[Ticket]], advisors: list[Any]
) -> None:
    gone = advisors[0]
    many_tickets(30)
    while claim_next(acting_user=gone, now=NOW) is not None:
        pass
    today = NOW.astimezone(ZONE).date()
    Absence.objects.create(person=gone, first_day=today, last_day=today)
    given_back = at_once(*[partial(return_from_absent, now=NOW)] * 4)
    assert sum(given_back) == 30
    assert not Ticket.objects.exclude(status="queued").exists()
    assert TicketEvent.objects.filter(code="ticket.released").count() == 30


def test_of_managers_who_change_the_rules_at_once_one_does(manager: Any) -> None:
    seen = table_version(rule_rows())
    calls = [
        partial(
            add_rule,
            acting_user=manager,
            form=RuleForm(place=1, team="safety", tag=f"tag-{number}"),
            expected=seen,
            now=NOW,
        )
        for number in range(6)
    ]
    found = at_once(*calls)
    assert sum(isinstance(each, RoutingRule) for each in found) == 1
    assert sum(isinstance(each, Conflict) for each in found) == 5
    assert [row.order for row in rule_rows()] == [1, 2]
