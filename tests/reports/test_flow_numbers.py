"""The numbers of a flow, against the same ones counted slowly, on runs drawn at random."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.flows.engine import NEXT
from kb.flows.schema import CollectNode
from kb.models import Flow, FlowVersion
from kb.services.flow_publishing import keep_version
from klingdesk.core.errors import Conflict, DeskError
from tests.conftest import NOW
from tests.standings import publish
from tests.tickets.flow_numbers_slowly import counted_slowly
from tests.tickets.flow_runs import SECRET, Run, changed, publish_ends
from tickets.models import FlowRun, RunStep
from tickets.reports.flow_numbers import (
    NodeNumbers,
    Reason,
    VersionNumbers,
    flow_numbers,
)
from tickets.reports.period import Period, today_at
from tickets.selectors.runs import CHANGED_FLOW, run_state
from tickets.services.chases import chase_from_consultation
from tickets.services.consultations import (
    finish_consultation,
    go_back,
    hand_over_instead,
    jump_back,
    restart_run,
)
from tickets.services.hand_over import Capture, hand_over

TODAY = Period(today_at(NOW), today_at(NOW))


@pytest.fixture
def ends(questions: Any) -> Flow:
    return publish_ends().flow


def numbers(flow: Flow, number: int = 1, period: Period = TODAY) -> VersionNumbers:
    found = flow_numbers(flow=flow, period=period, always=number)
    return next(each for each in found if each.number == number)


def at(found: VersionNumbers, key: str) -> NodeNumbers:
    return next(each for each in found.nodes if each.key == key)


def test_entered_answered_left_and_back(agent: Any, ends: Flow) -> None:
    Run(agent).say("buy", {"pieces": "3"}, "yes").finish()
    run = Run(agent).say("buy", {"pieces": "9"})
    run.do(go_back)
    run.finish("abandoned")
    Run(agent)
    found = numbers(ends)
    what, order, price, tell = (at(found, key) for key in ("what", "order", "price", "tell"))
    assert (what.entered, what.answered, what.given, what.undone) == (3, 2, 2, 0)
    assert what.reasons == {Reason.OPEN: 1}
    assert (order.entered, order.answered, order.given, order.undone) == (2, 1, 2, 1)
    assert (order.left, order.reasons, order.back_rate) == (1, {Reason.ABANDONED: 1}, 0.5)
    assert (price.entered, price.answered, price.given) == (2, 1, 0)
    assert (price.median_seconds, price.back_rate) == (None, None)
    assert (tell.entered, tell.answered) == (2, 1)
    assert at(found, "done").reasons == {Reason.ANSWERED: 1}
    assert found.walks == 3


def test_the_median_is_of_seconds_from_shown_to_answered(agent: Any, ends: Flow) -> None:
    for seconds in (1, 60, 2):
        run = Run(agent).say("buy")
        run.later(seconds - 1)
        run.say({"pieces": "3"})
    found = numbers(ends)
    assert at(found, "order").median_seconds == 2.0
    assert at(found, "what").median_seconds == 1.0


def test_every_reason(agent: Any, ends: Flow) -> None:
    Run(agent).say("ask", "next").finish()
    Run(agent).say("other").finish("redirected")
    Run(agent).say("money", {"id": SECRET}, "yes").hand_over()
    Run(agent).say("report").hand_over()
    again = Run(agent).say("money", {"id": SECRET}, "yes")
    again.do(chase_from_consultation, account_id=SECRET, note="")
    Run(agent).say("buy").finish()
    Run(agent).say("report").finish()
    Run(agent).finish("abandoned")
    Run(agent).say("money", {"id": "1234567"}, "yes").finish("abandoned")
    Run(agent)
    run = Run(agent)
    publish("ends", flow="ends", expires_at=NOW + timedelta(seconds=1))
    run.do(hand_over_instead)
    found = numbers(ends)
    assert found.reasons == {
        Reason.ANSWERED: 1,
        Reason.REDIRECTED: 1,
        Reason.HANDED_OVER: 1,
        Reason.REPORTED: 1,
        Reason.CHASED: 1,
        Reason.LEFT: 2,
        Reason.ABANDONED: 2,
        Reason.OPEN: 1,
        Reason.CHANGED: 1,
    }
    assert found.walks == 11
    assert at(found, "tier2").left == 1
    other = numbers(Flow.objects.get(key="hand-over"))
    assert (other.walks, other.reasons) == (1, {Reason.OPEN: 1})


def test_only_runs_that_began_in_the_period(agent: Any, ends: Flow) -> None:
    Run(agent, now=TODAY.starts_at)
    Run(agent, now=TODAY.ends_at - timedelta(microseconds=1))
    publish("ends", flow="ends")
    Run(agent, now=TODAY.ends_at)
    assert numbers(ends).walks == 2


def test_versions_are_counted_apart_and_those_nobody_walked_only_when_asked_for(
    agent: Any, ends: Flow
) -> None:
    Run(agent).say("other")
    newer = changed(**{"channel: 官网": "channel: 门店"})
    keep_version(text=newer, acting_user=None, reason="test", now=NOW)
    assert [each.number for each in flow_numbers(flow=ends, period=TODAY)] == [1]
    assert numbers(ends, 2).walks == 0
    assert at(numbers(ends, 2), "elsewhere").entered == 0
    Run(agent).say("other")
    Run(agent)
    found = flow_numbers(flow=ends, period=TODAY)
    assert [(each.number, each.walks) for each in found] == [(2, 2), (1, 1)]
    assert at(found[0], "elsewhere").entered == 1


def test_three_statements_and_the_versions(agent: Any, ends: Flow) -> None:
    for _ in range(3):
        Run(agent).say("buy", {"pieces": "3"}, "yes").finish()
    flow_numbers(flow=ends, period=TODAY)
    with CaptureQueriesContext(connection) as seen:
        flow_numbers(flow=ends, period=TODAY)
    # The versions, the three statements, and which version of “who” is inside.
    assert len(seen) == 5, [query["sql"] for query in seen]


class Wanderer:
    """Does with one contact whatever can be done, as a seeded draw has it."""

    def __init__(self, agent: Any, draw: random.Random, flow: str = "ends") -> None:
        self.draw = draw
        self.run = Run(
            agent, now=NOW + timedelta(seconds=draw.randrange(1_400, 1_820)), question=flow
        )

    def wander(self) -> None:
        doings = [self.answer] * 12 + [self.back] * 3 + [self.instead] * 3
        doings += [self.jump, self.again, self.end, self.end]
        for _ in range(self.draw.randrange(20)):
            self.run.later(self.draw.randrange(1, 400) / 7)
            try:
                self.draw.choice(doings)()
            except DeskError:
                continue  # not everything can be done everywhere
            self.run.contact.refresh_from_db()

    def answer(self) -> None:
        state = run_state(self.run.contact)
        assert state is not None
        node = state.position.node
        if isinstance(node, CollectNode):
            typed = {
                "pieces": str(self.draw.randrange(1, 9)),
                "id": str(self.draw.randrange(10**6, 10**7)),
            }
            asked = {each.key for each in node.variables}
            self.run.say({name: value for name, value in typed.items() if name in asked})
        elif not state.position.is_terminal:
            ways = [each.value for each in state.position.ways] or [NEXT]
            self.run.say(self.draw.choice(ways))

    def back(self) -> None:
        self.run.do(go_back)

    def jump(self) -> None:
        state = run_state(self.run.contact)
        assert state is not None
        steps = [each.number for each in state.steps if not each.automatic]
        if steps:
            self.run.do(jump_back, step=self.draw.choice(steps))

    def again(self) -> None:
        self.run.do(restart_run)

    def instead(self) -> None:
        self.run.do(hand_over_instead)

    def end(self) -> None:
        if self.draw.random() < 0.5:
            outcome = self.draw.choice(["answered", "redirected", "abandoned"])
            self.run.do(finish_consultation, outcome=outcome)
            return
        account = self.draw.choice([SECRET, str(self.draw.randrange(10**6, 10**7))])
        capture = Capture(
            problem="问题", demand="诉求", account_id=account, contact_channel="private_message"
        )
        try:
            self.run.do(hand_over, capture=capture)
        except Conflict as refused:
            if refused.code == "chase_due":
                self.run.do(chase_from_consultation, account_id=account, note="")


def test_the_same_as_counted_slowly_on_random_runs(agent: Any, ends: Flow) -> None:
    draw = random.Random(26)
    Run(agent).say("money", {"id": SECRET}, "yes").hand_over()
    # Then the answer ceases to be in force: whoever goes on is handed over by another flow.
    publish("ends", flow="ends", expires_at=NOW + timedelta(seconds=1_800))
    for turn in range(100):
        if turn == 50:
            newer = changed(
                **{
                    "next: who}": "next: who}\n      - {value: new, label: 新的, next: tell-more}",
                    "  who:": "  tell-more: {kind: say, script: 请稍等。, next: done}\n  who:",
                }
            )
            keep_version(text=newer, acting_user=None, reason="test", now=NOW)
        Wanderer(agent, draw).wander()
    slowly = counted_slowly(list(FlowRun.objects.select_related("consultation")))
    compared = 0
    for flow in Flow.objects.filter(key__in=["ends", "hand-over"]):
        for found in flow_numbers(flow=flow, period=TODAY):
            version = FlowVersion.objects.get(flow=flow, number=found.number)
            for each in found.nodes:
                mean = each.median_seconds
                fast = (
                    each.entered,
                    each.answered,
                    each.given,
                    each.undone,
                    round(mean, 6) if mean is not None else None,
                    dict(each.reasons),
                )
                assert fast == slowly.told(version, each.key), (version, each.key)
                compared += each.entered > 0
    assert compared > 20
    # It proves nothing about what did not come about.
    met = {reason for counted in slowly.reasons.values() for reason in counted}
    assert met == set(Reason)
    assert RunStep.objects.filter(kind=CHANGED_FLOW).exclude(undone_at=None).exists()
