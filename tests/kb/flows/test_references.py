"""Which standard questions a flow refers to: by script, by where it leads, and by conditions."""

from __future__ import annotations

from typing import Any

from kb.flows.loader import stored_flow
from kb.flows.references import questions_of

FLOW: dict[str, Any] = {
    "schema": 2,
    "key": "f",
    "title": "流程",
    "question": "own",
    "start": "ask",
    "nodes": {
        "ask": {
            "kind": "choice",
            "prompt": "在哪里买的？",
            "answer": "read-here",
            "choices": [
                {"value": "a", "label": "甲", "next": "decide"},
                {"value": "b", "label": "乙", "next": "away"},
            ],
        },
        "decide": {
            "kind": "branch",
            "rules": [
                {"when": {"all": [{"not": {"in_force": "asked-after"}}]}, "next": "away"},
            ],
            "else": "done",
        },
        "away": {"kind": "redirect", "script": "请看这里。", "question": "led-to"},
        "done": {"kind": "end", "outcome": "answered", "answer": "read-last"},
    },
}


def test_every_reference_of_its_steps_and_not_the_question_it_belongs_to() -> None:
    assert questions_of(stored_flow(FLOW)) == {"read-here", "asked-after", "led-to", "read-last"}
