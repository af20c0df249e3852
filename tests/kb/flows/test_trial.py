"""A walk that nobody keeps: the same as a run, whatever it is packed into on its way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows import engine
from kb.flows.errors import NothingToUndo, RunError
from kb.flows.loader import parse_flow
from kb.flows.trial import Trial
from kb.flows.walking import Answer
from kb.flows.world import World
from tests.conftest import NOW
from tests.kb.flows.examples import colour, colour_with, definitions

HERE = World(now=NOW)


def random_walk(trial: Trial, draw: st.DataObject, most: int = 8) -> Trial:
    for _ in range(draw.draw(st.integers(0, most))):
        here = trial.position
        if here.is_terminal:
            break
        way = draw.draw(st.sampled_from(here.ways))
        trial = trial.answered(Answer(here.node_key, way.value))
    return trial


@given(definitions(), st.data())
def test_it_stands_where_a_run_with_its_answers_stands(data: dict[str, Any], draw: Any) -> None:
    flow = parse_flow(data)
    trial = random_walk(Trial.begun(flow, HERE), draw)
    assert trial.position == engine.position(flow, trial.answers, HERE)
    assert len(trial.found) == len(trial.answers)


@given(definitions(), st.data())
def test_packing_loses_nothing(data: dict[str, Any], draw: Any) -> None:
    flow = parse_flow(data)
    trial = random_walk(Trial.begun(flow, HERE), draw)
    carried = json.loads(json.dumps(trial.packed()))
    assert Trial.unpacked(flow, HERE, carried) == trial
    assert trial.refitted() == trial


@given(definitions(), st.data())
def test_back_undoes_one_answer(data: dict[str, Any], draw: Any) -> None:
    before = random_walk(Trial.begun(parse_flow(data), HERE), draw)
    here = before.position
    if here.is_terminal:
        return
    after = before.answered(Answer(here.node_key, here.ways[0].value))
    assert after.back() == before
    assert before.dropped_at(here.node_key, after) == after.answers[len(before.answers)]


def test_there_is_nothing_before_the_start() -> None:
    trial = Trial.begun(parse_flow(colour()), HERE)
    assert not trial.can_go_back
    with pytest.raises(NothingToUndo):
        trial.back()
    with pytest.raises(NothingToUndo):
        trial.back_to(3)


def test_a_text_that_was_changed_is_walked_as_far_as_it_fits() -> None:
    data = colour()
    start = data["start"]
    first = data["nodes"][start]["choices"][0]
    walked = Trial.begun(parse_flow(data), HERE).answered(Answer(start, first["value"]))
    renamed = colour_with(start)
    renamed["nodes"][start]["choices"][0]["value"] = "renamed"
    moved = Trial.unpacked(parse_flow(renamed), HERE, walked.packed()).refitted()
    assert moved.answers == ()
    assert moved.position.node_key == start


def test_a_wrong_answer_is_refused_as_in_a_run() -> None:
    trial = Trial.begun(parse_flow(colour()), HERE)
    with pytest.raises(RunError):
        trial.answered(Answer(trial.position.node_key, "no-such-answer"))
    with pytest.raises(RunError):
        trial.answered(Answer("elsewhere", "next"))
