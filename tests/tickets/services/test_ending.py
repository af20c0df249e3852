"""Tickets that end without an answer, and those that close for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klingdesk.core.errors import Conflict, Invalid, NotAllowed
from tests.conftest import NOW
from tests.tickets.services.steps import HOUR, fresh, resolved, returned, taken, told, waiting
from tickets.models import Clock, Presence, Ticket
from tickets.services.cancelling import cancel
from tickets.services.chases import chase_from_consultation
from tickets.services.closing import close_resolved
from tickets.services.presence import seen
from tickets.tasks import close_resolved as close_task

Make = Callable[..., Ticket]


def call_off(ticket: Ticket, user: Any, reason: str = "用户撤回") -> Ticket:
    return cancel(number=ticket.number, acting_user=user, reason=reason, now=NOW + HOUR)


def test_a_cancelled_ticket_is_over_and_its_clocks_stop_without_a_verdict(
    make_ticket: Make, agent: Any
) -> None:
    ticket = make_ticket()
    call_off(ticket, agent)
    row = fresh(ticket)
    assert (row.status, row.ended_at) == ("cancelled", NOW + HOUR)
    assert ticket.events.get(code="ticket.cancelled").old == {"status": "queued"}
    clocks = Clock.objects.filter(ticket=ticket)
    assert all(each.stopped_at and each.dropped and not each.breached_at for each in clocks)
    assert not ticket.events.filter(code__in=["sla.met", "sla.missed"]).exists()


def test_who_worked_on_a_cancelled_ticket_is_told_and_who_cancelled_it_is_not(
    make_ticket: Make, agent: Any, advisor: Any
) -> None:
    ticket = make_ticket()
    taken(ticket, advisor)
    call_off(ticket, advisor)
    assert "tickets.cancelled" in told(agent)
    assert "tickets.cancelled" not in told(advisor)


@pytest.mark.parametrize("stage", ["new", "queued", "assigned", "waiting", "returned"])
@pytest.mark.parametrize("who", ["agent", "agent2", "advisor", "advisor2", "manager"])
def test_who_may_cancel_when(
    stage: str, who: str, request: pytest.FixtureRequest, make_ticket: Make, advisor: Any
) -> None:
    ticket = make_ticket(routed=stage != "new")
    reach: dict[str, Callable[..., object]] = {
        "assigned": taken,
        "waiting": waiting,
        "returned": returned,
    }
    if stage in reach:
        reach[stage](ticket, advisor)
    may = (
        who == "manager"
        or (who == "agent" and stage in ("new", "queued"))
        or (who == "advisor" and stage in ("assigned", "waiting"))
    )
    user = request.getfixturevalue(who)
    if may:
        assert call_off(ticket, user).status == "cancelled"
    else:
        # agent2 does not even see it, nor do advisors what has not been routed.
        with pytest.raises(Exception, match=r"allow|no such ticket"):
            call_off(ticket, user)
        assert fresh(ticket).status == stage


def test_an_agent_who_only_chased_it_does_not_cancel_it(
    make_ticket: Make, agent2: Any, at_hand_over: Callable[..., int]
) -> None:
    ticket = make_ticket(account_id="700002")
    chase_from_consultation(
        consultation_id=at_hand_over(agent2),
        acting_user=agent2,
        account_id="700002",
        note="",
        now=NOW,
    )
    with pytest.raises(NotAllowed):
        call_off(ticket, agent2)


def test_a_reason_is_needed_and_what_is_over_stays_over(
    make_ticket: Make, manager: Any, advisor: Any
) -> None:
    ticket = make_ticket()
    with pytest.raises(Invalid) as wrong:
        call_off(ticket, manager, reason=" ")
    assert list(wrong.value.fields) == ["reason"]
    call_off(ticket, manager)
    with pytest.raises(Conflict) as over:
        call_off(ticket, manager)
    assert over.value.state["status"] == "cancelled"
    with pytest.raises(Conflict):
        taken(ticket, advisor)


def test_a_cancelled_ticket_makes_room_for_a_new_one(make_ticket: Make, agent: Any) -> None:
    call_off(make_ticket(account_id="700002"), agent)
    assert make_ticket(account_id="700002").status == "queued"


class TestClosing:
    def test_resolved_tickets_close_after_their_days(self, make_ticket: Make, advisor: Any) -> None:
        early = resolved(make_ticket(), advisor)
        late = resolved(make_ticket(), advisor, now=NOW + HOUR)
        still_open = make_ticket()
        now = NOW + timedelta(days=7)
        assert close_resolved(now=now, after_days=7) == 1
        assert (fresh(early).status, fresh(early).ended_at) == ("closed", now)
        assert early.events.get(code="ticket.closed").actor is None
        assert (fresh(late).status, fresh(still_open).status) == ("resolved", "queued")
        assert close_resolved(now=now, after_days=7) == 0

    def test_in_batches_of_three_statements(self, make_ticket: Make, advisor: Any) -> None:
        for _n in range(5):
            resolved(make_ticket(), advisor)
        with CaptureQueriesContext(connection) as queries:
            assert close_resolved(now=NOW + timedelta(days=8), after_days=7, batch=2) == 5
        work = [query for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(work) == 9, [query["sql"] for query in work]

    def test_the_task_closes_by_the_setting_and_forgets_who_was_there(
        self, make_ticket: Make, advisor: Any, settings: Any
    ) -> None:
        done = resolved(make_ticket(), advisor)
        seen(ticket=done, person=advisor, is_writing=False, now=NOW)
        settings.KLINGDESK_CLOSE_AFTER_DAYS = 1
        close_task()
        assert fresh(done).status == "closed"
        assert not Presence.objects.exists()
