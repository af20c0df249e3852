"""Passing tickets on to teams and people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import HOUR, codes, fresh, taken, told, waiting
from tickets.models import Clock, Team, Ticket
from tickets.services.transfers import transfer


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket]) -> Ticket:
    """In the queue of tier2."""
    return make_ticket()


def pass_on(ticket: Ticket, user: Any, **changes: Any) -> Ticket:
    values: dict[str, Any] = {"reason": "他们更懂", "now": NOW + HOUR, **changes}
    return transfer(number=ticket.number, acting_user=user, **values)


def test_to_another_teams_queue(ticket: Ticket, advisor: Any, manager: Any) -> None:
    Team.objects.filter(slug="safety").update(lead=manager)
    Ticket.objects.filter(pk=ticket.pk).update(skill="video")
    taken(ticket, advisor)
    pass_on(ticket, advisor, team="safety")
    row = fresh(ticket)
    assert (row.status, row.assignee, row.claimed_at) == ("queued", None, None)
    assert (row.team.slug, row.skill, row.due_at) == ("safety", "", DUE)  # type: ignore[union-attr]
    event = ticket.events.get(code="ticket.transferred")
    assert event.note == "他们更懂"
    assert event.old == {
        "status": "assigned",
        "team": "tier2",
        "assignee": "advisor",
        "skill": "video",
    }
    assert event.new == {"status": "queued", "team": "safety", "assignee": None, "skill": ""}
    assert told(manager) == ["tickets.transferred_to_team"]
    with pytest.raises(NotFound):
        pass_on(ticket, advisor, team="tier2")


def test_with_a_skill_into_the_same_queue(ticket: Ticket, advisor: Any) -> None:
    pass_on(ticket, advisor, team="tier2", skill="refunds")
    assert fresh(ticket).skill == "refunds"
    with pytest.raises(Invalid) as again:
        pass_on(ticket, advisor, team="tier2", skill="refunds")
    assert list(again.value.fields) == ["team"]


def test_to_a_colleague(ticket: Ticket, advisor: Any, advisor2: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(skill="video")
    taken(ticket, advisor)
    pass_on(ticket, advisor, person="advisor2")
    row = fresh(ticket)
    assert (row.status, row.assignee, row.claimed_at) == ("assigned", advisor2, NOW + HOUR)
    assert (row.team.slug, row.skill) == ("tier2", "video")  # type: ignore[union-attr]
    assert told(advisor2) == ["tickets.transferred"]
    with pytest.raises(NotAllowed):
        pass_on(ticket, advisor, person="advisor")


def test_to_somebody_of_another_team_who_takes_it_there(
    ticket: Ticket, advisor: Any, other_advisor: Any
) -> None:
    pass_on(ticket, advisor, person="other_advisor")
    row = fresh(ticket)
    assert (row.assignee, row.team.slug) == (other_advisor, "safety")  # type: ignore[union-attr]


def test_out_of_waiting_the_pause_ends(
    make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
) -> None:
    ticket = make_ticket()
    waiting(ticket, advisor)
    pass_on(ticket, advisor, person="advisor2")
    assert codes(ticket)[-3:] == ["ticket.waiting", "ticket.resumed", "ticket.transferred"]
    row = fresh(ticket)
    assert (row.status, row.assignee, row.next_try_at) == ("assigned", advisor2, None)
    assert Clock.objects.get(ticket=ticket, kind="resolve").paused_since is None


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"reason": " ", "team": "safety"}, {"reason"}),
        ({"reason": "长" * 5_001, "team": "safety"}, {"reason"}),
        ({}, {"team"}),
        ({"team": "safety", "person": "advisor2"}, {"team"}),
        ({"team": "nowhere"}, {"team"}),
        ({"person": "nobody"}, {"person"}),
        ({"person": "agent"}, {"person"}),
        ({"person": "manager"}, {"person"}),
        ({"person": "left"}, {"person"}),
        ({"person": "teamless"}, {"person"}),
        ({"team": "safety", "skill": "看 视频"}, {"skill"}),
        ({"team": "safety", "skill": "x" * 41}, {"skill"}),
        ({"team": "tier2"}, {"team"}),
    ],
)
def test_a_destination_that_cannot_be(
    changes: dict[str, Any],
    fields: set[str],
    ticket: Ticket,
    advisor2: Any,
    manager: Any,
    person: Callable[..., Any],
) -> None:
    left = person("left", Role.ADVISOR, team="tier2")
    left.is_active = False
    left.save()
    person("teamless", Role.ADVISOR)
    with pytest.raises(Invalid) as wrong:
        pass_on(ticket, manager, **changes)
    assert set(wrong.value.fields) == fields
    assert codes(ticket)[-1] == "ticket.routed"


def test_whoever_has_it_cannot_be_given_it(ticket: Ticket, advisor: Any, manager: Any) -> None:
    taken(ticket, advisor)
    with pytest.raises(Invalid) as same:
        pass_on(ticket, manager, person="advisor")
    assert list(same.value.fields) == ["person"]


def test_who_may(
    ticket: Ticket, advisor: Any, advisor2: Any, agent: Any, other_advisor: Any, manager: Any
) -> None:
    with pytest.raises(NotAllowed):
        pass_on(ticket, agent, team="safety")
    with pytest.raises(NotFound):
        pass_on(ticket, other_advisor, person="other_advisor")
    pass_on(ticket, advisor2, person="advisor")  # of the team, and nobody has it yet
    with pytest.raises(NotAllowed):
        pass_on(ticket, advisor2, team="safety")
    pass_on(ticket, manager, team="safety")


def test_what_is_not_open_stays_where_it_is(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket(routed=False)
    with pytest.raises(Conflict):
        pass_on(ticket, manager, team="safety")


def test_an_advisor_who_became_an_agent_is_no_destination(
    ticket: Ticket, advisor2: Any, manager: Any
) -> None:
    advisor2.groups.set([Group.objects.get(name="agent")])
    with pytest.raises(Invalid):
        pass_on(ticket, manager, person="advisor2")
