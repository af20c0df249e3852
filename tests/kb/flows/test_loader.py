"""Every fault of a definition is named at its place, all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.errors import FlowErrors
from kb.flows.hashing import definition_hash
from kb.flows.loader import definition_data, load_flow, parse_flow
from kb.flows.schema import json_schema
from tests.kb.flows.examples import COLOUR, colour, colour_with, definitions

CHOICES = COLOUR["nodes"]["which-screen"]["choices"]


def faults(data: object) -> list[tuple[str, str]]:
    with pytest.raises(FlowErrors) as caught:
        parse_flow(data)
    assert str(caught.value)
    return [(error.path, error.code) for error in caught.value.errors]


def choices(**second: Any) -> list[dict[str, Any]]:
    return [CHOICES[0], {**CHOICES[1], **second}]


def many_choices(number: int) -> list[dict[str, Any]]:
    return [
        {"value": f"v{index}", "label": f"第{index}项", "next": "explain"}
        for index in range(number - 1)
    ] + [CHOICES[0]]


def field(**changes: Any) -> list[dict[str, Any]]:
    return [{"key": "times", "label": "几次", "kind": "count", **changes}]


OPTIONS = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]

CASES: dict[str, tuple[object, list[tuple[str, str]]]] = {
    "not a mapping": ([], [("text", "not_a_mapping")]),
    "schema of the future": (colour(schema=3), [("schema", "not_allowed")]),
    "no title": (colour(title="  "), [("title", "blank")]),
    "variable in the title": (colour(title="{{due_date}}"), [("title", "variable_not_allowed")]),
    "key not kebab": (colour(key="Wrong_Colour"), [("key", "bad_key")]),
    "unknown top key": (colour(owner="x"), [("owner", "unknown_key")]),
    "no nodes": (colour(nodes={}), [("nodes", "too_few"), ("start", "start_missing")]),
    "nodes is a list": (colour(nodes=[]), [("nodes", "not_a_mapping")]),
    "start missing": (colour(start="nowhere"), [("start", "start_missing")]),
    "node is text": (
        colour(nodes={**COLOUR["nodes"], "explain": "x"}),
        [("node “explain”", "not_a_mapping")],
    ),
    "no kind": (colour_with("explain", kind=...), [("node “explain”", "kind_missing")]),
    "unknown kind": (colour_with("explain", kind="ask"), [("node “explain”", "unknown_kind")]),
    "kind is a list": (colour_with("explain", kind=[1]), [("node “explain”", "unknown_kind")]),
    "unknown key of a node": (
        colour_with("explain", nxet="done"),
        [("node “explain”, nxet", "unknown_key")],
    ),
    "missing key of a node": (
        colour_with("calibrate", script=...),
        [("node “calibrate”, script", "required")],
    ),
    "script too long": (
        colour_with("explain", script="长" * 2001),
        [("node “explain”, script", "too_long")],
    ),
    "script with a control character": (
        colour_with("explain", script="a\x00b"),
        [("node “explain”, script", "control_character")],
    ),
    "script with half a surrogate pair": (
        colour_with("explain", script="a\ud800"),
        [("node “explain”, script", "not_text")],
    ),
    "one choice": (
        colour_with("which-screen", choices=CHOICES[:1]),
        [
            ("node “which-screen”, choices", "too_few"),
        ],
    ),
    "ten choices": (
        colour_with("which-screen", choices=many_choices(10)),
        [("node “which-screen”, choices", "too_many")],
    ),
    "choice unquoted yes": (
        colour_with("which-screen", choices=choices(value=True)),
        [("node “which-screen”, choice 2, value", "not_text")],
    ),
    "repeated value": (
        colour_with("which-screen", choices=choices(value="computer")),
        [("node “which-screen”, choice 2, value", "repeated_value")],
    ),
    "repeated label": (
        colour_with("which-screen", choices=choices(label=" 电脑 ")),
        [("node “which-screen”, choice 2, label", "repeated_label")],
    ),
    "dangling choice": (
        colour_with(
            "which-screen",
            choices=[*CHOICES, {**CHOICES[0], "value": "x", "label": "无", "next": "gone"}],
        ),
        [("node “which-screen”, choice 3, next", "dangling_next")],
    ),
    "dangling say": (
        colour_with("explain", next="gone"),
        [("node “explain”, next", "dangling_next"), ("node “elsewhere”", "unreachable")],
    ),
    "unreachable": (
        colour_with("island", kind="end", outcome="answered", script="x"),
        [("node “island”", "unreachable")],
    ),
    "no way out": (
        colour(
            start="a",
            nodes={
                "a": {
                    "kind": "choice",
                    "prompt": "x",
                    "choices": [
                        {"value": "a", "label": "甲", "next": "b"},
                        {"value": "b", "label": "乙", "next": "end"},
                    ],
                },
                "b": {
                    "kind": "retry",
                    "prompt": "x",
                    "script": "x",
                    "choices": [
                        {"value": "a", "label": "甲", "next": "c"},
                        {"value": "b", "label": "乙", "next": "b"},
                    ],
                },
                "c": {"kind": "say", "script": "x", "next": "b"},
                "end": {"kind": "end", "outcome": "answered", "script": "x"},
            },
        ),
        [("node “b”", "no_way_out"), ("node “c”", "no_way_out")],
    ),
    "talk without end": (
        colour(
            start="a",
            nodes={
                "a": {"kind": "say", "script": "x", "next": "b"},
                "b": {"kind": "say", "script": "x", "next": "c"},
                "c": {"kind": "say", "script": "x", "next": "b"},
            },
        ),
        [("node “a”", "no_way_out"), ("node “b”", "endless_talk")],
    ),
    "outcome unknown": (
        colour_with("done", outcome="happy"),
        [("node “done”, outcome", "outcome_unknown")],
    ),
    "redirect to nowhere": (
        colour_with("elsewhere", question=...),
        [("node “elsewhere”", "redirect_nowhere")],
    ),
    "unknown variable": (
        colour_with("hand-over", script="{{name}}"),
        [("node “hand-over”, script", "unknown_variable")],
    ),
    "variable with blanks": (
        colour_with("hand-over", script="{{ due_date }}"),
        [("node “hand-over”, script", "unknown_variable")],
    ),
    "unpaired braces": (
        colour_with("hand-over", script="{{due_date}} }}"),
        [("node “hand-over”, script", "unpaired_braces")],
    ),
    "variable in a say script": (
        colour_with("explain", script="{{due_date}}"),
        [("node “explain”, script", "variable_not_allowed")],
    ),
    "variable in a prompt": (
        colour_with("hand-over", prompt="{{due_date}}"),
        [("node “hand-over”, prompt", "variable_not_allowed")],
    ),
    "variable in a label": (
        colour_with("which-screen", choices=choices(label="{{due_date}}")),
        [("node “which-screen”, choice 2, label", "variable_not_allowed")],
    ),
    "variable without promise": (
        colour_with("hand-over", promise=False),
        [("node “hand-over”, script", "variable_not_allowed")],
    ),
    "promise without contact": (
        colour_with("hand-over", requires=["problem", "demand", "account_id"]),
        [("node “hand-over”, requires", "promise_requires_all")],
    ),
    "promise in words": (
        colour_with("hand-over", promise="yes"),
        [("node “hand-over”, promise", "not_bool")],
    ),
    "requires something unknown": (
        colour_with("hand-over", promise=False, script="x", requires=["age"]),
        [("node “hand-over”, required item 1", "not_allowed")],
    ),
    "requires twice": (
        colour_with("hand-over", promise=False, script="x", requires=["demand", "demand"]),
        [("node “hand-over”, required item 2", "repeated")],
    ),
    "tag twice": (
        colour_with("hand-over", tags=["a", "a"]),
        [("node “hand-over”, tag 2", "repeated")],
    ),
    "field twice": (
        colour_with("hand-over", fields=[*field(), *field(label="次数")]),
        [("node “hand-over”, field 2, key", "repeated_key")],
    ),
    "field label twice": (
        colour_with("hand-over", fields=[*field(), *field(key="number")]),
        [("node “hand-over”, field 2, label", "repeated_label")],
    ),
    "field not snake": (
        colour_with("hand-over", fields=field(key="how-often")),
        [("node “hand-over”, field 1, key", "bad_key")],
    ),
    "field captured anyway": (
        colour_with("hand-over", fields=field(key="account_id")),
        [("node “hand-over”, field 1, key", "reserved_key")],
    ),
    "choice field without options": (
        colour_with("hand-over", fields=field(kind="choice")),
        [("node “hand-over”, field 1", "options_missing")],
    ),
    "options twice": (
        colour_with("hand-over", fields=field(kind="choice", options=[*OPTIONS, OPTIONS[0]])),
        [
            ("node “hand-over”, field 1, option 3, value", "repeated_value"),
            ("node “hand-over”, field 1, option 3, label", "repeated_label"),
        ],
    ),
    "options of a count": (
        colour_with("hand-over", fields=field(options=OPTIONS)),
        [("node “hand-over”, field 1, options", "options_unused")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_named_at_its_place(name: str) -> None:
    data, expected = CASES[name]
    assert faults(data) == expected


def test_all_faults_are_reported_at_once_although_some_nodes_cannot_be_read() -> None:
    data = colour_with("calibrate", script=...)
    data["nodes"]["explain"]["next"] = "gone"
    data["nodes"]["hand-over"]["script"] = "{{who}}"
    data["start"] = "nowhere"
    assert set(faults(data)) == {
        ("node “calibrate”, script", "required"),
        ("node “explain”, next", "dangling_next"),
        ("node “hand-over”, script", "unknown_variable"),
        ("start", "start_missing"),
    }


def test_messages_say_what_to_do() -> None:
    with pytest.raises(FlowErrors) as caught:
        parse_flow(colour_with("which-screen", choices=choices(value=True)))
    [error] = caught.value.errors
    assert str(error) == "node “which-screen”, choice 2, value: must be text; write it in quotes"
    assert error.location == ("nodes", "which-screen", "choices", 1, "value")


def test_a_valid_flow_is_read_from_yaml_and_json_alike() -> None:
    as_yaml = load_flow(yaml.safe_dump(COLOUR, allow_unicode=True, sort_keys=False))
    as_json = load_flow(json.dumps(COLOUR), source_format="json")
    assert as_yaml == as_json == parse_flow(COLOUR)
    assert as_yaml.nodes["hand-over"].is_terminal


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("a: [", "bad_syntax", "line 1"),
        ("nodes:\n  a: 1\n  a: 2\n", "bad_syntax", "line 3, column 3: the key “a” is there twice"),
        ("a: &x [1]\nb: *x\n", "bad_syntax", "anchors"),
        ("a: *x\n", "bad_syntax", "anchors"),
        ('a: "\\uD800x"', "bad_syntax", "line 1, column"),
        ("a: \ud800", "bad_syntax", "surrogates"),
        ("a: 2026-13-45\n", "bad_syntax", "month"),
        ("a: !!python/object:os.system x\n", "bad_syntax", "constructor"),
        ("[" * 5_000, "bad_syntax", "nested deeper"),
        ("? [a]\n: b\n", "bad_syntax", "unhashable"),
        ("a\x00b", "bad_syntax", ""),
        ("", "not_a_mapping", ""),
        ("- a", "not_a_mapping", ""),
        ("x" * 400_001, "text_too_long", "400000"),
    ],
)
def test_text_that_is_no_flow_is_refused_in_words(text: str, code: str, words: str) -> None:
    with pytest.raises(FlowErrors) as caught:
        load_flow(text)
    [error] = caught.value.errors
    assert error.code == code
    assert words in error.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the key “a” is there twice"),
        ("{", "line 1"),
        ('{"a": "\\ud800"}', "surrogates"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5_000 + "}", "digits"),
    ],
)
def test_json_that_is_no_flow_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(FlowErrors) as caught:
        load_flow(text, source_format="json")
    assert words in caught.value.errors[0].message


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(node=st.sampled_from(sorted(COLOUR["nodes"])), value=_plain, data=st.data())
def test_any_value_in_any_place_is_accepted_or_refused_in_words(
    node: str, value: object, data: st.DataObject
) -> None:
    definition = colour()
    key = data.draw(st.sampled_from([*sorted(definition["nodes"][node]), None, "extra"]))
    if key is None:
        definition["nodes"][node] = value
    else:
        definition["nodes"][node][key] = value
    try:
        parse_flow(definition)
    except FlowErrors as exc:
        errors = exc.errors
    else:
        return
    assert errors
    assert all(error.path and error.code and error.message for error in errors)


@given(definitions())
def test_random_valid_definitions_are_accepted_and_survive_storage(data: dict[str, Any]) -> None:
    definition = parse_flow(data)
    stored = json.loads(json.dumps(definition_data(definition)))
    again = parse_flow(stored)
    assert again == definition
    assert definition_hash(again) == definition_hash(definition)


def test_the_hash_ignores_order_of_keys_and_spelt_out_defaults() -> None:
    reordered = {key: COLOUR[key] for key in reversed(COLOUR)}
    spelt_out = colour_with("hand-over", promise=True, prompt=None)
    expected = definition_hash(parse_flow(COLOUR))
    assert definition_hash(parse_flow(reordered)) == expected
    assert definition_hash(parse_flow(spelt_out)) == expected
    assert len(expected) == 64


@pytest.mark.parametrize(
    "changed",
    [
        colour(title="颜色不太对"),
        colour_with("which-screen", choices=list(reversed(CHOICES))),
        colour_with("hand-over", tags=["hue"]),
    ],
)
def test_the_hash_sees_what_a_person_would_see(changed: dict[str, Any]) -> None:
    assert definition_hash(parse_flow(changed)) != definition_hash(parse_flow(COLOUR))


def test_the_json_schema_names_every_kind() -> None:
    schema = json_schema()
    [node] = schema["properties"]["nodes"]["patternProperties"].values()
    assert set(node["discriminator"]["mapping"]) == {
        *("say", "choice", "retry", "collect", "branch", "table", "check", "subflow"),
        *("end", "redirect", "escalate"),
    }
    assert "schema" in schema["required"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("key: a\ntitle：双重扣费\nstart: x\n", 2),
        ("key： a\nb: c", 1),
        ("nodes:\n  - a: b\n    c：d\n", 3),
    ],
)
def test_a_wide_colon_is_told_where_it_stands(text: str, line: int) -> None:
    """YAML complains about the line that follows."""
    with pytest.raises(FlowErrors) as refused:
        load_flow(text)
    (error,) = refused.value.errors
    assert "wide colon" in str(error)
    assert error.params["line"] == line


def test_a_wide_colon_within_a_text_is_none() -> None:
    with pytest.raises(FlowErrors) as refused:
        load_flow("key: a\ntext: 请选择：是\nloose\n")
    assert "wide colon" not in str(refused.value.errors[0])
