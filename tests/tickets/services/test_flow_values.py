"""Runs whose steps are typed, decide by themselves, or lie in another flow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kb.models import StandardQuestion
from kb.services.content import QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from klingdesk.core.errors import Conflict, Invalid
from tests.conftest import NOW
from tests.standings import publish
from tickets.models import Consultation, FlowRun, RunStep, Ticket
from tickets.selectors.runs import RunState, run_state
from tickets.services.chases import chase_from_consultation
from tickets.services.consultations import (
    answer_step,
    go_back,
    hand_over_instead,
    jump_back,
    restart_run,
    start_consultation,
)
from tickets.services.hand_over import Capture, hand_over

PART = """
schema: 2
key: who
title: 核对用户
question: price
outcomes: [known, unknown]
start: ids
nodes:
  ids:
    kind: collect
    prompt: 问账号和电话
    variables:
      - {key: id, kind: account_id, label: 账号 ID}
      - {key: number, kind: mobile, label: 电话, required: false}
      - {key: secret, kind: text, label: 证件, personal: true, required: false}
    next: known
  known: {kind: end, outcome: known}
"""
FLOW = """
schema: 2
key: refund
title: 测试：退款
question: refund
start: in-force
nodes:
  in-force:
    kind: branch
    rules: [{label: 在有效期内, when: {in_force: price}, next: what}]
    else: what
  what:
    kind: collect
    prompt: 问清金额
    variables:
      - {key: paid, kind: amount, label: 付款金额}
      - {key: paid_at, kind: datetime, label: 付款时间, when: past, required: false}
    next: who
  who:
    kind: subflow
    flow: who
    version: 1
    outcomes: {known: try, unknown: try}
    take: {account: id}
  try:
    kind: retry
    answer: price
    prompt: 到账了吗
    choices:
      - {value: "yes", label: 到账了, next: done}
      - {value: "no", label: 没有, next: tier2}
  done: {kind: end, outcome: answered, script: 好的。}
  tier2:
    kind: escalate
    question: price
    queue: money
    script: 您付的 {{paid}} 我记下了，最晚 {{due_date}} 前答复。
    prefill: {account_id: account}
    fields:
      - {key: paid, label: 付款金额, kind: amount, from: paid}
"""
PAID = {"paid": "￥１,299.5 元"}
IDS = {"id": "ID：１２３４５６７", "number": "138 1234 5678", "secret": "证件 440102199001011234"}


@pytest.fixture
def refund(questions: Any) -> StandardQuestion:
    for text in (PART, FLOW):
        keep_version(text=text, acting_user=None, reason="test", now=NOW)
    return publish_question(
        key="refund",
        content=QuestionContent(
            title="退款", category="credits", status="online", script="话术。", flow="refund"
        ),
        acting_user=None,
        reason="test",
        now=NOW,
    )


@pytest.fixture
def contact(agent: Any, refund: StandardQuestion) -> Consultation:
    return start_consultation(
        acting_user=agent, channel="chat", utterance="退钱", question_key="refund", now=NOW
    )


def answered(contact: Consultation, *given: Any, now: Any = NOW) -> RunState:
    for each in given:
        state = run_state(contact)
        assert state is not None
        said = {"value": each} if isinstance(each, str) else {"values": each}
        answer_step(
            consultation_id=contact.pk,
            acting_user=contact.agent,
            node=state.position.node_key,
            now=now,
            **said,
        )
    state = run_state(contact)
    assert state is not None
    return state


def test_what_decides_by_itself_at_the_start_is_recorded(contact: Consultation) -> None:
    state = answered(contact)
    assert state.position.node_key == "what"
    assert [(step.node, step.automatic, step.label) for step in state.steps] == [
        ("in-force", True, "在有效期内")
    ]
    assert not state.can_go_back
    with pytest.raises(Conflict, match="nothing to go back"):
        go_back(consultation_id=contact.pk, acting_user=contact.agent, now=NOW)


def test_values_are_kept_clean_and_in_words(contact: Consultation) -> None:
    state = answered(contact, PAID, IDS)
    kept = {step.node: (step.values, step.label) for step in state.steps}
    assert kept["what"] == ({"paid": "1299.50"}, "付款金额：1299.50 元")
    values, label = kept["who/ids"]
    assert values["id"] == "1234567"
    assert values["number"] == "13812345678"
    assert label == "", "nothing personal in the line of the path"
    assert state.position.values["account"] == "1234567"
    assert [each.variable.key for each in state.collected] == ["paid", "id", "number", "secret"]


def test_all_refusals_come_at_once_and_nothing_is_kept(contact: Consultation) -> None:
    with pytest.raises(Invalid) as refused:
        answered(contact, {"paid": "很多", "paid_at": "2099-01-01 10:00", "colour": "red"})
    assert set(refused.value.fields) == {"values.paid", "values.paid_at", "values.colour"}
    assert RunStep.objects.filter(automatic=False).count() == 0


def test_a_day_without_its_year_is_told_from_the_time_of_the_answer(contact: Consultation) -> None:
    answered(contact, {**PAID, "paid_at": "昨天 下午3点"})
    assert RunStep.objects.get(node="what").values["paid_at"] == "2026-03-03T15:00"


def test_a_flow_inside_that_is_gone_is_a_conflict_in_words(contact: Consultation) -> None:
    run = FlowRun.objects.get(consultation=contact)
    missing = FLOW.replace("version: 1", "version: 7").replace("key: refund", "key: broken")
    run.version = keep_version(text=missing, acting_user=None, reason="test", now=NOW)
    run.save(update_fields=["version"])
    with pytest.raises(Conflict) as broken:
        answered(contact, PAID)
    assert broken.value.code == "flow_broken"
    assert RunStep.objects.filter(automatic=False).count() == 0


def test_going_back_leaves_the_flow_inside_again(contact: Consultation, agent: Any) -> None:
    answered(contact, PAID, IDS)
    state = go_back(consultation_id=contact.pk, acting_user=agent, now=NOW)
    assert state.position.node_key == "who/ids"
    state = go_back(consultation_id=contact.pk, acting_user=agent, now=NOW)
    assert (state.position.node_key, dict(state.position.values)) == ("what", {})
    again = answered(contact, {"paid": "5"}, IDS)
    assert again.position.values["paid"] == "5.00"


def test_starting_again_decides_anew(contact: Consultation, agent: Any) -> None:
    answered(contact, PAID, IDS)
    publish("price", expires_at=NOW)
    state = restart_run(consultation_id=contact.pk, acting_user=agent, now=NOW)
    assert [(step.node, step.label) for step in state.steps] == [("in-force", "")]
    assert state.position.node_key == "what"
    assert RunStep.objects.exclude(undone_at=None).count() == 5


def test_a_branch_stays_taken_when_its_reason_is_gone(contact: Consultation) -> None:
    answered(contact, PAID)
    publish("price", expires_at=NOW)
    assert answered(contact, IDS).steps[0].label == "在有效期内"


def test_what_was_read_out_is_recorded_as_it_was(contact: Consultation) -> None:
    answered(contact, PAID, IDS)
    answered(contact, "no", now=NOW + timedelta(hours=5))
    step = RunStep.objects.get(node="try")
    assert step.script == "1 元可购买 10 灵感值。"
    assert step.answered_at - step.shown_at == timedelta(hours=5)


def test_who_tries_is_waiting(contact: Consultation) -> None:
    answered(contact, PAID)
    contact.refresh_from_db()
    assert contact.parked_at is None
    answered(contact, IDS)
    contact.refresh_from_db()
    assert contact.parked_at == NOW


def test_the_ticket_has_the_question_queue_and_values_of_its_flow(
    contact: Consultation, agent: Any, questions: Any
) -> None:
    answered(contact, PAID, IDS, "no")
    capture = Capture(problem="没到账", demand="查", contact_channel="private_message")
    with pytest.raises(Invalid):
        hand_over(consultation_id=contact.pk, acting_user=agent, capture=capture, now=NOW)
    done = hand_over(
        consultation_id=contact.pk, acting_user=agent, capture=capture, fill_in=True, now=NOW
    )
    ticket = Ticket.objects.get()
    assert ticket.question == questions["price"]
    assert (ticket.account_id, ticket.transcript["queue"]) == ("1234567", "money")
    assert ticket.extra[0]["value"] == "1299.50 元" or ticket.extra[0]["value"] == "1299.50"
    assert "1299.50" in done.script
    assert "3月9日" in done.script
    ids = next(step for step in ticket.transcript["steps"] if step["node"] == "who/ids")
    assert [(each["key"], each["value"]) for each in ids["values"]] == [
        ("id", "1234567"),
        ("number", "13812345678"),
        ("secret", "证件 440102199001011234"),
    ]


def test_personal_values_of_the_transcript_are_hidden_from_others(
    contact: Consultation, agent: Any, manager: Any, client: Any
) -> None:
    answered(contact, PAID, IDS, "no")
    hand_over(
        consultation_id=contact.pk,
        acting_user=agent,
        capture=Capture(problem="没到账", demand="查", contact_channel="private_message"),
        fill_in=True,
        now=NOW,
    )
    number = Ticket.objects.get().number
    for user, sees in ((agent, True), (manager, False)):
        client.force_login(user)
        for address in (f"/admin/ticket/{number}/", f"/api/v1/tickets/{number}/"):
            text = client.get(address).content.decode()
            for value in ("1234567", "13812345678", "440102199001011234", "证件 44"):
                assert (value in text) is sees, (user, address, value)
            assert "138****5678" in text or sees


def test_a_chase_goes_to_the_ticket_of_the_question_of_the_flow(
    contact: Consultation, agent: Any
) -> None:
    answered(contact, PAID, IDS, "no")
    capture = Capture(problem="没到账", demand="查", contact_channel="private_message")
    made = hand_over(
        consultation_id=contact.pk, acting_user=agent, capture=capture, fill_in=True, now=NOW
    ).ticket
    second = start_consultation(
        acting_user=agent, channel="chat", utterance="还没", question_key="refund", now=NOW
    )
    answered(second, PAID, IDS, "no")
    with pytest.raises(Conflict) as due:
        hand_over(
            consultation_id=second.pk, acting_user=agent, capture=capture, fill_in=True, now=NOW
        )
    assert due.value.state["ticket"] == made.number
    chased = chase_from_consultation(
        consultation_id=second.pk, acting_user=agent, account_id="1234567", note="", now=NOW
    )
    assert chased == made


def test_jumping_back_before_the_change_of_flow_brings_the_old_one_back(
    contact: Consultation, agent: Any
) -> None:
    answered(contact, PAID)
    keep_version(text=HAND_OVER, acting_user=None, reason="test", now=NOW)
    later = NOW + timedelta(minutes=1)
    publish("refund", expires_at=NOW)
    contact.refresh_from_db()
    state = hand_over_instead(consultation_id=contact.pk, acting_user=agent, now=later)
    assert state.flow.key == "hand-over"
    with pytest.raises(Conflict):
        jump_back(consultation_id=contact.pk, acting_user=agent, step=1, now=later)
    state = jump_back(consultation_id=contact.pk, acting_user=agent, step=2, now=later)
    assert (state.flow.key, state.position.node_key) == ("refund", "what")


HAND_OVER = """
schema: 1
key: hand-over
title: 登记
question: other
start: tier2
nodes:
  tier2: {kind: escalate, script: "最晚 {{due_date}} 前答复。"}
"""
