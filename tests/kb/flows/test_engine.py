"""Walking a flow: replay, advance, back, what is shown, how it ends."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.engine import (
    ANSWER_LIMIT,
    Answer,
    OutcomeKind,
    advance,
    back,
    outcome_kind,
    position,
    transcript,
)
from kb.flows.errors import (
    FlowMismatch,
    NothingToUndo,
    TooManyAnswers,
    UnknownChoice,
    WrongNode,
)
from kb.flows.loader import parse_flow
from kb.flows.schema import FlowDefinition
from tests.kb.flows.examples import COLOUR, colour_with, definitions

FLOW = parse_flow(COLOUR)
COMPUTER = Answer("which-screen", "computer")
PHONE = Answer("which-screen", "phone")


def walked(*values: str) -> tuple[Answer, ...]:
    answers: tuple[Answer, ...] = ()
    for value in values:
        answers = advance(FLOW, answers, Answer(position(FLOW, answers).node_key, value))
    return answers


def test_a_run_starts_at_the_start() -> None:
    here = position(FLOW, ())
    assert (here.node_key, here.is_terminal, here.path) == ("which-screen", False, ())
    assert here.node == FLOW.nodes["which-screen"]


def test_answers_lead_on_and_the_path_tells_how() -> None:
    here = position(FLOW, walked("computer", "no"))
    assert here.node_key == "hand-over"
    assert here.is_terminal
    assert [(step.node_key, step.value, step.label) for step in here.path] == [
        ("which-screen", "computer", "电脑"),
        ("calibrate", "no", "还是不对"),
    ]


def test_a_loop_through_people_is_walked_as_often_as_they_like() -> None:
    here = position(FLOW, walked("computer", "again", "computer", "again", "phone", "next"))
    assert here.node_key == "elsewhere"
    assert len(here.path) == 6


def test_an_answer_for_another_node_is_refused_with_both_names() -> None:
    with pytest.raises(WrongNode) as caught:
        advance(FLOW, (COMPUTER,), PHONE)
    assert (caught.value.expected, caught.value.given) == ("calibrate", "which-screen")


def test_an_unknown_value_is_refused_with_the_allowed_ones() -> None:
    with pytest.raises(UnknownChoice) as caught:
        advance(FLOW, (), Answer("which-screen", "tablet"))
    assert caught.value.allowed == ("computer", "phone")
    assert "computer, phone" in str(caught.value)


def test_a_say_node_has_one_answer() -> None:
    with pytest.raises(UnknownChoice) as caught:
        advance(FLOW, (PHONE,), Answer("explain", "yes"))
    assert caught.value.allowed == ("next",)


def test_nothing_follows_an_end() -> None:
    with pytest.raises(UnknownChoice) as caught:
        advance(FLOW, walked("computer", "yes"), Answer("done", "next"))
    assert caught.value.allowed == ()


def test_recorded_answers_that_do_not_fit_are_named_by_number() -> None:
    with pytest.raises(FlowMismatch) as caught:
        position(FLOW, (COMPUTER, Answer("calibrate", "perhaps"), PHONE))
    assert caught.value.index == 1
    assert isinstance(caught.value.reason, UnknownChoice)
    with pytest.raises(FlowMismatch):
        advance(FLOW, (Answer("gone", "x"),), COMPUTER)


def test_back_at_the_start_is_refused() -> None:
    with pytest.raises(NothingToUndo):
        back(())


def test_a_run_does_not_go_round_for_ever() -> None:
    answers = walked("computer", "again") * (ANSWER_LIMIT // 2)
    assert position(FLOW, answers).node_key == "which-screen"
    with pytest.raises(TooManyAnswers):
        advance(FLOW, answers, COMPUTER)
    with pytest.raises(FlowMismatch):
        position(FLOW, (*answers, COMPUTER))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("computer",), None),
        (("computer", "yes"), OutcomeKind.ANSWER),
        (("phone", "next"), OutcomeKind.REDIRECT),
        (("computer", "no"), OutcomeKind.TIER2),
    ],
)
def test_how_a_run_ends(values: tuple[str, ...], kind: OutcomeKind | None) -> None:
    assert outcome_kind(position(FLOW, walked(*values)).node) is kind


def test_an_escalation_without_promise_is_a_report() -> None:
    flow = parse_flow(
        colour_with("hand-over", promise=False, script="已记录。", requires=["problem"])
    )
    assert outcome_kind(flow.nodes["hand-over"]) == "report"


def test_the_transcript_holds_what_was_shown_and_answered() -> None:
    entries = transcript(FLOW, walked("computer", "yes"))
    assert entries == [
        {
            "node": "which-screen",
            "kind": "choice",
            "prompt": "先问清楚在哪块屏幕上看的",
            "script": "请问您是在电脑上还是手机上看的呢？",
            "answer": "computer",
            "answer_label": "电脑",
            "automatic": False,
            "values": [],
        },
        {
            "node": "calibrate",
            "kind": "retry",
            "prompt": "校准后好了吗",
            "script": "请您重新校准一下显示器。",
            "answer": "yes",
            "answer_label": "好了",
            "automatic": False,
            "values": [],
        },
        {
            "node": "done",
            "kind": "end",
            "prompt": "",
            "script": "很高兴帮到您。",
            "answer": "",
            "answer_label": "",
            "automatic": False,
            "values": [],
        },
    ]


def test_the_transcript_of_an_open_run_ends_with_the_last_answer() -> None:
    assert [entry["node"] for entry in transcript(FLOW, (COMPUTER,))] == ["which-screen"]


def test_the_transcript_never_shows_an_unfilled_variable() -> None:
    entries = transcript(FLOW, walked("computer", "no"))
    assert entries[-1]["node"] == "hand-over"
    assert "{{" not in json.dumps(entries)


@st.composite
def runs(draw: st.DrawFn) -> tuple[FlowDefinition, list[tuple[Answer, ...]]]:
    """A random flow and all states of a random run over it."""
    flow = parse_flow(draw(definitions()))
    states: list[tuple[Answer, ...]] = [()]
    for _ in range(draw(st.integers(0, 12))):
        here = position(flow, states[-1])
        if here.is_terminal:
            break
        way = draw(st.sampled_from(here.node.exits()))
        states.append(advance(flow, states[-1], Answer(here.node_key, way.value)))
    return flow, states


@given(runs())
def test_every_state_of_a_run_is_a_valid_position(
    run: tuple[FlowDefinition, list[tuple[Answer, ...]]],
) -> None:
    flow, states = run
    for answers in states:
        here = position(flow, answers)
        assert flow.nodes[here.node_key] is here.node
        assert here.is_terminal == (not here.node.exits())
        assert here.is_terminal == (outcome_kind(here.node) is not None)
        assert [(step.node_key, step.value) for step in here.path] == [
            (answer.node, answer.value) for answer in answers
        ]


@given(runs())
def test_advance_is_replay_and_back_undoes_it(
    run: tuple[FlowDefinition, list[tuple[Answer, ...]]],
) -> None:
    flow, states = run
    for before, after in itertools.pairwise(states):
        last = position(flow, after).path[-1]
        assert last.node_key == position(flow, before).node_key
        assert back(after) == before
        way = next(way for way in last.node.exits() if way.value == last.value)
        assert position(flow, after).node_key == way.next


@given(runs())
def test_the_transcript_is_json_and_in_step_with_the_answers(
    run: tuple[FlowDefinition, list[tuple[Answer, ...]]],
) -> None:
    flow, states = run
    entries: list[dict[str, Any]] = transcript(flow, states[-1])
    assert json.loads(json.dumps(entries)) == entries
    answered = [entry for entry in entries if entry["answer"]]
    assert [(entry["node"], entry["answer"]) for entry in answered] == [
        (answer.node, answer.value) for answer in states[-1]
    ]


@given(runs(), st.text(max_size=6), st.text(max_size=6))
def test_no_answer_brings_a_run_out_of_the_flow(
    run: tuple[FlowDefinition, list[tuple[Answer, ...]]], node: str, value: str
) -> None:
    flow, states = run
    here = position(flow, states[-1])
    with pytest.raises(WrongNode):
        advance(flow, states[-1], Answer(f"no {node}", value))
    with pytest.raises(UnknownChoice):
        advance(flow, states[-1], Answer(here.node_key, f"no {value}"))
