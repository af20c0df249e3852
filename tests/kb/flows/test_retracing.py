"""Finished runs walked again in a changed flow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kb.flows.engine import Answer, advance, begin, position
from kb.flows.loader import parse_flow
from kb.flows.retracing import retrace
from kb.flows.world import World
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
    data["nodes"]["new"] = {"kind": "say", "script": "请稍等。", "next": "tell-price"}
    again = retrace(parse_flow(data), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("new", "not_asked")
    more = parcels()
    more["nodes"]["about"]["variables"].append({"key": "city", "kind": "text", "label": "城市"})
    again = retrace(parse_flow(more), recorded("price"), HERE)
    assert (again.position.node_key, again.stopped) == ("about", "not_asked")


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
