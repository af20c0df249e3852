"""The transcript of a ticket: frozen, with the versions and revisions of all that was read out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kb.models import FlowVersion
from kb.services.content import QuestionContent
from kb.services.flow_publishing import keep_version
from kb.services.publishing import publish_question
from tests.conftest import NOW
from tests.standings import publish, publish_hand_over
from tests.tickets.services.roundabout import ROUND, TYPED, answered, begin_round, publish_round
from tickets.models import Consultation, FlowRun, Ticket
from tickets.services.consultations import hand_over_instead
from tickets.services.hand_over import Capture, hand_over

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    publish_round()
    publish("round", flow="roundabout", script="第二版。")
    return begin_round(agent)


def handed_over(contact: int, now: Any = NOW, **changes: Any) -> dict[str, Any]:
    agent = Consultation.objects.get(pk=contact).agent
    capture = Capture(problem="打不开", demand="修", contact_channel="private_message", **changes)
    hand_over(consultation_id=contact, acting_user=agent, capture=capture, fill_in=True, now=now)
    return dict(Ticket.objects.get().transcript)


def test_a_run_keeps_the_revision_of_its_question(contact: int) -> None:
    assert FlowRun.objects.get(consultation=contact).question_revision == 2
    publish("round", flow="roundabout", script="第三版。")
    assert FlowRun.objects.get(consultation=contact).question_revision == 2


@pytest.mark.parametrize(("way", "queue"), [("no", "devices"), ("report", "feedback")])
def test_the_queue_hint_stands_under_its_key(contact: int, way: str, queue: str) -> None:
    answered(contact, "no", TYPED, way)
    assert handed_over(contact)["queue"] == queue


def test_flow_version_digest_and_revisions_are_those_of_then(contact: int) -> None:
    version = FlowVersion.objects.get(flow__key="roundabout")
    answered(contact, "no", TYPED)
    answered(contact, "no", now=LATER)
    # All of it changes afterwards; the run and its ticket do not.
    changed = ROUND.replace("请您重启。", "请您关机。")
    keep_version(text=changed, acting_user=None, reason="test", now=LATER)
    publish_question(
        key="price",
        content=QuestionContent(
            title="价格", category="credits", status="online", script="2 元可购买 10 灵感值。"
        ),
        acting_user=None,
        reason="test",
        now=LATER,
    )
    publish("round", flow="roundabout", script="第三版。")
    told = handed_over(contact, LATER)
    assert (told["flow"], told["flow_version"], told["flow_digest"]) == (
        "roundabout",
        1,
        version.digest,
    )
    assert told["flows"] == [{"flow": "roundabout", "version": 1, "digest": version.digest}]
    assert told["question_revision"] == 2
    assert [step["source"] for step in told["steps"]] == [
        None,
        None,
        {"question": "price", "revision": 1},
    ]
    assert told["steps"][2]["script"] == "1 元可购买 10 灵感值。"


def test_a_flow_that_was_left_stands_there_with_its_values_and_sources(
    contact: int, agent: Any
) -> None:
    answered(contact, "no", TYPED, "again")
    fallback = publish_hand_over()
    publish("round", flow="roundabout", expires_at=NOW)
    hand_over_instead(consultation_id=contact, acting_user=agent, now=LATER)
    told = handed_over(contact, LATER, account_id="7712345")
    assert [each["flow"] for each in told["flows"]] == ["roundabout", "hand-over"]
    assert (told["flow"], told["flow_digest"]) == ("hand-over", fallback.digest)
    kinds = [step["kind"] for step in told["steps"]]
    assert kinds == ["retry", "collect", "retry", "changed"]
    assert told["steps"][1]["values"][0]["value"] == "7712345"
    assert [step["source"] for step in told["steps"]] == [
        None,
        None,
        {"question": "price", "revision": 1},
        {"question": "round", "revision": 3},
    ]
