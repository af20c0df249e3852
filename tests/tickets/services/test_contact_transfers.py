"""A running contact goes to a colleague: who may do that, and what goes along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role
from notices.models import Notice
from tests.conftest import NOW
from tests.tickets.services.roundabout import (
    ACCOUNT,
    TYPED,
    answered,
    begin_round,
    publish_round,
    stands,
)
from tickets.models import Consultation, ContactTransfer, Ticket
from tickets.selectors.consultations import consultation_get_for
from tickets.selectors.parked import parked_of_account, parked_of_colleagues
from tickets.services.consultations import answer_step, finish_consultation
from tickets.services.contact_transfers import MOST_NOTE, pass_on, take_over
from tickets.services.hand_over import Capture, hand_over

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    """Stands where the user reinstalls; the account ID is filled in."""
    publish_round()
    number = begin_round(agent)
    answered(number, "no", TYPED)
    return number


def passed(contact: int, by: Any, to: str, note: str = "") -> Consultation:
    return pass_on(consultation_id=contact, to_agent=to, acting_user=by, note=note, now=LATER)


def taken(contact: int, by: Any, **more: Any) -> Consultation:
    return take_over(consultation_id=contact, acting_user=by, now=LATER, **more)


@pytest.mark.parametrize("statement", ["UPDATE {} SET note = 'x'", "DELETE FROM {}"])
def test_who_passed_it_on_cannot_be_rewritten(
    contact: int, agent: Any, agent2: Any, statement: str
) -> None:
    passed(contact, agent, "agent2")
    table = ContactTransfer._meta.db_table
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


# --- passing on ----------------------------------------------------------------------------------


def test_a_colleague_goes_on_at_the_same_step(contact: int, agent: Any, agent2: Any) -> None:
    before = stands(contact).position.node_key
    passed(contact, agent, "agent2", note=" 用户在重装 ")
    assert stands(contact).position.node_key == before
    with pytest.raises(NotFound):
        consultation_get_for(user=agent, consultation_id=contact)
    assert consultation_get_for(user=agent2, consultation_id=contact).agent == agent2
    row = ContactTransfer.objects.get()
    assert (row.from_agent, row.to_agent, row.by, row.note, row.at) == (
        agent,
        agent2,
        agent,
        "用户在重装",
        LATER,
    )


def test_the_ticket_has_the_one_who_handed_it_over_and_all_who_answered(
    contact: int, agent: Any, agent2: Any
) -> None:
    passed(contact, agent, "agent2")
    answered(contact, "no", now=LATER)
    capture = Capture(problem="打不开", demand="修", contact_channel="private_message")
    hand_over(consultation_id=contact, acting_user=agent2, capture=capture, fill_in=True, now=LATER)
    ticket = Ticket.objects.get()
    assert ticket.handed_over_by == agent2
    assert [step["by"] for step in ticket.transcript["steps"]] == ["agent", "agent", "agent2"]


def test_a_manager_may_pass_on_in_the_agents_place(
    contact: int, manager: Any, agent: Any, agent2: Any
) -> None:
    passed(contact, manager, "agent2")
    assert ContactTransfer.objects.get().by == manager
    told = {notice.recipient: notice.code for notice in Notice.objects.all()}
    assert told == {agent: "contacts.passed_by_other", agent2: "contacts.passed_on"}


def test_only_the_receiver_is_told_by_the_agent_and_nothing_personal(
    contact: int, agent: Any, agent2: Any
) -> None:
    passed(contact, agent, "agent2", note=f"ID {ACCOUNT}")
    notice = Notice.objects.get()
    assert (notice.recipient, notice.code) == (agent2, "contacts.passed_on")
    assert ACCOUNT not in str(notice.params)


def test_nobody_else_may_pass_it_on(contact: int, agent2: Any, advisor: Any) -> None:
    for person in (agent2, advisor):
        with pytest.raises(NotFound):
            passed(contact, person, "agent2")
    assert not ContactTransfer.objects.exists()


@pytest.mark.parametrize("to", ["", "nobody", "advisor", "gone", "agent"])
def test_it_goes_to_an_active_agent_who_does_not_have_it(
    contact: int, agent: Any, advisor: Any, person: Callable[..., Any], to: str
) -> None:
    gone = person("gone", Role.AGENT)
    gone.is_active = False
    gone.save()
    with pytest.raises(Invalid) as refused:
        passed(contact, agent, to)
    assert set(refused.value.fields) == {"to"}


def test_a_note_that_is_too_long_is_told_with_all_else(contact: int, agent: Any) -> None:
    with pytest.raises(Invalid) as refused:
        passed(contact, agent, "nobody", note="长" * (MOST_NOTE + 1))
    assert set(refused.value.fields) == {"to", "note"}


def test_what_is_over_is_not_passed_on(contact: int, agent: Any, agent2: Any) -> None:
    finish_consultation(consultation_id=contact, acting_user=agent, outcome="answered", now=NOW)
    with pytest.raises(Conflict) as late:
        passed(contact, agent, "agent2")
    assert late.value.code == "consultation_ended"


# --- taking over ---------------------------------------------------------------------------------


def test_an_agent_takes_over_whose_user_has_called_back(
    contact: int, agent: Any, agent2: Any
) -> None:
    taken(contact, agent2, note="用户又来电")
    assert stands(contact).position.node_key == "reinstall"
    answered(contact, "yes", now=LATER)
    steps = stands(contact).run.steps.order_by("number")
    assert [step.answered_by for step in steps] == [agent, agent, agent2]
    notice = Notice.objects.get()
    assert (notice.recipient, notice.code) == (agent, "contacts.taken_over")
    with pytest.raises(NotFound):
        answer_step(
            consultation_id=contact, acting_user=agent, node="done", value="next", now=LATER
        )


def test_what_does_not_wait_is_not_taken_and_not_seen(
    contact: int, agent: Any, agent2: Any
) -> None:
    answered(contact, "no")
    for number in (contact, 999_999):
        with pytest.raises(NotFound):
            taken(number, agent2)
    assert parked_of_colleagues(user=agent2) == ([], 0)
    with pytest.raises(NotFound):
        taken(contact, agent)


def test_who_takes_contacts_over(contact: int, manager: Any, advisor: Any) -> None:
    for person in (manager, advisor):
        with pytest.raises(NotAllowed):
            taken(contact, person)
        assert parked_of_colleagues(user=person) == ([], 0)


def test_it_is_told_when_somebody_else_has_it_by_now(
    contact: int, agent2: Any, person: Callable[..., Any]
) -> None:
    taken(contact, person("agent3", Role.AGENT), from_agent="agent")
    with pytest.raises(Conflict) as late:
        taken(contact, agent2, from_agent="agent")
    assert (late.value.code, late.value.state) == ("taken_over", {"agent": "agent3"})
    assert ContactTransfer.objects.count() == 1


def test_a_note_on_taking_over_has_its_limit_too(contact: int, agent2: Any) -> None:
    with pytest.raises(Invalid) as refused:
        taken(contact, agent2, note="长" * (MOST_NOTE + 1))
    assert set(refused.value.fields) == {"note"}


# --- what an agent sees before -------------------------------------------------------------------


def test_only_first_words_without_numbers_are_shown(contact: int, agent: Any, agent2: Any) -> None:
    rows, more = parked_of_colleagues(user=agent2)
    assert more == 0
    (row,) = rows
    assert (row.pk, row.question, row.agent, row.username) == (
        contact,
        "标题 round",
        "agent",
        "agent",
    )
    assert (row.since, row.account) == (NOW, "")
    assert row.words == "我的 ID 是 ‹#›，打不开"
    assert parked_of_colleagues(user=agent) == ([], 0)


def test_it_is_found_by_the_account_id_that_was_filled_in_and_by_no_part_of_it(
    contact: int, agent: Any, agent2: Any
) -> None:
    (row,) = parked_of_account(user=agent2, account_id=" ＩＤ：７７１２３４５ ")
    assert (row.pk, row.account) == (contact, "7****5")
    for other in ("771234", "77123456", "7712345x", "", "%", "13812345678"):
        assert parked_of_account(user=agent2, account_id=other) == []
    assert parked_of_account(user=agent, account_id=ACCOUNT) == []


def test_the_same_digits_that_are_no_account_id_do_not_count(
    agent: Any, agent2: Any, questions: Any
) -> None:
    publish_round()
    number = begin_round(agent)
    answered(number, "no", {"account": "9990001", "order": ACCOUNT})
    assert parked_of_account(user=agent2, account_id=ACCOUNT) == []
    assert [row.pk for row in parked_of_account(user=agent2, account_id="9990001")] == [number]


def test_the_list_costs_few_queries(
    contact: int, agent: Any, agent2: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(25):
        begin_round(agent)
    agent2._desk_roles = frozenset({Role.AGENT})
    with django_assert_max_num_queries(2):  # rows with question and agent; how many there are
        rows, more = parked_of_colleagues(user=agent2)
    assert (len(rows), more) == (20, 6)
