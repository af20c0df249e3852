"""A flow with every way to end, and runs of it as the desk makes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kb.models import FlowVersion
from kb.services.flow_publishing import keep_version
from tests.conftest import NOW
from tests.standings import publish
from tickets.models import Consultation
from tickets.selectors.runs import run_state
from tickets.services.consultations import (
    answer_step,
    finish_consultation,
    start_consultation,
)
from tickets.services.hand_over import Capture, hand_over

PART = """
schema: 2
key: who
title: 核对用户
question: ends
outcomes: [known, unknown]
start: ids
nodes:
  ids:
    kind: collect
    prompt: 问账号
    variables:
      - {key: id, kind: account_id, label: 账号 ID}
      - {key: note, kind: text, label: 备注, required: false}
    next: sure
  sure:
    kind: choice
    prompt: 是本人吗
    choices:
      - {value: "yes", label: 是, next: known}
      - {value: "no", label: 不是, next: unknown}
  known: {kind: end, outcome: known}
  unknown: {kind: end, outcome: unknown}
"""

ENDS = """
schema: 2
key: ends
title: 测试：各种结束
question: ends
start: what
nodes:
  what:
    kind: choice
    prompt: 想做什么
    choices:
      - {value: ask, label: 问规则, next: in-force}
      - {value: buy, label: 买东西, next: order}
      - {value: other, label: 别的事, next: elsewhere}
      - {value: report, label: 举报, next: report}
      - {value: money, label: 退款, next: who}
  in-force:
    kind: branch
    rules: [{label: 规则有效, when: {in_force: price}, next: rules}]
    else: tier2
  rules: {kind: say, answer: price, next: done}
  order:
    kind: collect
    prompt: 问清件数
    variables: [{key: pieces, kind: count, label: 件数}]
    next: price
  price:
    kind: table
    columns: [{var: pieces}]
    outputs: [{key: fee, kind: text, label: 费用}]
    rows:
      - {when: {pieces: {to: 4}}, give: {fee: 八元}, label: 少}
      - {when: {pieces: {from: 5}}, give: {fee: 六元}, label: 多}
    next: tell
  tell:
    kind: retry
    script: 每件{{fee}}，您试着下单。
    prompt: 下单成功了吗
    choices:
      - {value: "yes", label: 成功了, next: done}
      - {value: "no", label: 没有, next: what}
  who:
    kind: subflow
    flow: who
    version: 1
    outcomes: {known: tier2, unknown: done}
    take: {account: id}
  elsewhere: {kind: redirect, script: 请到别处。, channel: 官网}
  report: {kind: escalate, promise: false, script: 已经记录。, requires: [problem]}
  done: {kind: end, outcome: answered, script: 好的。}
  tier2:
    kind: escalate
    script: 最晚 {{due_date}} 前答复。
    queue: money
    fields: [{key: times, label: 次数, kind: count, required: false}]
"""

HAND_OVER = """
schema: 2
key: hand-over
title: 记录并转交
question: other
start: urgent
nodes:
  urgent:
    kind: choice
    prompt: 急不急
    sets: urgent
    choices:
      - {value: "yes", label: 急, next: by-urgency}
      - {value: "no", label: 不急, next: by-urgency}
  by-urgency:
    kind: branch
    rules: [{when: {var: urgent, op: eq, value: "yes"}, next: calm}]
    else: record
  calm: {kind: say, script: 您别着急。, next: record}
  record: {kind: escalate, script: "最晚 {{due_date}} 前答复。"}
"""
"""What runs are changed to: longer than the starter one, so that something is answered in it."""

SECRET = "7654321"
"""An account ID that somebody typed: no page about flows may show it."""


def publish_ends(**changes: str) -> FlowVersion:
    """The flow ``ends`` with its parts and questions; ``changes``: texts to put for others."""
    for text in (PART, HAND_OVER):
        keep_version(text=text, acting_user=None, reason="test", now=NOW)
    version = keep_version(text=changed(**changes), acting_user=None, reason="test", now=NOW)
    publish("ends", flow="ends")
    return version


def changed(**changes: str) -> str:
    text = ENDS
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Run:
    """One contact; each thing done takes place a second after the one before."""

    def __init__(self, agent: Any, *, now: datetime = NOW, question: str = "ends") -> None:
        self.agent = agent
        self.now = now
        self.contact: Consultation = start_consultation(
            acting_user=agent, channel="chat", utterance="你好", question_key=question, now=now
        )

    @property
    def node(self) -> str:
        state = run_state(self.contact)
        assert state is not None
        return state.position.node_key

    def later(self, seconds: float = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def do(self, service: Any, **given: Any) -> Any:
        """Call a service of contacts for this one."""
        return service(
            consultation_id=self.contact.pk, acting_user=self.agent, now=self.later(), **given
        )

    def say(self, *given: Any) -> Run:
        """Answer: a choice's value, or what is typed by variable."""
        for each in given:
            said = {"value": each} if isinstance(each, str) else {"values": each}
            self.do(answer_step, node=self.node, **said)
        return self

    def finish(self, outcome: str = "answered") -> Run:
        self.do(finish_consultation, outcome=outcome)
        return self

    def hand_over(self, account: str = SECRET) -> Run:
        capture = Capture(
            problem="问题",
            demand="诉求",
            account_id=account,
            contact_channel="private_message",
        )
        self.do(hand_over, capture=capture)
        return self
