"""Users who come back: opened again, or followed by a new ticket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import HOUR, fresh, resolved, told
from tickets.models import Clock, Team, Ticket
from tickets.services.closing import close_resolved
from tickets.services.hand_over import Capture, hand_over
from tickets.services.reopening import reopen
from tickets.services.watching import watch

WEEK = timedelta(days=7)


@pytest.fixture
def done(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """Resolved at ``NOW`` by advisor."""
    return resolved(make_ticket(account_id="700002"), advisor)


def again(ticket: Ticket, user: Any, **changes: Any) -> Ticket:
    values: dict[str, Any] = {"reason": "又扣了一次", "now": NOW + HOUR, **changes}
    return reopen(number=ticket.number, acting_user=user, **values)


def test_the_former_advisor_goes_on(done: Ticket, agent: Any, advisor: Any, manager: Any) -> None:
    watch(number=done.number, acting_user=manager, now=NOW)
    again(done, agent)
    row = fresh(done)
    assert (row.status, row.assignee, row.reopen_count) == ("assigned", advisor, 1)
    assert (row.resolved_at, row.resolution_code, row.resolution_summary) == (None, "", "")
    event = done.events.get(code="ticket.reopened")
    assert event.old == {
        "status": "resolved",
        "assignee": "advisor",
        "code": "refunded",
        "resolved_at": NOW.isoformat(),
    }
    assert (event.new["assignee"], event.note) == ("advisor", "又扣了一次")
    assert told(advisor)[-1] == told(manager)[-1] == "tickets.reopened"


def test_the_same_clocks_go_on(done: Ticket, agent: Any) -> None:
    again(done, agent)
    assert Clock.objects.get(ticket=done, kind="resolve").stopped_at is None
    contact = Clock.objects.get(ticket=done, kind="contact")
    assert (contact.stopped_at, contact.due_at) == (NOW, DUE)


@pytest.mark.parametrize("gone", ["inactive", "no advisor"])
def test_without_the_former_advisor_it_waits_in_the_queue(
    gone: str, done: Ticket, advisor: Any, agent: Any
) -> None:
    if gone == "inactive":
        advisor.is_active = False
        advisor.save()
    else:
        advisor.groups.set([Group.objects.get(name="agent")])
    again(done, agent)
    row = fresh(done)
    assert (row.status, row.assignee, row.claimed_at) == ("queued", None, None)
    assert row.team is not None


def test_where_the_desk_assigns_a_reopened_ticket_does_not_wait_for_the_sweep(
    done: Ticket, advisor: Any, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints: list[tuple[str, tuple[int, ...]]] = []
    monkeypatch.setattr("tickets.services.teams.hint_after_commit", lambda *a: hints.append(a))
    Team.objects.filter(pk=done.team_id).update(assignment="automatic")
    advisor.groups.set([Group.objects.get(name="agent")])
    again(done, agent)
    assert hints == [("tickets.assign_teams", done.team_id)]


@pytest.mark.parametrize("who", ["advisor2", "manager", "agent"])
def test_everybody_who_sees_it_may(
    who: str, request: pytest.FixtureRequest, done: Ticket, advisor: Any
) -> None:
    assert again(done, request.getfixturevalue(who)).assignee == advisor


def test_strangers_may_not(done: Ticket, agent2: Any, other_advisor: Any) -> None:
    for user in (agent2, other_advisor):
        with pytest.raises(NotFound):
            again(done, user)


def test_a_reason_is_needed(done: Ticket, agent: Any) -> None:
    with pytest.raises(Invalid) as wrong:
        again(done, agent, reason="")
    assert list(wrong.value.fields) == ["reason"]


def test_for_a_week_and_no_longer(done: Ticket, agent: Any) -> None:
    with pytest.raises(Conflict) as late:
        again(done, agent, now=NOW + WEEK + timedelta(seconds=1))
    assert (late.value.code, late.value.state["status"]) == ("too_late", "resolved")
    assert again(done, agent, now=NOW + WEEK).status == "assigned"


def test_what_is_closed_stays_closed(done: Ticket, agent: Any) -> None:
    close_resolved(now=NOW + timedelta(days=2), after_days=1)
    with pytest.raises(Conflict) as late:
        again(done, agent, now=NOW + timedelta(days=2))
    assert (late.value.code, late.value.state["status"]) == ("too_late", "closed")


def test_what_is_open_is_not_reopened(make_ticket: Callable[..., Ticket], agent: Any) -> None:
    with pytest.raises(Conflict) as early:
        again(make_ticket(), agent)
    assert early.value.code == "wrong_state"


def test_another_open_ticket_of_the_account_stands_in_the_way(
    done: Ticket, agent: Any, make_ticket: Callable[..., Ticket]
) -> None:
    other = make_ticket(account_id="700002")
    with pytest.raises(Conflict) as double:
        again(done, agent)
    assert (double.value.code, double.value.state["ticket"]) == ("open_ticket", other.number)
    assert fresh(done).status == "resolved"


class TestFollowing:
    LATE = NOW + WEEK + HOUR

    def follow(
        self, old: Ticket, user: Any, contact: int, capture: Capture, **changes: Any
    ) -> Ticket:
        values: dict[str, Any] = {"now": self.LATE, **changes}
        return hand_over(
            follows=old.number,
            acting_user=user,
            consultation_id=contact,
            capture=capture,
            **values,
        ).ticket

    def test_later_a_new_ticket_follows_with_a_promise_of_its_own(
        self, done: Ticket, agent: Any, at_hand_over: Callable[..., int], capture: Any
    ) -> None:
        ticket = self.follow(done, agent, at_hand_over(), capture(account_id="700002"))
        assert (ticket.follows, ticket.status) == (done, "new")
        assert ticket.due_at is not None
        assert ticket.due_at > self.LATE
        assert ticket.events.get(code="ticket.handed_over").new["follows"] == done.number
        assert done.events.get(code="ticket.followed").new == {"ticket": ticket.number}
        assert fresh(done).status == "resolved"

    def test_a_new_matter_follows_though_the_old_ticket_could_be_reopened(
        self, done: Ticket, agent: Any, at_hand_over: Callable[..., int], capture: Any
    ) -> None:
        """Only the agent hears whether it is the same charge or another one."""
        soon = {"now": NOW + 2 * HOUR}
        ticket = self.follow(done, agent, at_hand_over(), capture(account_id="700002"), **soon)
        assert (ticket.follows, fresh(done).status) == (done, "resolved")

    def test_only_an_ended_ticket_of_the_same_account_that_one_sees_is_followed(
        self,
        done: Ticket,
        agent: Any,
        agent2: Any,
        at_hand_over: Callable[..., int],
        capture: Any,
        make_ticket: Callable[..., Ticket],
    ) -> None:
        still_open = make_ticket(account_id="700003")
        for user, number, account in (
            (agent, done.number, "700004"),
            (agent, still_open.number, "700005"),
            (agent, "T99999999", "700002"),
            (agent, "nonsense", "700002"),
            (agent2, done.number, "700002"),
        ):
            with pytest.raises(Invalid) as wrong:
                hand_over(
                    consultation_id=at_hand_over(user),
                    acting_user=user,
                    capture=capture(
                        account_id=account.removesuffix("x") + "1" * account.count("x")
                    ),
                    follows=number,
                    now=self.LATE,
                )
            assert list(wrong.value.fields) == ["follows"]

    def test_advisors_hand_nothing_over(
        self, done: Ticket, advisor: Any, at_hand_over: Callable[..., int], capture: Any
    ) -> None:
        with pytest.raises((NotAllowed, NotFound)):
            self.follow(done, advisor, at_hand_over(), capture(account_id="700002"))
