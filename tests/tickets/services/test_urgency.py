"""Priority by hand, chases, and people who watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tests.tickets.services.steps import codes, fresh, resolved, taken, told
from tickets.models import RoutingRule, Team, Ticket
from tickets.selectors.access import allowed_actions
from tickets.selectors.tickets import ticket_get_for
from tickets.services.chases import chase, chase_from_consultation
from tickets.services.priorities import set_priority
from tickets.services.watching import unwatch, watch


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket]) -> Ticket:
    return make_ticket()


def prioritise(ticket: Ticket, user: Any, priority: int, reason: str = "媒体关注") -> Ticket:
    return set_priority(
        number=ticket.number, acting_user=user, priority=priority, reason=reason, now=NOW
    )


def test_a_chase_leaves_out_what_the_database_refuses(
    ticket: Ticket, agent: Any, agent2: Any, at_hand_over: Callable[..., int]
) -> None:
    chase(number=ticket.number, acting_user=agent, note=" 又\x00问\x00 ", now=NOW)
    chase_from_consultation(
        consultation_id=at_hand_over(agent2),
        acting_user=agent2,
        account_id=ticket.account_id,
        note="\x00还在等",
        now=NOW,
    )
    chased = ticket.events.filter(code="ticket.chased").order_by("pk")
    assert [event.note for event in chased] == ["又问", "还在等"]


class TestPriority:
    def test_up_and_down_and_chases_raise_it_again(
        self, ticket: Ticket, manager: Any, agent: Any
    ) -> None:
        prioritise(ticket, manager, 2)
        event = ticket.events.get(code="ticket.prioritised")
        assert (event.old, event.new, event.note) == (
            {"priority": 0},
            {"priority": 2},
            "媒体关注",
        )
        prioritise(ticket, manager, 0)
        chase(number=ticket.number, acting_user=agent, note="", now=NOW)
        assert fresh(ticket).priority == 1

    @pytest.mark.parametrize(
        ("priority", "reason", "field"),
        [(3, "急", "priority"), (-1, "急", "priority"), (1, " ", "reason"), (0, "急", "priority")],
    )
    def test_mistakes(
        self, priority: int, reason: str, field: str, ticket: Ticket, manager: Any
    ) -> None:
        with pytest.raises(Invalid) as wrong:
            prioritise(ticket, manager, priority, reason)
        assert list(wrong.value.fields) == [field]

    def test_only_managers_and_only_while_it_is_open(
        self, ticket: Ticket, manager: Any, advisor: Any, agent: Any
    ) -> None:
        for user in (advisor, agent):
            with pytest.raises(NotAllowed):
                prioritise(ticket, user, 1)
        resolved(ticket, advisor)
        with pytest.raises(Conflict):
            prioritise(ticket, manager, 1)


class TestChases:
    def test_whoever_works_on_it_is_told_and_watchers(
        self, ticket: Ticket, agent: Any, advisor: Any, manager: Any
    ) -> None:
        taken(ticket, advisor)
        watch(number=ticket.number, acting_user=manager, now=NOW)
        chase(number=ticket.number, acting_user=agent, note="又问", now=NOW)
        assert told(advisor) == told(manager) == ["tickets.chased"]
        assert told(agent) == []

    def test_in_the_queue_a_rule_about_chases_moves_it(self, ticket: Ticket, agent: Any) -> None:
        safety = Team.objects.get(slug="safety")
        RoutingRule.objects.create(order=1, chased=True, team=safety, priority=2)
        chase(number=ticket.number, acting_user=agent, note="", now=NOW)
        row = fresh(ticket)
        assert (row.team, row.priority, row.status) == (safety, 2, "queued")
        assert codes(ticket)[-2:] == ["ticket.chased", "ticket.rerouted"]


class TestWatching:
    def test_on_and_off_once_each(self, ticket: Ticket, advisor: Any) -> None:
        for _n in range(2):
            watch(number=ticket.number, acting_user=advisor, now=NOW)
        assert list(fresh(ticket).watchers.all()) == [advisor]
        for _n in range(2):
            unwatch(number=ticket.number, acting_user=advisor, now=NOW)
        assert not fresh(ticket).watchers.exists()
        assert codes(ticket)[-2:] == ["ticket.watched", "ticket.unwatched"]

    def test_what_was_settled_can_be_watched(
        self, ticket: Ticket, advisor: Any, agent: Any
    ) -> None:
        resolved(ticket, advisor)
        watch(number=ticket.number, acting_user=agent, now=NOW)
        assert fresh(ticket).watchers.get() == agent

    def test_only_by_whoever_sees_it(
        self, ticket: Ticket, agent2: Any, other_advisor: Any, editor: Any
    ) -> None:
        for user in (agent2, other_advisor, editor):
            with pytest.raises(NotFound):
                watch(number=ticket.number, acting_user=user, now=NOW)

    def test_one_of_the_two_is_offered(self, ticket: Ticket, advisor: Any, advisor2: Any) -> None:
        assert "watch" in allowed_actions(ticket, advisor)
        assert "unwatch" not in allowed_actions(ticket, advisor)
        watch(number=ticket.number, acting_user=advisor, now=NOW)
        read = ticket_get_for(user=advisor, number=ticket.number)
        for each in (ticket, read):
            offered = allowed_actions(each, advisor)
            assert ("watch" in offered, "unwatch" in offered) == (False, True)
        assert "watch" in allowed_actions(read, advisor2)
