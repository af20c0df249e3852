"""What differs between two texts of a flow: nothing is missed, and nothing is made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from kb.flows.difference import ORDER, Difference, difference, texts_of
from kb.flows.hashing import definition_hash
from kb.flows.loader import parse_flow
from kb.flows.readable import NOTHING, readable, readable_of
from kb.flows.schema import FlowDefinition
from tests.kb.flows.examples import colour, colour_with, definitions
from tests.kb.flows.random_flows import drafts


def between(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    return difference(readable(old), readable(new))


def named(found: Difference) -> set[tuple[str, tuple[str, ...]]]:
    return {(node.key, change.place) for node in found.nodes for change in node.fields}


@given(definitions(), st.randoms(use_true_random=False))
def test_the_same_in_another_order_is_no_difference(data: dict[str, Any], random: Any) -> None:
    keys = list(data["nodes"])
    random.shuffle(keys)
    other = {**data, "nodes": {key: dict(reversed(data["nodes"][key].items())) for key in keys}}
    assert between(data, other).is_empty
    assert between(data, deepcopy(data)).marks.nodes == {}
    assert difference(readable_of(parse_flow(data)), readable(data)).nodes == ()


@given(drafts(), drafts())
def test_there_is_a_difference_when_and_only_when_the_content_differs(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    old, new = (FlowDefinition.model_validate(each) for each in (one, other))
    same = definition_hash(old) == definition_hash(new)
    assert difference(readable_of(old), readable_of(new)).is_empty is same


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*at, index))
    else:
        yield at


@given(drafts(), st.data())
def test_whatever_is_changed_is_named_at_its_node(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    places = [at for at in leaves(data) if at[0] == "nodes"]
    place = draw.draw(st.sampled_from(places))
    # Through JSON: parts of the data that are one object would be changed at several places.
    changed = json.loads(json.dumps(data))
    inside = changed
    for part in place[:-1]:
        inside = inside[part]
    before = inside[place[-1]]
    if isinstance(before, bool):
        inside[place[-1]] = not before
    elif isinstance(before, int):
        inside[place[-1]] = before + 1
    else:
        inside[place[-1]] = f"{before}x"
    assume(readable(changed).draft != readable(data).draft or readable(changed).unread)
    found = between(data, changed)
    assert [node.key for node in found.nodes] == [place[1]]
    (node,) = found.nodes
    assert node.mark == "changed"
    assert node.fields
    told = {text for change in node.fields for text in (change.old, change.new)}
    assert any(str(inside[place[-1]]).lower() in (text or "").lower() for text in told)


@given(drafts(), drafts())
def test_both_directions_tell_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    there, back = between(one, other), between(other, one)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {node.key: node.mark for node in there.nodes} == {
        node.key: turned[node.mark] for node in back.nodes
    }
    assert {(each.source, each.label, each.old, each.new) for each in there.ways} == {
        (each.source, each.label, each.new, each.old) for each in back.ways
    }
    assert there.marks.added == frozenset(back.marks.removed)


def test_each_field_is_named_with_what_stood_there() -> None:
    data = colour()
    start = data["start"]
    new = colour_with(start, prompt="另一个问题")
    new["nodes"][start]["choices"][0]["label"] = "别的"
    value = data["nodes"][start]["choices"][0]["value"]
    found = between(data, new)
    assert named(found) == {(start, ("prompt",)), (start, ("choices", value, "label"))}
    (node,) = found.nodes
    texts = {change.place[-1]: (change.old, change.new) for change in node.fields}
    assert texts["prompt"] == (data["nodes"][start]["prompt"], "另一个问题")


def test_new_nodes_come_with_their_texts_and_gone_ones_too() -> None:
    data = colour()
    more = colour_with("fresh", kind="end", outcome="answered", script="再见")
    (node,) = between(data, more).nodes
    assert (node.key, node.mark) == ("fresh", "added")
    assert ("script",) in {change.place for change in node.fields}
    gone = between(more, data)
    assert [each.mark for each in gone.nodes] == ["removed"]
    assert set(gone.marks.gone) == {"fresh"}


def test_an_answer_that_leads_elsewhere_is_a_changed_way() -> None:
    data = colour()
    start = data["start"]
    new = deepcopy(data)
    first = new["nodes"][start]["choices"][0]
    target = next(key for key in data["nodes"] if key not in (first["next"], start))
    was, first["next"] = first["next"], target
    (way,) = between(data, new).ways
    assert (way.source, way.label, way.old, way.new) == (start, first["label"], was, target)


def test_the_order_of_answers_is_told_once() -> None:
    data = colour()
    start = data["start"]
    new = deepcopy(data)
    new["nodes"][start]["choices"].reverse()
    assert named(between(data, new)) == {(start, ("choices", ORDER))}


def test_numbers_are_told_from_texts_that_look_alike() -> None:
    def flow(value: Any) -> dict[str, Any]:
        rule = {"when": {"var": "n", "op": "eq", "value": value}, "next": "z"}
        node = {"kind": "branch", "rules": [rule], "else": "z"}
        return {"start": "a", "nodes": {"a": node}}

    (node,) = between(flow(1), flow("1")).nodes
    assert [(each.old, each.new) for each in node.fields] == [("1", '"1"')]


def test_what_stands_beside_the_nodes_is_compared_too() -> None:
    found = between(colour(), colour(title="新的名字"))
    assert [change.place for change in found.head] == [("title",)]
    assert not found.is_empty


def test_what_cannot_be_read_is_compared_as_it_is_written() -> None:
    broken = colour_with("end-of-it", kind="edn", script="x")
    also = colour_with("end-of-it", kind="edn", script="y")
    found = between(broken, also)
    assert named(found) == {("end-of-it", ("script",))}
    assert {node.mark for node in difference(NOTHING, readable(colour())).nodes} == {"added"}


def test_texts_of_a_node_leave_out_what_is_not_written() -> None:
    flow = parse_flow(colour())
    for key, node in flow.nodes.items():
        places = [place for place, _text in texts_of(node)]
        assert ("kind",) in places, key
        assert len(places) == len(set(places))
        assert not any(ORDER in place for place in places)
