"""Two people at the same ticket at the same instant: one is first, the other is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict, DeskError
from tests.concurrency.test_races import assert_the_timeline_is_one_story
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tests.tickets.services.steps import (
    HOUR,
    MISSING,
    answered,
    codes,
    fresh,
    resolved,
    returned,
    taken,
)
from tickets.models import Clock, Presence, Ticket
from tickets.services.chases import chase
from tickets.services.claims import claim, claim_next
from tickets.services.closing import close_resolved
from tickets.services.completing import Corrections, complete
from tickets.services.merging import merge
from tickets.services.presence import seen
from tickets.services.reopening import reopen
from tickets.services.returns import return_ticket
from tickets.services.transfers import transfer
from tickets.services.work import resolve

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
Make = Callable[..., Ticket]


def refused(results: list[Any]) -> list[Any]:
    for each in results:
        assert not isinstance(each, Exception) or isinstance(each, DeskError), repr(each)
    return [each for each in results if isinstance(each, DeskError)]


def end(ticket: Ticket, user: Any) -> partial[Ticket]:
    return partial(
        resolve, number=ticket.number, acting_user=user, code="fixed", summary="好", now=NOW
    )


@pytest.fixture
def pair(make_ticket: Make, questions: Any) -> tuple[Ticket, Ticket]:
    """Two open tickets of one account about two questions."""
    one = make_ticket(account_id="700002")
    price = StandardQuestion.objects.get(key="price")
    Ticket.objects.filter(pk=one.pk).update(question=price)
    return fresh(one), make_ticket(account_id="700002", now=NOW + HOUR)


def test_of_two_claims_one_wins(make_ticket: Make, advisor: Any, advisor2: Any) -> None:
    for _n in range(ROUNDS):
        ticket = make_ticket()
        results = at_once(
            partial(claim, number=ticket.number, acting_user=advisor, now=NOW),
            partial(claim, number=ticket.number, acting_user=advisor2, now=NOW),
        )
        (late,) = refused(results)
        assert late.state["assignee"] == fresh(ticket).assignee.get_username()  # type: ignore[union-attr]
        assert codes(ticket).count("ticket.claimed") == 1


def test_a_claim_and_a_transfer(
    make_ticket: Make, advisor: Any, advisor2: Any, manager: Any
) -> None:
    for _n in range(ROUNDS):
        ticket = make_ticket()
        results = at_once(
            partial(claim, number=ticket.number, acting_user=advisor, now=NOW),
            partial(
                transfer,
                number=ticket.number,
                acting_user=manager,
                person="advisor2",
                reason="熟悉",
                now=NOW,
            ),
        )
        # A manager may pass on what was just taken; what was passed on is not taken any more.
        late = refused(results)
        assert [each.code for each in late] in ([], ["wrong_state"])
        assert fresh(ticket).assignee == advisor2
        assert_the_timeline_is_one_story(fresh(ticket))


def test_taking_the_next_skips_what_is_being_passed_on(
    make_ticket: Make, advisor: Any, manager: Any
) -> None:
    first, second = make_ticket(), make_ticket()
    passing = partial(
        transfer,
        number=first.number,
        acting_user=manager,
        team="safety",
        reason="归口",
        now=NOW,
    )
    with held(passing):
        assert claim_next(acting_user=advisor, now=NOW) == second
    assert fresh(first).team.slug == "safety"  # type: ignore[union-attr]


def test_of_merging_each_into_the_other_one_goes_through(
    pair: tuple[Ticket, Ticket], advisor: Any, manager: Any
) -> None:
    one, other = pair
    into = partial(merge, reason="同一件事", now=NOW + 2 * HOUR)
    results = at_once(
        partial(into, number=one.number, into=other.number, acting_user=advisor),
        partial(into, number=other.number, into=one.number, acting_user=manager),
    )
    (late,) = refused(results)
    assert isinstance(late, Conflict)
    assert sorted(fresh(each).status for each in pair) == ["merged", "queued"]
    assert Clock.objects.filter(ticket__in=pair, stopped_at=None).count() == 2


def test_a_merge_that_waits_for_another_one_finds_what_came_of_it(
    pair: tuple[Ticket, Ticket], advisor: Any, manager: Any
) -> None:
    """Both waited for the same locks in the same order: neither is a deadlock's victim."""
    one, other = pair
    first = partial(
        merge,
        number=one.number,
        into=other.number,
        acting_user=advisor,
        reason="同",
        now=NOW + HOUR,
    )
    with held(first):
        second = in_background(
            partial(
                merge,
                number=other.number,
                into=one.number,
                acting_user=manager,
                reason="同",
                now=NOW + HOUR,
            )
        )
        wait_until_blocked()
    late = outcome(second)
    assert isinstance(late, Conflict)
    assert late.state["status"] == "merged"


def test_a_chase_and_the_end_of_the_work(make_ticket: Make, agent: Any, advisor: Any) -> None:
    for _n in range(ROUNDS):
        ticket = taken(make_ticket(), advisor)
        answered(ticket, advisor)
        chased, ended = at_once(
            partial(chase, number=ticket.number, acting_user=agent, note="", now=NOW),
            end(ticket, advisor),
        )
        refused([chased, ended])
        row = fresh(ticket)
        assert row.status == "resolved"
        assert row.chase_count == (0 if isinstance(chased, Conflict) else 1)


def test_a_reopening_and_the_closing_sweep(make_ticket: Make, agent: Any, advisor: Any) -> None:
    for _n in range(ROUNDS):
        ticket = resolved(make_ticket(), advisor)
        now = NOW + timedelta(days=7)
        opened, closed = at_once(
            partial(reopen, number=ticket.number, acting_user=agent, reason="又来", now=now),
            partial(close_resolved, now=now, after_days=7),
        )
        if isinstance(opened, Conflict):
            assert (opened.code, closed, fresh(ticket).status) == ("too_late", 1, "closed")
        else:
            assert (closed, fresh(ticket).status) == (0, "assigned")


def test_the_sweep_leaves_alone_what_somebody_is_reopening(
    make_ticket: Make, agent: Any, advisor: Any
) -> None:
    ticket = resolved(make_ticket(), advisor)
    now = NOW + timedelta(days=7)
    with held(partial(reopen, number=ticket.number, acting_user=agent, reason="又来", now=now)):
        assert close_resolved(now=now, after_days=7) == 0
    assert fresh(ticket).status == "assigned"


def test_a_return_and_the_end_of_the_work(make_ticket: Make, advisor: Any) -> None:
    for _n in range(ROUNDS):
        ticket = taken(make_ticket(), advisor)
        answered(ticket, advisor)
        results = at_once(
            partial(
                return_ticket,
                number=ticket.number,
                acting_user=advisor,
                reason="缺",
                missing=MISSING,
                now=NOW,
            ),
            end(ticket, advisor),
        )
        assert len(refused(results)) == 1
        assert fresh(ticket).status in ("returned", "resolved")


def test_a_reopening_and_a_new_ticket_of_the_same_account(
    make_ticket: Make, agent: Any, agent2: Any, advisor: Any
) -> None:
    for number in range(ROUNDS):
        account = f"70000{number}"
        done = resolved(make_ticket(account_id=account), advisor)
        results = at_once(
            partial(reopen, number=done.number, acting_user=agent, reason="又来", now=NOW + HOUR),
            partial(make_ticket, account_id=account, acting_user=agent2, now=NOW + HOUR),
        )
        (late,) = refused(results)
        assert late.code in ("open_ticket", "chase_due")
        assert Ticket.objects.open().filter(account_id=account).count() == 1


def test_two_corrections_to_the_same_account(make_ticket: Make, agent: Any, advisor: Any) -> None:
    tickets = [returned(make_ticket(), advisor) for _n in range(2)]
    results = at_once(
        *(
            partial(
                complete,
                number=ticket.number,
                acting_user=agent,
                corrections=Corrections(account_id="700099"),
                now=NOW,
            )
            for ticket in tickets
        )
    )
    (late,) = refused(results)
    assert late.code == "open_ticket"
    assert sorted(fresh(each).status for each in tickets) == ["queued", "returned"]


def test_two_tabs_of_one_person_are_one_presence(make_ticket: Make, advisor: Any) -> None:
    ticket = make_ticket()
    at_once(
        *(
            partial(seen, ticket=ticket, person=advisor, is_writing=writing, now=NOW)
            for writing in (True, False)
        )
    )
    assert Presence.objects.count() == 1
