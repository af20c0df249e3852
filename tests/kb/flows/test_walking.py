"""Walking flows of schema 2: values, automatic nodes, flows inside, going back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kb.flows.engine import (
    ANSWER_LIMIT,
    Answer,
    OutcomeKind,
    Position,
    advance,
    back,
    back_to,
    begin,
    outcome,
    position,
    settle,
    transcript,
)
from kb.flows.errors import (
    EndlessRounds,
    FlowMismatch,
    FlowUnavailable,
    NothingToUndo,
    NotNow,
    NotUndoable,
    TooManyAnswers,
    UnknownChoice,
    UnknownVariables,
    Unset,
    ValuesRefused,
    WrongNode,
)
from kb.flows.loader import stored_flow
from kb.flows.showing import prefilled, shown
from kb.flows.world import NOWHERE, World
from tests.kb.flows.parcels import flow, parcels, parcels_with, world

FLOW = flow()
HERE = world()
PRICE = Answer("topic", "price")
LABEL = Answer("topic", "label")
LOST = Answer("topic", "lost")
RULES = Answer("topic", "rules")
FITS: dict[str, Any] = {"pieces": "２", "size": "小", "box": "large"}


def about(**values: Any) -> Answer:
    return Answer("about", values={**FITS, **values})


def walk(*given: Answer, at: World = HERE) -> tuple[Answer, ...]:
    answers = begin(FLOW, at)
    for answer in given:
        answers = advance(FLOW, answers, answer, at)
    return answers


def stand(*given: Answer, at: World = HERE) -> Position:
    return position(FLOW, walk(*given, at=at), at)


def test_values_are_kept_clean_and_a_table_decides_at_once() -> None:
    answers = walk(PRICE, about(sent_at="昨天 8:00", note=" "))
    assert answers == (
        PRICE,
        Answer(
            "about",
            "next",
            {"pieces": 2, "size": "small", "box": "large", "sent_at": "2026-11-20T08:00"},
        ),
        Answer("price", "2", {"cost": "每件 8 元", "free_box": False}, automatic=True),
    )
    assert json.loads(json.dumps([answer.values for answer in answers]))
    here = position(FLOW, answers)
    assert here.node_key == "tell-price"
    assert here.values == {"topic": "price", **answers[1].values, **answers[2].values}
    assert [(each.variable.label, each.words) for each in here.collected] == [
        ("想问什么", "多少钱"),
        ("件数", "2"),
        ("大小", "小"),
        ("箱子", "大"),
        ("何时寄出", "2026年11月20日 08:00"),
        ("费用", "每件 8 元"),
        ("送箱子", "否"),
    ]


def test_what_is_shown_has_its_variables_filled_in() -> None:
    now = shown(stand(PRICE, about()))
    assert (now.script, now.prompt) == ("您寄 2 件（小），每件 8 元。", "共 2 件")
    assert [way.value for way in now.ways] == ["next"]


def test_all_refused_values_are_named_at_once_and_nothing_moves() -> None:
    with pytest.raises(ValuesRefused) as caught:
        walk(PRICE, about(pieces="21", size="huge", sent_at="明天 8:00", colour="red"))
    codes = {name: each.code for name, each in caught.value.refusals.items()}
    assert codes == {
        "pieces": "out_of_range",
        "size": "unknown_option",
        "sent_at": "in_future",
        "colour": "unknown_field",
    }
    assert all(each.told() for each in caught.value.refusals.values())


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ({"size": "large", "box": "small"}, "too-big"),
        ({"pieces": 5}, "done"),
        ({"pieces": 4}, "done"),
        ({"pieces": 4, "sent_at": "2026-10-31 10:00"}, "hand-over"),
        ({"pieces": 5, "sent_at": "2026-10-31 10:00"}, "done"),
    ],
)
def test_rows_and_rules_lead_on(values: dict[str, Any], ends: str) -> None:
    answers = walk(PRICE, about(**values))
    if position(FLOW, answers).node_key == "tell-price":
        answers = advance(FLOW, answers, Answer("tell-price"), HERE)
    assert position(FLOW, answers).node_key == ends


def test_what_was_filled_in_again_and_left_blank_is_not_set_any_more() -> None:
    data = parcels_with("too-big", kind="say", outcome=..., next="about")
    loop = flow(data)
    big = {"pieces": 1, "size": "large", "box": "small"}
    answers = advance(loop, (PRICE,), Answer("about", values={**big, "note": "易碎"}), HERE)
    answers = advance(loop, answers, Answer("too-big"), HERE)
    assert position(loop, answers).values["note"] == "易碎"
    answers = advance(loop, answers, Answer("about", values=big), HERE)
    assert "note" not in position(loop, answers).values


def test_a_check_reads_what_is_pasted_and_keeps_no_secret() -> None:
    answers = walk(LABEL, Answer("paste", values={"pasted": "a 1X 2X keySECRET"}))
    assert answers[-1] == Answer(
        "paste", "found", {"label_text": "a 1X 2X ***", "faults": "1X、2X", "fault_count": 2}
    )
    here = position(FLOW, answers)
    assert outcome(here) is OutcomeKind.ANSWER
    assert shown(here).script == "请改正：1X、2X"
    assert "SECRET" not in repr(here) + repr(transcript(FLOW, answers))


@pytest.mark.parametrize(
    ("pasted", "leads"), [("fine", "label-hand-over"), ("what?", "again"), ("X", "tell-faults")]
)
def test_a_check_leads_on_by_its_outcome(pasted: str, leads: str) -> None:
    assert stand(LABEL, Answer("paste", values={"pasted": pasted})).node_key == leads


@pytest.mark.parametrize(("values", "code"), [({}, "required"), ({"pasted": 3}, "not_text")])
def test_a_check_needs_a_text(values: dict[str, Any], code: str) -> None:
    with pytest.raises(ValuesRefused) as caught:
        walk(LABEL, Answer("paste", values=values))
    assert caught.value.refusals["pasted"].code == code


def test_nobody_can_say_the_outcome_of_a_check_or_of_a_table() -> None:
    with pytest.raises(UnknownChoice) as caught:
        walk(LABEL, Answer("paste", "clean"))
    assert caught.value.allowed == ("next",)
    with pytest.raises(WrongNode):
        walk(PRICE, about(), Answer("price", "1", automatic=True))


def test_a_text_that_will_be_checked_is_kept_without_its_secrets() -> None:
    data = parcels_with("about", variables=[{"key": "text", "kind": "text", "label": "面单"}])
    data["nodes"]["about"]["next"] = "paste"
    data["nodes"]["topic"]["choices"][1]["next"] = "about"
    data["nodes"]["paste"] |= {"var": "text"}
    data["nodes"]["again"]["choices"][0]["next"] = "about"
    reading = stored_flow(data)
    answers = advance(reading, (PRICE,), Answer("about", values={"text": "1X SECRET"}), HERE)
    assert answers[1:] == (
        Answer("about", "next", {"text": "1X ***"}),
        Answer(
            "paste",
            "found",
            {"label_text": "1X ***", "faults": "1X", "fault_count": 1},
            automatic=True,
        ),
    )


def test_the_registered_checkers_need_to_know_the_time() -> None:
    with pytest.raises(NotNow):
        advance(FLOW, (LABEL,), Answer("paste", values={"pasted": "{}"}), NOWHERE)


def test_a_script_that_is_not_in_force_is_not_given() -> None:
    assert stand(RULES).node_key == "rules"
    over = world(in_force=False)
    here = stand(RULES, at=over)
    assert here.node_key == "rules-over"
    now = shown(here, over)
    assert (now.script, now.question, now.is_fallback) == ("rules 的替代话术", "rules", True)


def test_what_was_decided_stays_decided_but_what_is_shown_is_of_this_moment() -> None:
    answers = walk(RULES)
    over = world(in_force=False)
    here = position(FLOW, answers, over)
    assert here.node_key == "rules"
    now = shown(here, over)
    assert now.is_fallback
    assert "说明" not in now.script


def test_a_question_that_is_gone_has_no_script() -> None:
    now = shown(stand(RULES))
    assert (now.script, now.is_fallback) == ("", True)


def test_a_flow_inside_is_walked_and_its_outcome_leads_on() -> None:
    here = stand(LOST)
    assert (here.node_key, here.flow.key) == ("who/has-id", "identify")
    here = stand(LOST, Answer("who/has-id", "yes"), Answer("who/id", values={"id": "ID: 12345"}))
    assert here.node_key == "who/known"
    assert not here.is_terminal, "its end has something to be read out, and then goes on"
    assert [way.value for way in here.ways] == ["next"]
    assert outcome(here) is None
    done = walk(
        LOST,
        Answer("who/has-id", "yes"),
        Answer("who/id", values={"id": "12345"}),
        Answer("who/known"),
    )
    here = position(FLOW, done, HERE)
    assert here.node_key == "hand-over"
    assert here.values == {"topic": "lost", "account": "12345"}
    assert outcome(here) is OutcomeKind.TIER2
    assert prefilled(here).captured == {"account_id": "12345"}


def test_an_end_without_script_goes_on_by_itself() -> None:
    answers = walk(LOST, Answer("who/has-id", "no"))
    assert [(each.node, each.automatic) for each in answers] == [
        ("topic", False),
        ("who", True),
        ("who/has-id", False),
        ("who/unknown", True),
    ]
    assert position(FLOW, answers, HERE).node_key == "topic"


def test_a_redirect_inside_ends_the_whole_run() -> None:
    here = stand(LOST, Answer("who/has-id", "other"))
    assert (here.node_key, here.is_terminal) == ("who/elsewhere", True)
    assert outcome(here) is OutcomeKind.REDIRECT


def test_a_version_that_is_not_there_is_named() -> None:
    with pytest.raises(FlowUnavailable) as caught:
        advance(FLOW, (), LOST)
    assert (caught.value.flow, caught.value.version) == ("identify", 3)
    with pytest.raises(FlowMismatch):
        position(FLOW, walk(LOST))


def test_an_outcome_that_does_not_lead_on_is_refused() -> None:
    narrow = stored_flow(parcels_with("who", outcomes={"known": "hand-over"}))
    answers = advance(narrow, (), LOST, HERE)
    with pytest.raises(UnknownChoice) as caught:
        advance(narrow, answers, Answer("who/has-id", "no"), HERE)
    assert caught.value.allowed == ("known",)


def test_back_undoes_what_followed_of_itself_and_drops_what_was_set() -> None:
    answers = walk(PRICE, about(pieces=5))
    assert back(answers) == (PRICE,)
    assert position(FLOW, back(answers)).values == {"topic": "price"}
    assert back(walk(LOST)) == ()


def test_jumping_back_asks_an_earlier_answer_again() -> None:
    answers = walk(PRICE, about(), Answer("tell-price"))
    assert position(FLOW, back_to(answers, 1)).node_key == "about"
    assert back_to(answers, 0) == ()
    for index in (2, 9, -1):
        with pytest.raises(NothingToUndo):
            back_to(answers, index)


def test_nothing_committed_is_undone() -> None:
    answers = walk(PRICE, about())
    with pytest.raises(NotUndoable):
        back(answers, committed=3)
    with pytest.raises(NotUndoable):
        back_to(answers, 0, committed=1)
    assert back(answers, committed=1) == (PRICE,)


def test_the_answers_of_automatic_nodes_alone_cannot_be_undone() -> None:
    starting = flow(parcels(start="rules-in-force", nodes=_only("rules", "rules-over")))
    answers = begin(starting, HERE)
    assert answers == (Answer("rules-in-force", "1", automatic=True),)
    with pytest.raises(NothingToUndo):
        back(answers)


def _only(*keys: str) -> dict[str, Any]:
    nodes = parcels()["nodes"]
    kept = {key: nodes[key] for key in ("rules-in-force", *keys)}
    kept["hand-over"] = {"kind": "escalate", "script": "最晚 {{due_date}}。"}
    return kept


def test_a_retry_parks_the_run() -> None:
    here = stand(LABEL, Answer("paste", values={"pasted": "?"}))
    assert here.is_parked
    assert shown(here, HERE).script == "labels 的说明"
    assert not stand(PRICE).is_parked


def test_the_form_of_a_hand_over_is_filled_in_beforehand() -> None:
    old = about(pieces=3, sent_at="2026-10-31 10:00")
    form = prefilled(stand(PRICE, old, Answer("tell-price")))
    assert form.captured == {}
    assert form.fields == {"pieces": "3", "size": "small", "topic": "多少钱"}
    form = prefilled(stand(LABEL, Answer("paste", values={"pasted": "fine"})))
    assert form.fields == {"label_text": "fine"}
    assert prefilled(stand()).fields == {}


def test_the_desks_own_variables_are_left_for_later() -> None:
    here = stand(LABEL, Answer("paste", values={"pasted": "fine"}))
    assert shown(here).script == "最晚 {{due_date}} 前联系您，编号 0。"


def test_braces_that_somebody_typed_are_no_variables() -> None:
    here = stand(LABEL, Answer("paste", values={"pasted": "{{due_date}}X"}))
    assert shown(here).script == "请改正：｛｛due_date｝｝X"


def test_recorded_values_must_be_those_of_their_node() -> None:
    with pytest.raises(FlowMismatch) as caught:
        position(FLOW, (replace(PRICE, values={"colour": "red"}),))
    assert isinstance(caught.value.reason, UnknownVariables)


def test_people_may_go_round_for_long_but_not_for_ever() -> None:
    there = walk(LOST, Answer("who/has-id", "no"))
    answers = there * (ANSWER_LIMIT // 2)
    assert position(FLOW, answers, HERE).node_key == "topic"
    with pytest.raises(TooManyAnswers):
        advance(FLOW, answers, PRICE, HERE)


def test_what_no_lint_has_seen_still_stops() -> None:
    """Stored versions are not linted again: the engine must hold out by itself."""
    nodes = {
        "a": {"kind": "branch", "rules": [{"when": {"in_force": "x"}, "next": "a"}], "else": "b"},
        "b": {"kind": "branch", "rules": [{"when": {"var": "v", "op": "eq", "value": 1},
                                           "next": "a"}], "else": "b"},
    }  # fmt: skip
    bad = stored_flow(parcels(start="a", nodes=nodes))
    with pytest.raises(EndlessRounds):
        settle(bad, (), HERE)
    with pytest.raises(Unset) as caught:
        begin(bad, world(in_force=False))
    assert caught.value.variable == "v"


def test_the_transcript_tells_values_and_what_is_personal() -> None:
    done = walk(
        LOST,
        Answer("who/has-id", "yes"),
        Answer("who/id", values={"id": "12345"}),
        Answer("who/known"),
    )
    entries = transcript(FLOW, done, HERE)
    assert [(each["node"], each["automatic"]) for each in entries] == [
        ("topic", False),
        ("who", True),
        ("who/has-id", False),
        ("who/id", False),
        ("who/known", False),
        ("hand-over", False),
    ]
    asked = entries[3]
    assert asked["values"] == [
        {"key": "id", "label": "账号 ID", "value": "12345", "personal": True}
    ]
    assert "12345" not in asked["answer_label"]
