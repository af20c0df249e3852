"""The picture of a flow: every node and way in it, and no text that Mermaid would read as more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.flows.diagram import Diagram, Marks, Way, draw, escaped, ways_of
from kb.flows.errors import finding
from kb.flows.loader import check_flow, parse_flow
from kb.flows.outline import MOST_DEPTH, Step, outline
from kb.flows.readable import readable, readable_of
from kb.flows.schema import FlowDefinition
from tests.kb.flows.examples import colour, colour_with, definitions
from tests.kb.flows.random_flows import drafts

LABEL = r'"(?:[^"`<>&\\#;{}%$:|~*_\n]|#\d+;|<br/>)*"'
LEFT = r"\(\[|\[\[|\[\(|\[/|\[\\|\{\{|\(|\[|\{|>"
RIGHT = r"\]\)|\]\]|\)\]|/\]|\\\]|\}\}|\)|\]|\}"
LINES = (
    re.compile(rf"  n\d+(?:{LEFT}){LABEL}(?:{RIGHT})"),
    re.compile(rf"  n\d+ e\d+@(?:-->|==>|-\.->)(?:\|{LABEL}\|)? n\d+"),
    re.compile(r"  class n\d+ (?:kind|is)-[a-z0-9]+"),
)
"""All that a diagram may consist of, beside its first line: whatever else has left its label."""


def is_well_formed(text: str) -> bool:
    first, *rest = text.splitlines()
    return first == "flowchart TB" and all(
        any(pattern.fullmatch(line) for pattern in LINES) for line in rest
    )


def steps(diagram: Diagram) -> Iterator[Step]:
    pending = [step for part in outline(diagram) for step in part.steps]
    while pending:
        step = pending.pop()
        yield step
        pending += [each for fork in step.forks for each in fork.steps]


def depth(found: list[Step]) -> int:
    inner = [depth(fork.steps) for step in found for fork in step.forks]
    return 1 + max(inner, default=0)


def test_every_node_and_every_answer_is_drawn() -> None:
    flow = parse_flow(colour())
    diagram = draw(flow)
    assert [node.key for node in diagram.nodes] == list(flow.nodes)
    for way in ways_of(flow.nodes):
        drawn = next(
            each for each in diagram.ways if (each.source, each.target) == (way.source, way.target)
        )
        assert way.label == "" or way.label in drawn.labels
    text = diagram.mermaid()
    assert is_well_formed(text)
    for node in diagram.nodes:
        assert f"class {node.id} kind-{node.kind}" in text


NASTY = (
    'a "quoted" end',
    "`**bold** _it_`",
    "[x](y) {z} ((t)) >f] [/p/]",
    "<b onclick='x()'>&lt;script&gt;</b>",
    "end\nsubgraph x\nclick n0 call alert()",
    "#quot; #35; &#34; %%{init: {}}%% %% c",
    "a --> b ;; style n0 fill:#f00 ::: c",
    '\\n \\" $$x$$ fa:fa-car @{ shape: rect }',
    "1. first\n- second\n| a | b |",
    "\x00\x07\u2028\U0001f600\u200d\u202e",
)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_gets_out_of_its_label(text: str) -> None:
    data = colour()
    first = data["nodes"][data["start"]]
    first["prompt"] = text
    first["choices"][0]["label"] = text
    flow = FlowDefinition.model_validate(data)
    assert is_well_formed(draw(flow, numbers={data["start"]: [text]}).mermaid())


@given(st.text(max_size=80), st.text(max_size=30))
def test_any_text_is_written_within_the_language(prompt: str, key: str) -> None:
    data = {"start": key, "nodes": {key: {"kind": "say", "script": prompt or "x", "next": prompt}}}
    read = readable(data)
    assert is_well_formed(draw(read.draft).mermaid())
    assert is_well_formed(draw(readable({"start": key, "nodes": {key: prompt}}).draft).mermaid())
    assert re.fullmatch(LABEL, f'"{escaped(prompt)}"')
    assert escaped("\ud800\x00") == "  "


@given(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
def test_what_is_written_as_a_number_reads_back_as_itself(character: str) -> None:
    written = escaped(character)
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), written) == character


@given(drafts())
def test_every_readable_draft_has_a_picture_and_an_outline(data: dict[str, Any]) -> None:
    draft = readable(data).draft
    diagram = draw(draft, findings=check_flow(data)[1])
    assert is_well_formed(diagram.mermaid())
    keys = {node.key for node in diagram.nodes}
    assert set(draft.nodes) | draft.unread <= keys
    assert {way.target for way in ways_of(draft.nodes)} <= keys
    once = [step.node.key for step in steps(diagram) if not step.is_repeated]
    assert sorted(once) == sorted(keys), "each node stands in the outline exactly once"
    assert all(depth(part.steps) <= MOST_DEPTH for part in outline(diagram))


@given(definitions())
def test_in_an_accepted_flow_everything_is_reached(data: dict[str, Any]) -> None:
    parts = outline(draw(parse_flow(data)))
    assert all(part.is_reached for part in parts)


def test_findings_and_numbers_stand_at_their_nodes() -> None:
    data = colour()
    start = data["start"]
    found = [
        finding(("nodes", start), "unreachable"),
        finding(("nodes", start, "choices", 1), "alike_labels", text="x", other="y"),
    ]
    diagram = draw(parse_flow(data), findings=found, numbers={start: ["entered 7"]})
    node = next(node for node in diagram.nodes if node.key == start)
    assert node.notes == ("entered 7", "errors: 1", "warnings: 1")
    assert node.classes == ("error",)
    assert f"class {node.id} is-error" in diagram.mermaid()
    assert sum(bool(other.classes) for other in diagram.nodes) == 1


def test_what_cannot_be_read_and_what_is_not_there_is_drawn_too() -> None:
    data = colour_with("broken", kind="no-such-kind")
    data["nodes"][data["start"]]["choices"][0]["next"] = "nowhere"
    kinds = {node.key: node.kind for node in draw(readable(data).draft).nodes}
    assert kinds["broken"] == "unread"
    assert kinds["nowhere"] == "missing"


def test_answers_to_one_node_share_an_arrow() -> None:
    choices = [{"value": f"v{n}", "label": f"回答{n}", "next": "z"} for n in range(5)]
    data = {
        "start": "a",
        "nodes": {
            "a": {"kind": "choice", "prompt": "?", "choices": choices},
            "z": {"kind": "end", "outcome": "answered", "script": "x"},
        },
    }
    (way,) = draw(readable(data).draft).ways
    assert way.labels == ("回答0", "回答1", "and 3 more")


def test_marks_show_both_texts_in_one_picture() -> None:
    old = readable_of(parse_flow(colour()))
    key = next(iter(old.draft.nodes))
    gone = Way(key, "weg", "was-there")
    marks = Marks(
        nodes={key: "changed", "was-there": "removed"},
        gone={"was-there": old.draft.nodes[key]},
        added=frozenset(ways_of(old.draft.nodes)[:1]),
        removed=(gone,),
    )
    diagram = draw(old.draft, marks=marks)
    text = diagram.mermaid()
    assert is_well_formed(text)
    assert {way.mark for way in diagram.ways} == {"added", "removed", None}
    assert "==>" in text
    assert "-.->" in text
    assert {node.key: node.classes for node in diagram.nodes}["was-there"] == ("removed",)


def test_conditions_stand_at_the_ways_of_a_branch() -> None:
    data = {
        "start": "a",
        "nodes": {
            "a": {
                "kind": "collect",
                "prompt": "?",
                "variables": [
                    {"key": "paid", "kind": "amount", "label": "金额"},
                    {
                        "key": "way",
                        "kind": "one_of",
                        "label": "方式",
                        "options": [
                            {"value": "x", "label": "微信"},
                            {"value": "y", "label": "支付宝"},
                        ],
                    },
                ],
                "next": "b",
            },
            "b": {
                "kind": "branch",
                "rules": [
                    {"when": {"var": "paid", "op": "ge", "value": "500"}, "next": "z"},
                    {
                        "when": {
                            "all": [
                                {"var": "way", "op": "in", "value": ["x", "y"]},
                                {"not": {"any": [{"is_set": "paid"}, {"in_force": "q"}]}},
                            ]
                        },
                        "next": "y",
                    },
                ],
                "else": "x",
            },
        },
    }
    labels = {way.target: way.label for way in ways_of(readable(data).draft.nodes)}
    assert labels["z"] == "金额 ≥ 500"
    assert labels["y"] == (
        "方式 ∈ 微信, 支付宝 and not (金额 is filled in or the script of q is in force)"
    )
    assert labels["x"] == "otherwise"


def test_words_are_translated_and_texts_of_the_author_are_not() -> None:
    seen: list[str] = []

    def translate(text: str) -> str:
        seen.append(text)
        return text

    data = colour()
    label = data["nodes"][data["start"]]["choices"][0]["label"]
    draw(parse_flow(data), translate=translate).mermaid()
    assert "Ask, and choose" in seen
    assert label not in seen
