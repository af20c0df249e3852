"""A flow with two places where the user tries something, typed values, and every kind of end."""

from __future__ import annotations

from typing import Any

from kb.models import StandardQuestion
from kb.services.flow_publishing import keep_version
from tests.conftest import NOW
from tests.standings import publish
from tickets.models import Consultation
from tickets.selectors.runs import RunState, run_state
from tickets.services.consultations import answer_step, start_consultation

ROUND = """
schema: 2
key: roundabout
title: 测试：来回
question: round
start: restart
nodes:
  restart:
    kind: retry
    script: 请您重启。
    prompt: 好了吗
    choices:
      - {value: "yes", label: 好了, next: done}
      - {value: "no", label: 没有, next: who}
  who:
    kind: collect
    prompt: 问账号
    variables:
      - {key: account, kind: account_id, label: 账号 ID}
      - {key: order, kind: text, label: 订单号, required: false}
      - {key: seen_at, kind: datetime, label: 发生时间, required: false}
    next: reinstall
  reinstall:
    kind: retry
    answer: price
    prompt: 重装之后好了吗
    choices:
      - {value: "yes", label: 好了, next: done}
      - {value: "again", label: 想再重启, next: restart}
      - {value: "no", label: 没有, next: tier2}
      - {value: "report", label: 只登记, next: report}
  done: {kind: end, outcome: answered, script: 好的。}
  tier2:
    kind: escalate
    queue: devices
    script: 最晚 {{due_date}} 前答复。
    prefill: {account_id: account}
  report:
    kind: escalate
    promise: false
    requires: [problem]
    queue: feedback
    script: 已登记。
"""
ACCOUNT = "7712345"
TYPED = {"account": f"ID：{ACCOUNT}"}


def publish_round() -> StandardQuestion:
    """The question ``round`` with that flow; ``price`` has to be there."""
    keep_version(text=ROUND, acting_user=None, reason="test", now=NOW)
    return publish("round", flow="roundabout")


def begin_round(agent: Any, words: str = "我的 ID 是 7712345，打不开", now: Any = NOW) -> int:
    return start_consultation(
        acting_user=agent, channel="phone", utterance=words, question_key="round", now=now
    ).pk


def stands(contact: int) -> RunState:
    state = run_state(Consultation.objects.get(pk=contact))
    assert state is not None
    return state


def answered(contact: int, *given: Any, now: Any = NOW) -> RunState:
    """Walk on: a text is a choice, a mapping is typed."""
    for each in given:
        answer_step(
            consultation_id=contact,
            acting_user=Consultation.objects.get(pk=contact).agent,
            node=stands(contact).position.node_key,
            now=now,
            **({"value": each} if isinstance(each, str) else {"values": each}),
        )
    return stands(contact)
