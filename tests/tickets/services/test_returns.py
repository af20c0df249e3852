"""Back to tier 1, completed there, and back to the team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import MISSING, answered, fresh, returned, taken, told
from tickets.models import Clock, Consultation, Ticket
from tickets.services.completing import Corrections, complete
from tickets.services.returns import return_ticket


@pytest.fixture
def ticket(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    return taken(make_ticket(account_id="700002"), advisor)


@pytest.fixture
def back(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """Returned to tier 1."""
    return returned(make_ticket(account_id="700002"), advisor)


def send_back(ticket: Ticket, user: Any, **changes: Any) -> Ticket:
    values: dict[str, Any] = {"reason": "资料不全", "missing": MISSING, "now": NOW, **changes}
    return return_ticket(number=ticket.number, acting_user=user, **values)


def mend(ticket: Ticket, user: Any, *, note: str = "", **values: Any) -> Ticket:
    return complete(
        number=ticket.number,
        acting_user=user,
        corrections=Corrections(**values),
        note=note,
        now=NOW,
    )


class TestReturning:
    def test_the_ticket_goes_back_with_what_is_missing(
        self, ticket: Ticket, advisor: Any, agent: Any
    ) -> None:
        missing = [
            {"field": "contact", "why": "号码是空号"},
            {"field": "times", "label": "ignored", "why": "是两次还是三次"},
            {"field": "扣费截图", "why": "请用户发来"},
            {"field": "", "label": "订单号", "why": "核对用"},
        ]
        send_back(ticket, advisor, missing=missing)
        row = fresh(ticket)
        assert (row.status, row.assignee, row.team.slug) == ("returned", None, "tier2")  # type: ignore[union-attr]
        assert (row.bounce_count, row.claimed_at) == (1, None)
        assert row.missing == [
            {"field": "contact", "label": "", "why": "号码是空号"},
            {"field": "times", "label": "扣了几次", "why": "是两次还是三次"},
            {"field": "", "label": "扣费截图", "why": "请用户发来"},
            {"field": "", "label": "订单号", "why": "核对用"},
        ]
        event = ticket.events.get(code="ticket.returned")
        assert event.old == {"status": "assigned", "assignee": "advisor"}
        assert (event.note, event.new["returns"]) == ("资料不全", 1)
        assert told(agent) == ["tickets.returned"]

    def test_the_clocks_go_on(self, ticket: Ticket, advisor: Any) -> None:
        send_back(ticket, advisor)
        clocks = Clock.objects.filter(ticket=ticket)
        assert [(each.stopped_at, each.paused_since) for each in clocks] == [(None, None)] * 2
        assert fresh(ticket).due_at == DUE

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"reason": " "}, "reason"),
            ({"reason": "长" * 5_001}, "reason"),
            ({"missing": []}, "missing"),
            ({"missing": [{"field": str(n), "why": "x"} for n in range(21)]}, "missing"),
            ({"missing": [{"field": "problem", "why": ""}]}, "missing.0.why"),
            ({"missing": [{"field": " ", "why": "x"}]}, "missing.0.field"),
            ({"missing": [{"field": "长" * 101, "why": "x"}]}, "missing.0.label"),
            ({"missing": [*MISSING, *MISSING]}, "missing.1.field"),
        ],
    )
    def test_mistakes_are_told_at_their_fields(
        self, changes: dict[str, Any], field: str, ticket: Ticket, advisor: Any
    ) -> None:
        with pytest.raises(Invalid) as wrong:
            send_back(ticket, advisor, **changes)
        assert list(wrong.value.fields) == [field]
        assert fresh(ticket).status == "assigned"

    @pytest.mark.parametrize("who", ["advisor2", "manager", "agent"])
    def test_only_the_assignee_returns(
        self, who: str, request: pytest.FixtureRequest, ticket: Ticket
    ) -> None:
        with pytest.raises(NotAllowed):
            send_back(ticket, request.getfixturevalue(who))

    def test_what_is_not_in_hand_is_not_returned(self, back: Ticket, advisor: Any) -> None:
        with pytest.raises(Conflict) as twice:
            send_back(back, advisor)
        assert twice.value.state["status"] == "returned"


class TestCompleting:
    def test_corrected_it_waits_in_its_teams_queue(
        self, back: Ticket, agent: Any, advisor: Any
    ) -> None:
        mend(back, agent, account_id="ID：７０００９９", extra={"times": "3"}, note="问过了")
        row = fresh(back)
        assert (row.status, row.assignee, row.team.slug) == ("queued", None, "tier2")  # type: ignore[union-attr]
        assert (row.account_id, row.missing, row.bounce_count) == ("700099", [], 1)
        assert row.extra == [{"key": "times", "label": "扣了几次", "kind": "count", "value": 3}]
        assert (row.problem, row.contact_value) == (back.problem, back.contact_value)
        assert Consultation.objects.get(ticket=back).account_id == "700099"
        assert "tickets.completed" in told(advisor)

    def test_the_timeline_keeps_old_and_new_without_personal_data(
        self, back: Ticket, agent: Any
    ) -> None:
        mend(
            back,
            agent,
            account_id="700099123",
            contact_value="13912345678",
            problem="扣了两次，旧号 13800138000",
        )
        event = back.events.get(code="ticket.completed")
        assert event.old["status"] == "returned"
        assert set(event.new) == {"status", "account_id", "contact_value", "problem"}
        for plain in ("700002", "700099123", "13800138000", "13912345678"):
            assert plain not in str(event.old) + str(event.new)

    def test_another_way_to_reach_the_user(self, back: Ticket, agent: Any) -> None:
        mend(back, agent, contact_channel="private_message")
        row = fresh(back)
        assert (row.contact_channel, row.contact_value) == ("private_message", "")

    @pytest.mark.parametrize("who", ["manager", "agent2"])
    def test_managers_and_agents_who_chased_it_complete_it_too(
        self,
        who: str,
        request: pytest.FixtureRequest,
        back: Ticket,
        agent2: Any,
        at_hand_over: Callable[..., int],
    ) -> None:
        Consultation.objects.filter(pk=at_hand_over(agent2)).update(
            status="chased", ticket=back, finished_at=NOW
        )
        assert mend(back, request.getfixturevalue(who), note="已核对").status == "queued"

    def test_nobody_else_completes_it(self, back: Ticket, agent2: Any, advisor2: Any) -> None:
        with pytest.raises(NotFound):
            mend(back, agent2, note="已核对")
        with pytest.raises(NotAllowed):
            mend(back, advisor2, note="已核对")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({}, "note"),
            ({"note": " "}, "note"),
            ({"note": "长" * 5_001}, "note"),
            ({"account_id": "13800138000"}, "account_id"),
            ({"account_id": ""}, "account_id"),
            ({"problem": " "}, "problem"),
            ({"demand": "长" * 5_001}, "demand"),
            ({"contact_channel": "pigeon"}, "contact_channel"),
            ({"contact_value": "12"}, "contact_value"),
            ({"extra": {"times": ""}}, "extra.times"),
            ({"extra": {"times": "许多"}}, "extra.times"),
            ({"extra": {"colour": "红"}}, "extra.colour"),
            ({"account_id": "700002"}, "note"),
        ],
    )
    def test_the_rules_of_the_hand_over_hold(
        self, values: dict[str, Any], field: str, back: Ticket, agent: Any
    ) -> None:
        with pytest.raises(Invalid) as wrong:
            mend(back, agent, **values)
        assert list(wrong.value.fields) == [field]
        assert fresh(back).status == "returned"

    def test_an_optional_detail_comes_and_goes(
        self, back: Ticket, agent: Any, advisor: Any
    ) -> None:
        mend(back, agent, extra={"about_when": "昨天下午"})
        assert [item["key"] for item in fresh(back).extra] == ["times", "about_when"]
        returned(back, advisor)
        mend(back, agent, extra={"about_when": ""})
        assert [item["key"] for item in fresh(back).extra] == ["times"]
        assert fresh(back).bounce_count == 2

    def test_an_account_with_an_open_ticket_of_its_own_is_offered_a_merge_or_a_chase(
        self, back: Ticket, agent: Any, make_ticket: Callable[..., Ticket]
    ) -> None:
        other = make_ticket(account_id="700099")
        with pytest.raises(Conflict) as double:
            mend(back, agent, account_id="700099")
        assert double.value.code == "open_ticket"
        assert double.value.state == {
            "ticket": other.number,
            "status": "queued",
            "offers": ["merge", "chase"],
        }
        assert fresh(back).account_id == "700002"

    def test_what_was_not_returned_is_not_completed(
        self, ticket: Ticket, agent: Any, advisor: Any
    ) -> None:
        with pytest.raises(Conflict) as early:
            mend(ticket, agent, note="好了")
        assert early.value.state["status"] == "assigned"

    def test_a_ticket_without_its_contact_is_completed_by_what_it_says_itself(
        self, back: Ticket, manager: Any
    ) -> None:
        Consultation.objects.filter(ticket=back).update(status="abandoned", ticket=None)
        with pytest.raises(Invalid) as wrong:
            mend(back, manager, demand="")
        assert list(wrong.value.fields) == ["demand"]
        mend(back, manager, extra={"times": "三次"})
        assert fresh(back).extra[0]["value"] == "三次"


def test_a_promise_kept_before_the_return_stays_kept(
    ticket: Ticket, advisor: Any, agent: Any
) -> None:
    answered(ticket, advisor)
    send_back(ticket, advisor)
    mend(ticket, agent, note="已补")
    assert Clock.objects.get(ticket=ticket, kind="contact").stopped_at == NOW
