"""Rules between a flow and the rest of the knowledge base."""

from __future__ import annotations

from typing import Any

import pytest

from kb.flows.findings import SURROUNDINGS
from kb.flows.lint import QuestionFacts, Surroundings
from kb.flows.loader import check_flow, parse_flow
from tests.kb.flows.parcels import IDENTIFY, parcels, parcels_with


def found(data: object, around: Surroundings) -> list[tuple[str, str]]:
    _definition, findings = check_flow(data, around)
    return [(each.path, each.code) for each in findings]


AROUND = Surroundings(
    questions={
        **dict.fromkeys(("parcels", "other", "labels"), QuestionFacts()),
        "rules": QuestionFacts(may_expire=True),
    },
    flows=lambda key, version: parse_flow(IDENTIFY) if (key, version) == ("identify", 3) else None,
    checkers=("labels",),
)  # fmt: skip


def around(**changes: Any) -> Surroundings:
    values = {"questions": AROUND.questions, "flows": AROUND.flows, "checkers": AROUND.checkers}
    return Surroundings(**{**values, **changes})


def questions(**changes: QuestionFacts | None) -> Surroundings:
    facts = {**AROUND.questions, **changes}
    return around(questions={key: each for key, each in facts.items() if each is not None})


def inside(**changes: Any) -> Surroundings:
    """The flow inside with other nodes."""
    data = {**IDENTIFY, "nodes": {**IDENTIFY["nodes"], **changes}}
    return around(flows=lambda key, version: parse_flow(data))


DEEP = parse_flow(
    {
        **IDENTIFY,
        "outcomes": ["known"],
        "start": "in",
        "nodes": {
            "in": {"kind": "subflow", "flow": "identify", "version": 1, "outcomes": {"known": "e"}},
            "e": {"kind": "end", "outcome": "known"},
        },
    }
)
ASKING = parcels_with("who", outcomes={"known": "hand-over", "unknown": "tell"})
ASKING["nodes"]["tell"] = {
    "kind": "branch",
    "rules": [{"when": {"var": "account", "op": "eq", "value": "12345"}, "next": "done"}],
    "else": "done",
}
OUTSIDE: dict[str, tuple[dict[str, Any], Surroundings, list[tuple[str, str]]]] = {
    "nothing": (parcels(), AROUND, []),
    "question gone": (
        parcels(),
        questions(other=None),
        [("node “label-hand-over”, question", "question_missing")],
    ),
    "question of a branch gone": (
        parcels(),
        questions(rules=None),
        [("node “rules-in-force”, rule 1, when", "question_missing"),
         ("node “rules”, answer", "question_missing"),
         ("node “rules-over”, answer", "question_missing")],
    ),
    "question retired": (
        parcels(),
        questions(labels=QuestionFacts(in_force=False, retired=True)),
        [("node “again”, answer", "question_retired")],
    ),
    "own question retired": (
        parcels(),
        questions(parcels=QuestionFacts(retired=True)),
        [("question", "question_retired")],
    ),
    "script expired, and nobody asks": (
        parcels(),
        questions(labels=QuestionFacts(in_force=False)),
        [("node “again”, answer", "script_not_in_force")],
    ),
    "script expired, and somebody asks": (parcels(), questions(rules=QuestionFacts(False)), []),
    "script may expire": (
        parcels(),
        questions(labels=QuestionFacts(may_expire=True)),
        [("node “again”, answer", "script_may_expire")],
    ),
    "nothing ends with a fallback": (
        parcels_with("rules-over", kind="end", outcome="answered", next=...),
        AROUND,
        [("node “rules-over”, answer", "script_not_in_force")],
    ),
    "no such version": (
        parcels_with("who", version=4),
        AROUND,
        [("node “who”, flow", "flow_missing")],
    ),
    "outcome not led on": (
        parcels_with("who", outcomes={"known": "hand-over"}),
        AROUND,
        [("node “who”, outcomes", "outcome_not_led_on")],
    ),
    "outcome that never is": (
        parcels_with("who", outcomes={"known": "hand-over", "unknown": "topic", "lost": "done"}),
        AROUND,
        [("node “who”, outcomes, lost", "outcome_never")],
    ),
    "taken but not set": (
        parcels_with("who", take={"account": "number"}),
        AROUND,
        [("node “who”, take, account", "not_taken")],
    ),
    "taken, but not set after this outcome": (
        ASKING,
        AROUND,
        [("node “tell”, rule 1, when", "maybe_unset")],
    ),
    "too deep": (
        parcels_with("who", outcomes={"known": "hand-over"}, take=...),
        around(flows=lambda key, version: DEEP),
        [("node “who”, flow", "flow_too_deep")],
    ),
    "no checker": (
        parcels(),
        around(checkers=()),
        [("node “paste”, checker", "checker_missing")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_each_finding_about_the_surroundings(name: str) -> None:
    data, desk, expected = OUTSIDE[name]
    if name == "too deep":
        data["nodes"]["hand-over"].pop("prefill")
    assert sorted(found(data, desk)) == sorted(expected)


def test_every_rule_about_the_surroundings_has_a_case() -> None:
    here = {code for _data, _desk, codes in OUTSIDE.values() for _path, code in codes}
    assert here >= SURROUNDINGS.keys()
