"""Steps of a flow as plain data: what leads where, and what a form may put into them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.editing import patched
from kb.flows.editing.merging import merged_item, merged_step
from kb.flows.editing.steps import (
    EDITABLE,
    StepInUse,
    in_walking_order,
    is_editable,
    leading_to,
    new_step,
    shape_errors,
    steps_of,
    ways,
    with_head,
    with_steps,
    without_step,
)
from kb.flows.errors import FlowErrors
from kb.flows.loader import check_flow, parse_flow
from kb.flows.source import read
from tests.kb.flows.examples import colour
from tests.kb.flows.examples import definitions as valid_definitions
from tests.kb.flows.random_flows import drafts
from tests.kb.flows.starters import FLOWS, SOURCES

DEFAULTS = {"promise": True, "requires": ["problem"]}


def data_of(key: str) -> Any:
    return read(SOURCES[key], "yaml")


# --- what leads where -----------------------------------------------------------------------------


def test_the_order_of_a_walk() -> None:
    reached, stray = in_walking_order(data_of("watermark"))
    assert reached == [
        *("where-bought", "kwaicut-sells-credits", "login-again", "solved", "hand-over"),
        *("no-other-channel", "warned", "fraud-report"),
    ]
    assert stray == []


@given(drafts())
def test_every_step_is_met_once_or_stray(data: dict[str, Any]) -> None:
    nodes = data["nodes"]
    data = {**data, "nodes": {**nodes, "alone": {"kind": "say", "next": "nowhere"}}}
    reached, stray = in_walking_order(data)
    assert sorted([*reached, *stray]) == sorted(data["nodes"])
    assert reached[:1] == [data["start"]]
    assert "alone" in stray


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_ways_are_those_of_the_definition(key: str) -> None:
    for name, step in steps_of(data_of(key)).items():
        exits = {(way.at, way.next) for way in FLOWS[key].nodes[name].exits()}
        assert {(way.at, way.target) for way in ways(step)} == exits


@pytest.mark.parametrize(
    "step", [None, "x", [], {"choices": 3, "rules": [1, {"next": 2}], "outcomes": [], "next": None}]
)
def test_nothing_leads_out_of_nonsense(step: Any) -> None:
    assert list(ways(step)) == []


@pytest.mark.parametrize("data", [None, [], {"nodes": []}, {}])
def test_a_text_without_steps_is_refused(data: Any) -> None:
    with pytest.raises(FlowErrors):
        steps_of(data)


# --- changes --------------------------------------------------------------------------------------


def test_a_step_goes_only_when_nothing_leads_to_it() -> None:
    data = colour()
    with pytest.raises(StepInUse) as used:
        without_step(data, "done")
    assert (used.value.leading, used.value.is_start) == (("calibrate",), False)
    with pytest.raises(StepInUse) as used:
        without_step(data, "which-screen")
    assert used.value.is_start
    data["nodes"]["alone"] = {"kind": "say", "script": "x", "next": "alone"}
    assert leading_to(data, "alone") == ()
    assert without_step(data, "alone") == colour()


def test_a_new_step_stands_behind_the_one_that_leads_to_it() -> None:
    data = with_steps(colour(), {"fresh": new_step("end")}, after="calibrate")
    assert list(data["nodes"])[1:3] == ["calibrate", "fresh"]
    assert list(with_steps(colour(), {"fresh": {}})["nodes"])[-1] == "fresh"


def test_the_schema_is_raised_when_a_step_needs_it() -> None:
    asked = {"key": "n", "kind": "text", "label": "n"}
    collect = {"kind": "collect", "prompt": "p", "variables": [asked], "next": "done"}
    assert with_steps(colour(), {"explain": collect})["schema"] == 2
    say = {"kind": "say", "script": "x", "next": "done"}
    assert with_steps(colour(), {"explain": say})["schema"] == 1


def test_title_and_start() -> None:
    data = with_head(colour(), title="neu", start="done")
    assert (data["title"], data["start"], data["nodes"]) == ("neu", "done", colour()["nodes"])


@pytest.mark.parametrize("kind", EDITABLE)
def test_a_new_step_can_be_filled_in(kind: str) -> None:
    step = new_step(kind)
    assert is_editable(step)
    for found in shape_errors(step):
        assert found.code == "required"


def test_what_a_form_cannot_show_whole_is_not_for_it() -> None:
    choices = [{"value": "yes", "label": "a", "next": "b"}]
    fine = {"kind": "choice", "prompt": "p", "choices": choices}
    assert is_editable(fine)
    assert is_editable({"kind": "choice"})
    assert is_editable({**fine, "unknown": [1]})
    for wrong in (
        {"kind": "branch"},
        {"kind": ["choice"]},
        {**fine, "prompt": 3},
        {**fine, "choices": {}},
        {**fine, "choices": ["yes"]},
        {**fine, "choices": [{"value": True, "label": "a", "next": "b"}]},
        {**fine, "choices": [{"value": "a", "label": "a\nb", "next": "b"}]},
        {"kind": "escalate", "promise": "yes"},
        {"kind": "escalate", "tags": [1]},
        {"kind": "escalate", "fields": [{"key": "a", "options": ["x"]}]},
        {"kind": "collect", "variables": [{"key": "a", "max": [1]}]},
        None,
        "say",
    ):
        assert not is_editable(wrong), wrong


@pytest.mark.parametrize("key", sorted(SOURCES))
def test_every_step_of_the_starters_can_be_edited_or_decides_by_itself(key: str) -> None:
    for step in steps_of(data_of(key)).values():
        assert is_editable(step) == (step["kind"] in EDITABLE)


def test_shape_errors_say_where() -> None:
    step = {"kind": "choice", "choices": [{"value": "a", "label": "", "next": "b"}, {"value": "b"}]}
    found = {(each.location[2:], each.code) for each in shape_errors(step)}
    assert found == {
        (("prompt",), "required"),
        (("choices", 0, "label"), "blank"),
        (("choices", 1, "label"), "required"),
        (("choices", 1, "next"), "required"),
    }
    assert shape_errors(colour()["nodes"]["calibrate"]) == ()


# --- merging --------------------------------------------------------------------------------------


def test_white_space_and_spelt_out_defaults_stay() -> None:
    old = {"kind": "escalate", "promise": True, "script": "a\nb\n", "prompt": " p ", "x": 1}
    given_ = {"script": "a\nb", "prompt": "p", "promise": True, "requires": ["problem"]}
    assert merged_step(old, given_, DEFAULTS) == old
    spaced = {"script": "a  \n\n b\n"}
    assert merged_step(spaced, {"script": "a\r\n\r\n b"}, DEFAULTS) == spaced
    less = {"kind": "escalate", "script": "s"}
    assert merged_step(less, {"script": "s", "promise": True, "tags": []}, DEFAULTS) == less


def test_what_is_given_is_written() -> None:
    old = {"kind": "escalate", "script": "s\n", "promise": False, "queue": "q"}
    given_ = {"script": "t  \nu", "promise": True, "queue": "", "requires": [], "hint": "h"}
    assert merged_step(old, given_, DEFAULTS) == {
        "kind": "escalate",
        "script": "t\nu\n",
        "promise": True,
        "requires": [],
        "hint": "h\n",
    }
    assert merged_step({"script": "one"}, {"script": "two"}, {}) == {"script": "two"}


def test_items_keep_what_a_form_does_not_know() -> None:
    old = [{"value": "a", "label": "A", "next": "x", "later": 1}, {"value": "b", "label": "B"}]
    item = merged_item(old, {"was": "a", "value": "c", "label": "C", "next": "y"}, {})
    assert item == {"value": "c", "label": "C", "next": "y", "later": 1}
    assert merged_item(old, {"was": "", "value": "a", "label": "N"}, {}) == {
        "value": "a",
        "label": "N",
    }
    assert merged_item("nonsense", {"was": "a", "label": "N"}, {}) == {"label": "N"}


# --- any edit, written into the text --------------------------------------------------------------


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A text of a valid flow and the data after one edit of the kinds that the form makes."""
    key = draw(st.sampled_from([*SOURCES, "random"]))
    if key == "random":
        data = draw(valid_definitions())
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    else:
        text, data = SOURCES[key], data_of(key)
    data = deepcopy(data)
    steps = list(data["nodes"])
    key = draw(st.sampled_from(steps))
    step = data["nodes"][key]
    what = draw(st.sampled_from(["text", "turn", "lead", "more", "new", "head", "delete"]))
    words = draw(st.sampled_from(["新的话。", "第一行\n第二行", "yes", "a: b # c", "{{due_date}}"]))
    if what == "head":
        return text, with_head(
            data, title=words.splitlines()[0], start=draw(st.sampled_from(steps))
        )
    if what == "delete" and not leading_to(data, key) and data["start"] != key:
        return text, without_step(data, key)
    if what == "new":
        return text, with_steps(data, {"brand-new": new_step(draw(st.sampled_from(EDITABLE)))})
    choices = [dict(each) for each in step.get("choices", [])]
    if choices and what == "turn":
        step = {**step, "choices": draw(st.permutations(choices))}
    elif choices and what == "lead":
        draw(st.sampled_from(choices))["next"] = draw(st.sampled_from(steps))
        step = {**step, "choices": choices}
    elif choices and what == "more":
        choices.insert(
            draw(st.integers(0, len(choices))),
            {"value": draw(st.sampled_from(["no", "on", "new"])), "label": "新", "next": key},
        )
        step = {**step, "choices": choices}
    else:
        step = merged_step(step, {"script": words, "hint": words}, {})
    return text, with_steps(data, {key: step})


@given(edits())
def test_an_edit_reads_back_as_exactly_what_it_means(edit: tuple[str, dict[str, Any]]) -> None:
    text, wanted = edit
    result = patched(text, wanted)
    assert read(result, "yaml") == wanted
    # What can be loaded is the same definition, with "yes" and "no" still texts.
    definition, _found = check_flow(wanted)
    if definition is not None:
        assert check_flow(read(result, "yaml"))[0] == definition


def test_yes_and_no_stay_texts() -> None:
    data = deepcopy(data_of("watermark"))
    choices = data["nodes"]["login-again"]["choices"]
    choices[0]["value"], choices[1]["value"] = "on", "off"
    text = patched(SOURCES["watermark"], data)
    assert '- {value: "on", label: 水印没有了, next: solved}' in text
    values = [way.value for way in parse_flow(read(text, "yaml")).nodes["login-again"].exits()]
    assert values == ["on", "off"]
