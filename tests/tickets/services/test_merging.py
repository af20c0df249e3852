"""Two tickets about the same matter become one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import DUE, NOW
from tests.tickets.services.steps import answered, codes, fresh, resolved, taken, told, waiting
from tickets.models import Clock, Consultation, Team, Ticket
from tickets.selectors.access import is_reporter
from tickets.services import merging
from tickets.services.chases import chase
from tickets.services.merging import merge
from tickets.services.priorities import set_priority
from tickets.services.watching import watch

ACCOUNT = "700002"


@pytest.fixture
def twins(
    make_ticket: Callable[..., Ticket], agent: Any, agent2: Any, questions: Any
) -> Callable[[], tuple[Ticket, Ticket]]:
    """An older ticket of agent's, and a newer one of agent2's about another question."""

    def make() -> tuple[Ticket, Ticket]:
        older = make_ticket(account_id=ACCOUNT)
        newer = make_ticket(account_id="1234567", acting_user=agent2, now=NOW + timedelta(days=2))
        Ticket.objects.filter(pk=newer.pk).update(
            account_id=ACCOUNT, question=StandardQuestion.objects.get(key="price")
        )
        return older, fresh(newer)

    return make


def join(source: Ticket, target: Ticket, user: Any, **changes: Any) -> Ticket:
    values: dict[str, Any] = {"reason": "同一件事", "now": NOW + timedelta(days=2, hours=1)}
    return merge(
        number=source.number, into=target.number, acting_user=user, **{**values, **changes}
    )


def test_the_target_goes_on_with_the_earlier_promise(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any
) -> None:
    older, newer = twins()
    assert newer.due_at is not None
    assert newer.due_at > DUE
    merged = join(older, newer, advisor)
    assert merged == newer
    source, target = fresh(older), fresh(newer)
    assert (source.status, source.merged_into, source.ended_at) == (
        "merged",
        newer,
        NOW + timedelta(days=2, hours=1),
    )
    assert (target.status, target.due_at) == ("queued", DUE)
    assert not Clock.objects.filter(ticket=older, stopped_at=None).exists()
    assert Clock.objects.filter(ticket=newer, stopped_at=None).count() == 2
    assert older.events.get(code="ticket.merged").new == {"status": "merged", "into": newer.number}
    absorbed = newer.events.get(code="ticket.absorbed")
    assert (absorbed.new["from"], absorbed.note) == (older.number, "同一件事")


def test_the_other_way_round_the_earlier_promise_holds_too(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any
) -> None:
    older, newer = twins()
    join(newer, older, advisor)
    assert fresh(older).due_at == DUE


def test_chases_priority_and_watchers_add_up_and_contacts_stay(
    twins: Callable[[], tuple[Ticket, Ticket]],
    advisor: Any,
    advisor2: Any,
    agent: Any,
    manager: Any,
) -> None:
    older, newer = twins()
    for _n in range(2):
        chase(number=older.number, acting_user=agent, note="", now=NOW)
    chase(number=newer.number, acting_user=manager, note="", now=NOW)
    set_priority(number=older.number, acting_user=manager, priority=2, reason="急", now=NOW)
    watch(number=older.number, acting_user=advisor2, now=NOW)
    watch(number=newer.number, acting_user=manager, now=NOW)
    join(older, newer, advisor)
    target = fresh(newer)
    assert (target.chase_count, target.priority) == (3, 2)
    assert set(target.watchers.all()) == {advisor2, manager}
    assert newer.events.get(code="ticket.absorbed").old == {"priority": 1, "chases": 1}
    assert Consultation.objects.get(ticket=older).agent == agent


def test_a_watcher_who_may_not_see_the_target_does_not_come_along(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any, manager: Any
) -> None:
    older, newer = twins()
    watch(number=older.number, acting_user=advisor, now=NOW)
    Ticket.objects.filter(pk=newer.pk).update(team=Team.objects.get(slug="safety"))
    join(older, newer, manager)
    assert not fresh(newer).watchers.exists()


def test_agents_of_the_source_see_the_target(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any, agent: Any, agent2: Any
) -> None:
    older, newer = twins()
    assert newer not in Ticket.objects.visible_to(agent)
    join(older, newer, advisor)
    assert set(Ticket.objects.visible_to(agent)) == {older, newer}
    assert is_reporter(newer, agent)
    assert set(Ticket.objects.visible_to(agent2)) == {newer}
    assert not is_reporter(older, agent2)


def test_what_was_merged_before_follows_to_the_next_target(
    twins: Callable[[], tuple[Ticket, Ticket]],
    make_ticket: Callable[..., Ticket],
    advisor: Any,
    agent: Any,
) -> None:
    first, second = twins()
    join(first, second, advisor)
    third = make_ticket(account_id=ACCOUNT, acting_user=None, now=NOW + timedelta(days=3))
    join(second, third, advisor)
    assert {fresh(first).merged_into, fresh(second).merged_into} == {third}
    assert first.events.get(code="ticket.merged_further").new == {"into": third.number}
    assert third in Ticket.objects.visible_to(agent)
    assert fresh(third).due_at == DUE


def test_out_of_waiting(twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any) -> None:
    older, newer = twins()
    waiting(older, advisor)
    join(older, newer, advisor)
    assert fresh(older).next_try_at is None
    assert fresh(newer).due_at == DUE


def test_a_ticket_is_not_merged_into_what_it_does_not_fit(
    twins: Callable[[], tuple[Ticket, Ticket]], make_ticket: Callable[..., Ticket], advisor: Any
) -> None:
    older, newer = twins()
    stranger = make_ticket(account_id="999999")
    record = make_ticket(account_id="555555")
    Ticket.objects.filter(pk=record.pk).update(promise=False, account_id=ACCOUNT)
    for target in (older, stranger, record):
        with pytest.raises(Invalid) as wrong:
            join(older, target, advisor)
        assert list(wrong.value.fields) == ["into"]
    join(record, newer, advisor)
    assert fresh(newer).promise


@pytest.mark.parametrize("into", ["", "no number", "T99999999", "x" * 200])
def test_an_unknown_target(
    into: str, twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any
) -> None:
    older, _newer = twins()
    with pytest.raises(Invalid) as wrong:
        merge(number=older.number, into=into, acting_user=advisor, reason="同", now=NOW)
    assert list(wrong.value.fields) == ["into"]
    with pytest.raises(NotFound):
        merge(number=into, into=older.number, acting_user=advisor, reason="同", now=NOW)


def test_who_may_not_merge_learns_nothing_of_the_target(
    twins: Callable[[], tuple[Ticket, Ticket]], agent: Any
) -> None:
    older, newer = twins()  # agent does not see the newer one
    with pytest.raises(NotAllowed):
        join(older, newer, agent)


def test_people_who_worked_on_the_source_are_told(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any, manager: Any
) -> None:
    older, newer = twins()
    taken(older, advisor)
    join(older, newer, manager)
    assert "tickets.merged" in told(advisor)
    assert "tickets.merged" not in told(manager)


def test_a_reason_is_needed(twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any) -> None:
    older, newer = twins()
    with pytest.raises(Invalid) as wrong:
        join(older, newer, advisor, reason=" ")
    assert list(wrong.value.fields) == ["reason"]


def test_both_must_be_seen_and_open(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any, manager: Any
) -> None:
    older, newer = twins()
    Ticket.objects.filter(pk=newer.pk).update(team=Team.objects.get(slug="safety"))
    with pytest.raises(Invalid):
        join(older, newer, advisor)
    with pytest.raises(NotFound):
        join(newer, older, advisor)
    Ticket.objects.filter(pk=newer.pk).update(team=older.team)
    resolved(newer, advisor, now=NOW + timedelta(days=2))
    for source, target in ((older, newer), (newer, older)):
        with pytest.raises(Conflict) as ended:
            join(source, target, manager)
        assert ended.value.state["ticket"] == newer.number
        assert ended.value.state["status"] == "resolved"


def test_an_agent_who_sees_both_still_merges_nothing(
    make_ticket: Callable[..., Ticket],
    twins: Callable[[], tuple[Ticket, Ticket]],
    agent: Any,
) -> None:
    older, newer = twins()
    Ticket.objects.filter(pk=newer.pk).update(handed_over_by=agent)
    with pytest.raises(NotAllowed):
        join(older, newer, agent)


def test_work_in_hand_stays_in_hand(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any, advisor2: Any
) -> None:
    older, newer = twins()
    taken(older, advisor)
    taken(newer, advisor2, now=NOW + timedelta(days=2))
    join(older, newer, advisor)
    assert (fresh(newer).assignee, fresh(newer).status) == (advisor2, "assigned")
    assert codes(newer)[-1] == "ticket.absorbed"


def test_what_was_merged_is_no_target_not_even_for_what_it_was_merged_into(
    twins: Callable[[], tuple[Ticket, Ticket]], advisor: Any
) -> None:
    older, newer = twins()
    join(older, newer, advisor)
    with pytest.raises(Conflict) as back:
        join(newer, older, advisor)
    assert (back.value.code, back.value.state["ticket"]) == ("wrong_state", older.number)


def test_one_more_that_is_merged_in_at_the_same_moment(
    twins: Callable[[], tuple[Ticket, Ticket]],
    make_ticket: Callable[..., Ticket],
    advisor: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = twins()
    third = make_ticket(account_id=ACCOUNT + "9")
    original = merging.guard

    def slip_in(ticket: Ticket, action: str, **more: Any) -> None:
        original(ticket, action, **more)
        Ticket.objects.filter(pk=third.pk).update(status="merged", merged_into=first, ended_at=NOW)

    monkeypatch.setattr(merging, "guard", slip_in)
    with pytest.raises(Conflict) as late:
        join(first, second, advisor)
    assert late.value.code == "try_again"
    assert fresh(first).status == "queued"


def test_a_target_that_was_answered_late_goes_on_with_the_promise_made_after_that(
    twins: Callable[[], tuple[Ticket, Ticket]],
    make_ticket: Callable[..., Ticket],
    advisor: Any,
    agent: Any,
) -> None:
    older, _newer = twins()
    late = DUE + timedelta(hours=1)
    taken(older, advisor)
    answered(older, advisor, now=late)
    made = make_ticket(account_id="7654321", now=late + timedelta(days=1))
    price = StandardQuestion.objects.get(key="price")
    Ticket.objects.filter(account_id=ACCOUNT, question=price).update(account_id="1234567")
    Ticket.objects.filter(pk=made.pk).update(account_id=ACCOUNT, question=price)
    join(fresh(made), older, advisor, now=late + timedelta(days=2))
    clock = Clock.objects.get(ticket=older, kind="contact")
    assert (clock.stopped_at, clock.breached_at, clock.due_at) == (None, DUE, made.due_at)
    assert (fresh(older).first_answered_at, fresh(older).due_at) == (None, made.due_at)
    assert older.events.filter(code="sla.missed").exists()
