"""A contact remembers since when its user is waited for; the run itself says the same."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from kb.flows.schema import CollectNode
from klingdesk.core.errors import DeskError
from tests.conftest import NOW
from tests.standings import publish, publish_hand_over
from tests.tickets.services.roundabout import ACCOUNT, TYPED, answered, begin_round, publish_round
from tickets.models import Consultation
from tickets.selectors.runs import run_state
from tickets.services.chases import chase_from_consultation
from tickets.services.consultations import (
    answer_step,
    finish_consultation,
    go_back,
    hand_over_instead,
    jump_back,
    restart_run,
)
from tickets.services.hand_over import Capture, hand_over

LATER = NOW + timedelta(hours=3)
CAPTURE = Capture(
    problem="打不开", demand="修", account_id=ACCOUNT, contact_channel="private_message"
)


@pytest.fixture
def contact(agent: Any, questions: Any) -> int:
    publish_round()
    return begin_round(agent)


def waits_since(contact: int) -> Any:
    return Consultation.objects.get(pk=contact).parked_at


def test_a_run_that_begins_with_a_try_waits_from_the_start(contact: int) -> None:
    assert waits_since(contact) == NOW


def test_from_one_try_to_the_next_it_waits_anew(contact: int, agent: Any) -> None:
    answered(contact, "no")
    assert waits_since(contact) is None
    answered(contact, TYPED, now=LATER)
    assert waits_since(contact) == LATER
    answered(contact, "again", now=LATER + timedelta(hours=1))
    assert waits_since(contact) == LATER + timedelta(hours=1)
    back_at = LATER + timedelta(hours=2)
    go_back(consultation_id=contact, acting_user=agent, now=back_at)
    assert waits_since(contact) == back_at
    jump_back(consultation_id=contact, acting_user=agent, step=2, now=back_at)
    assert waits_since(contact) is None
    restart_run(consultation_id=contact, acting_user=agent, now=back_at)
    assert waits_since(contact) == back_at


@pytest.mark.parametrize("outcome", ["answered", "redirected", "abandoned"])
def test_whoever_ends_it_waits_no_longer(contact: int, agent: Any, outcome: str) -> None:
    finish_consultation(consultation_id=contact, acting_user=agent, outcome=outcome, now=LATER)
    assert waits_since(contact) is None


def test_a_hand_over_and_a_chase_end_the_waiting(contact: int, agent: Any) -> None:
    answered(contact, "no", TYPED, "no")
    assert waits_since(contact) is None
    hand_over(consultation_id=contact, acting_user=agent, capture=CAPTURE, now=NOW)
    again = begin_round(agent)
    assert waits_since(again) == NOW
    chase_from_consultation(
        consultation_id=again, acting_user=agent, account_id=ACCOUNT, note="", now=LATER
    )
    assert waits_since(again) is None


def test_handing_over_instead_ends_the_waiting(contact: int, agent: Any) -> None:
    publish_hand_over()
    publish("round", flow="roundabout", expires_at=NOW)
    hand_over_instead(consultation_id=contact, acting_user=agent, now=LATER)
    assert waits_since(contact) is None


def test_what_is_refused_leaves_it_waiting(contact: int, agent: Any) -> None:
    for node, value in (("restart", "perhaps"), ("who", "next")):
        with pytest.raises(DeskError):
            answer_step(
                consultation_id=contact, acting_user=agent, node=node, value=value, now=LATER
            )
    assert waits_since(contact) == NOW


@pytest.mark.parametrize("seed", range(8))
def test_the_column_says_what_the_run_says_on_any_walk(contact: int, agent: Any, seed: int) -> None:
    chance = random.Random(seed)
    parked = 0
    for minute in range(1, 40):
        now = NOW + timedelta(minutes=minute)
        _any_step(contact, agent, chance, now)
        row = Consultation.objects.get(pk=contact)
        state = run_state(row)
        assert state is not None
        assert (row.parked_at is not None) == state.position.is_parked
        assert row.parked_at is None or row.parked_at <= now
        parked += state.position.is_parked
    assert 0 < parked < 39


def _any_step(contact: int, agent: Any, chance: random.Random, now: Any) -> None:
    state = run_state(Consultation.objects.get(pk=contact))
    assert state is not None
    who = {"consultation_id": contact, "acting_user": agent, "now": now}
    numbers = [step.number for step in state.steps]
    what = chance.choice(["answer", "answer", "answer", "back", "jump", "restart"])
    if what == "answer" and not state.position.is_terminal:
        way = chance.choice(state.position.ways)
        values = TYPED if isinstance(state.position.node, CollectNode) else {}
        answer_step(node=state.position.node_key, value=way.value, values=values, **who)
    elif what == "jump" and numbers:
        jump_back(step=chance.choice(numbers), **who)
    elif what == "restart" or not numbers:
        restart_run(**who)
    else:
        go_back(**who)
