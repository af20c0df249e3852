"""Finished runs walked again in a changed flow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kb.flows.engine import Answer, advance, begin, position
from kb.flows.loader import parse_flow
from kb.flows.retracing import as_it_was, retrace
from kb.flows.world import ScriptNow, World
from tests.kb.flows.parcels import flow, parcels, parcels_with, world

FLOW = flow()
HERE = world()
FITS = {"pieces": "2", "size": "small", "box": "large", "sent_at": "2026-10-31 8:00"}
RUNS: dict[str, tuple[Answer, ...]] = {
    "price": (Answer("topic", "price"), Answer("about", values=FITS), Answer("tell-price")),
    "label": (Answer("topic", "label"), Answer("paste", values={"pasted": "1X"})),
    "lost": (
        Answer("topic", "lost"),
        Answer("who/has-id", "yes"),
        Answer("who/id", values={"id": "12345"}),
        Answer("who/known"),
    ),
}


def recorded(name: str) -> tuple[Answer, ...]:
    answers = begin(FLOW, HERE)
    for given in RUNS[name]:
        answers = advance(FLOW, answers, given, HERE)
    return answers


def unchecked(world: World) -> World:
    """Fails when a check is run again."""

    def check(name: str, pasted: str, *, now: object) -> Any:
        raise AssertionError(name)

    return replace(world, check=check)


@pytest.mark.parametrize("name", RUNS)
def test_in_the_same_flow_it_ends_in_the_same_place(name: str) -> None:
    answers = recorded(name)
    again = retrace(FLOW, answers, unchecked(HERE))
    assert again.stopped is None
    assert again.position.node_key == position(FLOW, answers, HERE).node_key
    assert again.position.values == position(FLOW, answers, HERE).values


def test_another_rule_leads_elsewhere() -> None:
    changed = parse_flow(
        parcels_with(
            "many",
            rules=[
                {"when": {"var": "free_box", "op": "eq", "value": True}, "next": "done"},
                {"when": {"var": "pieces", "op": "gt", "value": 19}, "next": "hand-over"},
            ],
        )
    )
    again = retrace(changed, recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("done", None)


def test_a_node_that_is_gone_is_passed_over() -> None:
    data = parcels_with("price", next="many")
    del data["nodes"]["tell-price"]
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("hand-over", None)


def test_what_was_never_asked_stops_it() -> None:
    data = parcels_with("price", next="new")
    data["nodes"]["new"] = {
        "kind": "choice",
        "prompt": "急吗",
        "choices": [
            {"value": "yes", "label": "急", "next": "tell-price"},
            {"value": "no", "label": "不急", "next": "done"},
        ],
    }
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("new", "not_asked")
    more = parcels()
    more["nodes"]["about"]["variables"].append({"key": "city", "kind": "text", "label": "城市"})
    again = retrace(parse_flow(more), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("about", "not_asked")


def test_a_new_text_that_asks_nothing_holds_nobody_up() -> None:
    data = parcels_with("price", next="new")
    data["nodes"]["new"] = {"kind": "say", "script": "请稍等。", "next": "tell-price"}
    changed = parse_flow(data)
    again = retrace(changed, recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("hand-over", None)
    left = recorded("price")[:-2]
    assert position(FLOW, left, HERE).node_key == "tell-price"
    again = retrace(changed, left, HERE, was_finished=False)
    assert (again.position.node_key, again.stopped) == ("new", "not_asked")


def test_questions_may_come_in_another_order() -> None:
    data = parcels()
    data["start"] = "about"
    data["nodes"]["price"]["next"] = "tell-price"
    data["nodes"]["about"]["next"] = "price"
    data["nodes"]["price"]["rows"][0]["next"] = "topic"
    data["nodes"]["price"]["next"] = "topic"
    data["nodes"]["topic"]["choices"][0]["next"] = "tell-price"
    del data["nodes"]["too-big"]
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("hand-over", None)


def test_a_check_that_was_made_twice_has_both_its_outcomes() -> None:
    data = parcels_with("tell-faults", kind="say", next="paste")
    del data["nodes"]["tell-faults"]["outcome"]
    looping = parse_flow(data)
    answers = begin(looping, HERE)
    for given in (
        Answer("topic", "label"),
        Answer("paste", values={"pasted": "1X"}),
        Answer("tell-faults"),
        Answer("paste", values={"pasted": "fine"}),
    ):
        answers = advance(looping, answers, given, HERE)
    assert position(looping, answers, HERE).node_key == "label-hand-over"
    again = retrace(looping, answers, unchecked(HERE))
    assert (again.position.node_key, again.stopped) == ("label-hand-over", None)


@pytest.mark.parametrize("in_force", [True, False])
def test_a_script_that_was_in_force_for_the_run_is_so_when_it_is_walked_again(
    in_force: bool,
) -> None:
    then = replace(HERE, answers=lambda key: ScriptNow("", in_force=in_force))
    now = replace(HERE, answers=lambda key: ScriptNow("", in_force=not in_force))
    answers = advance(FLOW, begin(FLOW, then), Answer("topic", "rules"), then)
    expected = position(FLOW, answers, then).node_key
    assert expected == ("rules" if in_force else "rules-over")
    before = as_it_was(now, FLOW.nodes, answers)
    assert retrace(FLOW, answers, before, was_finished=in_force).position.node_key == expected
    assert retrace(FLOW, answers, now).position.node_key != expected
    assert as_it_was(now, FLOW.nodes, answers[:1]) is now, "nothing was asked yet"


def test_a_check_that_was_not_made_stops_it() -> None:
    data = parcels()
    data["nodes"]["topic"]["choices"][0]["next"] = "paste"
    data["nodes"]["again"]["choices"][0]["next"] = "about"
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("paste", "not_asked")


def test_an_answer_that_is_none_any_more_stops_it() -> None:
    data = parcels()
    data["nodes"]["topic"]["choices"][0]["value"] = "cost"
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("topic", "refused")


def test_an_unfinished_run_stops_where_it_stood() -> None:
    again = retrace(FLOW, recorded("price")[:1], HERE)
    assert (again.position.node_key, again.stopped) == ("about", "not_asked")


def test_a_form_with_other_limits_stops_it() -> None:
    data = parcels()
    data["nodes"]["about"]["variables"][0]["max"] = 1
    data["nodes"]["price"]["rows"][1:] = [
        {
            "when": {"fit": ["lower", "same"]},
            "give": {"cost": "每件 8 元", "free_box": False},
        }
    ]
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("about", "refused")
