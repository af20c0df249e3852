"""Teams whose tickets the desk assigns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOW
from tickets.models import Absence, AdvisorProfile, Shift, Team, Ticket, TicketEvent
from tickets.rules.sla import ZONE
from tickets.services.assignment import assign_queued

TODAY = NOW.astimezone(ZONE).date()


@pytest.fixture
def automatic(make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any) -> Team:
    """The default team, with two advisors, assigned by the desk."""
    team = Team.objects.get(slug="tier2")
    team.assignment = "automatic"
    team.save()
    return team


def holders() -> list[str]:
    return sorted(
        Ticket.objects.filter(status="assigned").values_list("assignee__username", flat=True)
    )


def test_work_is_shared_evenly_and_each_decision_says_why(
    automatic: Team, make_ticket: Callable[..., Ticket]
) -> None:
    for _number in range(4):
        make_ticket()
    assert assign_queued(now=NOW) == 4
    assert holders() == ["advisor", "advisor", "advisor2", "advisor2"]
    last = TicketEvent.objects.filter(code="ticket.assigned").last()
    assert last is not None
    assert (last.new["reason"], last.new["load"], last.new["capacity"]) == ("least_loaded", 1, 20)
    assert assign_queued(now=NOW) == 0, "and nothing is given twice"


def test_whoever_is_absent_off_shift_or_inactive_gets_nothing(
    automatic: Team, make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    make_ticket()
    Absence.objects.create(person=advisor, first_day=TODAY, last_day=TODAY)
    other_day = (TODAY.weekday() + 1) % 5
    shift = Shift.objects.create(person=advisor2, weekday=other_day, starts="09:00", ends="18:00")
    assert assign_queued(now=NOW) == 0
    shift.delete()
    advisor2.is_active = False
    advisor2.save()
    assert assign_queued(now=NOW) == 0
    advisor2.is_active = True
    advisor2.save()
    assert assign_queued(now=NOW) == 1
    assert holders() == ["advisor2"]


def test_nobody_gets_more_than_they_can_hold(
    automatic: Team, make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    for person in (advisor, advisor2):
        AdvisorProfile.objects.create(person=person, capacity=1)
    for _number in range(3):
        make_ticket()
    assert assign_queued(now=NOW) == 2
    assert Ticket.objects.get(status="queued").assignee is None


def test_a_ticket_waits_for_its_skill_and_lets_others_pass(
    automatic: Team, make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    special, plain = make_ticket(), make_ticket(now=NOW + timedelta(minutes=1))
    Ticket.objects.filter(pk=special.pk).update(skill="api")
    assert assign_queued(now=NOW) == 1
    plain.refresh_from_db()
    assert plain.status == "assigned"
    AdvisorProfile.objects.create(person=advisor, skills=["api"])
    assert assign_queued(now=NOW) == 1
    special.refresh_from_db()
    assert special.assignee == advisor


def test_on_a_day_off_nothing_is_given(automatic: Team, make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    saturday = NOW + timedelta(days=(5 - TODAY.weekday()) % 7)
    assert assign_queued(now=saturday) == 0


def test_a_team_that_pulls_is_left_alone(make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    make_ticket()
    assert assign_queued(now=NOW) == 0


def test_one_team_at_a_time_when_it_is_named(
    automatic: Team, make_ticket: Callable[..., Ticket]
) -> None:
    make_ticket()
    other = Team.objects.create(slug="api", name="API 组", assignment="automatic")
    assert assign_queued(now=NOW, team_ids=[other.pk]) == 0
    assert assign_queued(now=NOW, team_ids=[automatic.pk]) == 1
