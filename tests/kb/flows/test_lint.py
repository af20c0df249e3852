"""Every rule of the lint: what breaks it, where it is found, and that something can be done."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kb.flows.errors import FlowError
from kb.flows.findings import FINDINGS, SURROUNDINGS
from kb.flows.lint import lint
from kb.flows.loader import check_flow, parse_flow
from tests.kb.flows.parcels import SIZES, parcels, parcels_with


def found(data: object) -> list[tuple[str, str]]:
    _definition, findings = check_flow(data)
    return [(each.path, each.code) for each in findings]


def collect(*variables: dict[str, Any], said: str = "好的。") -> dict[str, Any]:
    """The flow with more variables asked for at “about”, and then something ``said``."""
    data = parcels_with("tell-price", script=said)
    data["nodes"]["about"]["variables"] += variables
    return data


def ask(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "label": key, "required": True, **more}


def many(*rules: dict[str, Any]) -> dict[str, Any]:
    """The flow with other rules at “many”."""
    return parcels_with("many", rules=[{"when": each, "next": "done"} for each in rules])


def rows(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The flow with a table of other rows, which give nothing."""
    data = parcels_with("price", rows=list(rows), outputs=..., **more)
    data["nodes"]["tell-price"] = {"kind": "say", "script": "好的。", "next": "done"}
    data["nodes"]["topic"]["choices"][2]["next"] = "hand-over"
    del data["nodes"]["many"], data["nodes"]["too-big"], data["nodes"]["who"]
    del data["nodes"]["hand-over"]["prefill"]
    return data


def chain(length: int) -> dict[str, Any]:
    """Say nodes one after the other, and an end."""
    nodes: dict[str, Any] = {
        f"n-{number}": {"kind": "say", "script": "好", "next": f"n-{number + 1}"}
        for number in range(length)
    }
    nodes[f"n-{length}"] = {"kind": "end", "outcome": "answered", "script": "好"}
    return parcels(start="n-0", nodes=nodes)


def rounds(**second: Any) -> dict[str, Any]:
    """A branch and another node that lead to each other."""
    nodes = {
        "a": {"kind": "choice", "prompt": "?", "choices": [
            {"value": "b", "label": "甲", "next": "b"},
            {"value": "e", "label": "乙", "next": "e"}]},
        "b": {"kind": "branch", "rules": [{"when": {"in_force": "x"}, "next": "c"}], "else": "e"},
        "c": second,
        "e": {"kind": "end", "outcome": "answered", "script": "好"},
    }  # fmt: skip
    return parcels(start="a", nodes=nodes)


ANY = {"when": {}}
TWO = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
FIT = {"key": "fit", "label": "a", "compare": "size", "to": "box"}
CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": (parcels(), []),
    # Shape
    "branch without else": (
        parcels_with("many", else_=...),
        [("node “many”, else", "branch_without_else")],
    ),
    "rule without condition": (
        parcels_with("many", rules=[{"next": "done"}]),
        [("node “many”, rule 1, when", "required")],
    ),
    "unknown operator": (
        many({"var": "pieces", "op": "like", "value": 1}),
        [("node “many”, rule 1, when, op", "not_allowed")],
    ),
    "unknown key in a condition inside others": (
        many({"all": [{"not": {"is_set": "note", "colour": 1}}]}),
        [("node “many”, rule 1, when, all, 1, not, colour", "unknown_key")],
    ),
    "variable of no kind": (
        collect({"key": "a", "label": "a"}),
        [("node “about”, variable 6", "kind_missing")],
    ),
    "variable of unknown kind": (
        collect(ask("a", "colour")),
        [("node “about”, variable 6", "unknown_kind")],
    ),
    "limit of another kind": (
        collect(ask("a", "text", min=1)),
        [("node “about”, variable 6, min", "unknown_key")],
    ),
    "amount as a number": (
        collect(ask("a", "amount", min="1.234")),
        [("node “about”, variable 6, min", "bad_amount")],
    ),
    "count in words": (
        collect(ask("a", "count", min="3")),
        [("node “about”, variable 6, min", "not_a_number")],
    ),
    "long text": (
        collect(ask("a", "text", max_length=0)),
        [("node “about”, variable 6, max_length", "too_small")],
    ),
    "longest text": (
        collect(ask("a", "text", max_length=20_001)),
        [("node “about”, variable 6, max_length", "too_big")],
    ),
    "cell of another type": (
        rows({"when": {"pieces": 1.5}}),
        [("node “price”, row 1, when, pieces", "not_text")],
    ),
    "needs schema 2": (
        rounds(kind="say", script="好", next="e") | {"schema": 1},
        [("node “b”", "needs_schema_2")],
    ),
    # Nodes
    "control character": (
        parcels_with("about", hint="a\x00"),
        [("node “about”, hint", "control_character")],
    ),
    "braces": (
        parcels_with("tell-price", script="{{pieces}"),
        [("node “tell-price”, script", "unpaired_braces")],
    ),
    "variable of another flow": (
        parcels_with("tell-price", script="{{colour}}"),
        [("node “tell-price”, script", "unknown_variable")],
    ),
    "variable in a hint": (
        parcels_with("about", hint="{{topic}}"),
        [("node “about”, hint", "variable_not_allowed")],
    ),
    "the promised date elsewhere": (
        parcels_with("done", script="{{due_date}}"),
        [("node “done”, script", "variable_not_allowed")],
    ),
    "personal": (
        parcels_with("label-hand-over", script="{{due_date}} {{label_text}}"),
        [("node “label-hand-over”, script", "personal_in_script")],
    ),
    "words of the house": (
        parcels_with("done", script="已经建单，转给二线。"),
        [("node “done”, script", "internal_words"), ("node “done”, script", "internal_words")],
    ),
    "words of the house in the hint": (parcels_with("about", hint="内部：二线工单"), []),
    "words of the house in an option that is read out": (
        collect(ask("a", "one_of", options=[{"value": "a", "label": "二线"},
                                            {"value": "b", "label": "其他"}]), said="{{a}}"),
        [("node “tell-price”, script", "internal_words")],
    ),
    "both script and question": (
        parcels_with("rules", script="x"),
        [("node “rules”, answer", "script_and_answer")],
    ),
    "neither": (parcels_with("rules", answer=...), [("node “rules”, script", "required")]),
    "option twice": (
        collect(ask("a", "one_of", options=[{"value": "a", "label": "A"},
                                            {"value": "a", "label": "A"}])),
        [("node “about”, variable 6, option 2, value", "repeated_value"),
         ("node “about”, variable 6, option 2, label", "repeated_label")],
    ),
    "variable twice in one node": (
        collect(ask("pieces", "count", max=20)),
        [("node “about”, variable 6, key", "repeated_key")],
    ),
    "tags twice": (
        parcels_with("hand-over", tags=["a", "a"]),
        [("node “hand-over”, tag 2", "repeated")],
    ),
    "labels alike": (
        parcels_with("again", choices=[{"value": "a", "label": "拍好了", "next": "paste"},
                                       {"value": "b", "label": "拍不好", "next": "done"}]),
        [("node “again”, choice 2, label", "alike_labels")],
    ),
    "redirect": (
        parcels_with("done", kind="redirect", outcome=...),
        [("node “done”", "redirect_nowhere")],
    ),
    "promise": (
        parcels_with("label-hand-over", requires=["problem"]),
        [("node “label-hand-over”, requires", "promise_requires_all")],
    ),
    "reserved field": (
        parcels_with("label-hand-over", fields=[ask("demand", "text")]),
        [("node “label-hand-over”, field 1, key", "reserved_key")],
    ),
    "reserved variable": (
        collect(ask("due_date", "text")),
        [("node “about”, variable 6", "reserved_variable")],
    ),
    "reserved variable of a choice": (
        parcels_with("again", sets="due_date"),
        [("node “again”", "reserved_variable")],
    ),
    "choice twice, kept as a variable": (
        parcels_with("again", sets="again", choices=[
            {"value": "a", "label": "甲", "next": "paste"},
            {"value": "a", "label": "乙", "next": "done"}]),
        [("node “again”, choice 2, value", "repeated_value")],
    ),
    "options": (
        parcels_with("label-hand-over", fields=[ask("a", "choice")]),
        [("node “label-hand-over”, field 1", "options_missing")],
    ),
    "no options": (
        parcels_with("label-hand-over", fields=[
            ask("a", "mobile", options=TWO)]),
        [("node “label-hand-over”, field 1, options", "options_unused")],
    ),
    "limits": (
        collect(ask("a", "count", min=5, max=4), ask("b", "amount", min="5.01", max="5")),
        [("node “about”, variable 6", "bad_limits"), ("node “about”, variable 7", "bad_limits")],
    ),
    "outcome": (
        parcels_with("done", outcome="sent"),
        [("node “done”, outcome", "outcome_unknown")],
    ),
    "nothing to check": (
        parcels_with("paste", prompt=...),
        [("node “paste”, prompt", "text_missing")],
    ),
    "compare with nothing": (
        many({"var": "pieces", "op": "eq"}),
        [("node “many”, rule 1, when", "compare_with_what")],
    ),
    "prefill": (
        parcels_with("hand-over", promise=False, requires=["problem"], script="好"),
        [("node “hand-over”, prefill, account_id", "prefill_not_captured")],
    ),
    # Graph
    "start": (parcels(start="nowhere"), [("start", "start_missing")]),
    "dangling": (
        parcels_with("many", else_="gone"),
        [("node “many”, else", "dangling_next")],
    ),
    "dangling outcome of a check": (
        parcels_with("paste", clean="gone"),
        [("node “paste”, clean", "dangling_next"), ("node “label-hand-over”", "unreachable")],
    ),
    "dangling for several rows, said once": (
        parcels_with("price", next="gone"),
        [("node “price”, next", "dangling_next"), ("node “tell-price”", "unreachable"),
         ("node “many”", "unreachable")],
    ),
    "no way out": (
        rounds(kind="retry", script="x", prompt="x", choices=[
            {"value": "a", "label": "甲", "next": "c"},
            {"value": "b", "label": "乙", "next": "c"}]),
        [("node “c”", "no_way_out")],
    ),
    "talk": (
        rounds(kind="say", script="好", next="b"),
        [("node “b”", "endless_talk")],
    ),
    "rounds": (
        rounds(kind="branch", rules=[{"when": {"in_force": "y"}, "next": "b"}], **{"else": "e"}),
        [("node “b”", "endless_rounds")],
    ),
    "a round with a person": (
        rounds(kind="retry", script="x", prompt="x", choices=[
            {"value": "a", "label": "甲", "next": "b"},
            {"value": "b", "label": "乙", "next": "e"}]),
        [],
    ),
    "long": (chain(8), [("node “n-0”", "long_way")]),
    "not long": (chain(7), []),
    # Variables
    "unknown": (
        many({"var": "colour", "op": "eq", "value": 1}),
        [("node “many”, rule 1, when", "variable_unknown")],
    ),
    "unknown asked for": (
        many({"is_set": "colour"}),
        [("node “many”, rule 1, when", "variable_unknown")],
    ),
    "unknown to the form": (
        parcels_with("hand-over", prefill={"account_id": "nobody"}),
        [("node “hand-over”, prefill, account_id", "variable_unknown")],
    ),
    "conflict": (
        parcels_with("again", sets="topic"),
        [("node “again”", "variable_conflict")],
    ),
    "maybe unset in a script": (
        parcels_with("done", script="{{pieces}}"),
        [("node “done”, script", "maybe_unset")],
    ),
    "maybe unset in a rule": (
        many({"var": "sent_at", "op": "lt", "value": "2026-11-01T00:00"}),
        [("node “many”, rule 1, when", "maybe_unset")],
    ),
    "guarded by the rule before": (
        many({"not": {"is_set": "sent_at"}},
             {"var": "sent_at", "op": "lt", "value": "2026-11-01T00:00"}),
        [],
    ),
    "guarded in any": (
        many({"any": [{"not": {"is_set": "sent_at"}},
                      {"var": "sent_at", "op": "lt", "value": "2026-11-01T00:00"}]}),
        [],
    ),
    "not guarded in any": (
        many({"any": [{"is_set": "sent_at"},
                      {"var": "sent_at", "op": "lt", "value": "2026-11-01T00:00"}]}),
        [("node “many”, rule 1, when", "maybe_unset")],
    ),
    "order of what has none": (
        many({"var": "cost", "op": "lt", "value": "b"}),
        [("node “many”, rule 1, when", "wrong_operator")],
    ),
    "in another variable": (
        many({"var": "size", "op": "in", "other": "box"}),
        [("node “many”, rule 1, when", "wrong_operator")],
    ),
    "never that value": (
        many({"var": "size", "op": "in", "value": ["small", "huge"]},
             {"var": "pieces", "op": "gt", "value": 21},
             {"var": "free_box", "op": "eq", "value": 1},
             {"all": [{"is_set": "sent_at"}, {"var": "sent_at", "op": "lt", "value": "11月"}]},
             {"var": "size", "op": "eq", "value": ["small"]}),
        [(f"node “many”, rule {rule}, when", "wrong_value") for rule in (1, 2, 3, 4, 5)],
    ),
    "kinds apart": (
        many({"var": "size", "op": "eq", "other": "pieces"}),
        [("node “many”, rule 1, when", "not_comparable")],
    ),
    "check of a number": (
        parcels_with("paste", var="pieces"),
        [("node “paste”, var", "maybe_unset"), ("node “paste”, var", "wrong_kind")],
    ),
    "form of another kind": (
        parcels_with("hand-over", prefill={"account_id": "pieces"}, fields=[
            ask("a", "count", **{"from": "size"}),
            ask("b", "choice", options=[SIZES[0], SIZES[2]], **{"from": "size"}),
            ask("c", "choice", options=TWO, **{"from": "pieces"})]),
        [("node “hand-over”, prefill, account_id", "wrong_kind"),
         ("node “hand-over”, field 1, from", "wrong_kind"),
         ("node “hand-over”, field 2, from", "wrong_value"),
         ("node “hand-over”, field 3, from", "wrong_kind")],
    ),
    # Tables
    "column twice": (
        rows(ANY, columns=[{"var": "pieces"}, {"var": "pieces"}]),
        [("node “price”, column 2", "repeated_column")],
    ),
    "column of a text": (
        rows(ANY, columns=[{"var": "topic"}, {"var": "note"}]),
        [("node “price”, column 2, var", "maybe_unset"),
         ("node “price”, column 2, var", "wrong_kind")],
    ),
    "comparison without order": (
        rows(ANY, columns=[{"key": "a", "label": "a", "compare": "topic", "to": "size"}]),
        [("node “price”, column 1", "not_comparable")],
    ),
    "no column": (
        rows({"when": {"colour": "red"}}),
        [("node “price”, row 1, when, colour", "unknown_column")],
    ),
    "no such relation": (
        rows({"when": {"fit": "equal"}}),
        [("node “price”, row 1, when, fit", "wrong_value")],
    ),
    "range": (
        rows({"when": {"pieces": {"from": 5, "to": 4}}}, {"when": {"fit": {"to": 3}}}),
        [("node “price”, row 1, when, pieces", "empty_range"),
         ("node “price”, row 2, when, fit", "wrong_value")],
    ),
    "range of options": (
        rows({"when": {"size": {"to": 3}}}, columns=[{"var": "size"}]),
        [("node “price”, row 1, when, size", "wrong_kind")],
    ),
    "outputs": (
        parcels_with("price", rows=[{"give": {"cost": 5, "colour": "red"}}]),
        [("node “too-big”", "unreachable"),
         ("node “price”, row 1, give", "output_missing"),
         ("node “price”, row 1, give, cost", "wrong_value"),
         ("node “price”, row 1, give, colour", "unknown_output")],
    ),
    "row without next": (
        rows(ANY, {"when": {"pieces": 1}, "next": "done"}, next=...),
        [("node “price”, row 1", "row_without_next"), ("node “price”, row 2", "overlap"),
         ("node “tell-price”", "unreachable")],
    ),
    "incomplete": (
        rows({"when": {"pieces": {"to": 19}}}),
        [("node “price”, rows", "incomplete")],
    ),
    "overlap": (rows(ANY, {"when": {"pieces": 7}}), [("node “price”, row 2", "overlap")]),
    "never": (
        rows({"when": {"fit": "higher", "box": "large"}}, ANY,
             columns=[{"var": "box"}, FIT]),
        [("node “price”, row 1", "never_applies")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_finding_is_named_at_its_place(name: str) -> None:
    data, expected = CASES[name]
    assert sorted(found(data)) == sorted(expected)


def test_a_table_that_cannot_be_proved_is_refused() -> None:
    options = [{"value": f"o{number}", "label": f"第{number}"} for number in range(30)]
    names = [f"v{number}" for number in range(8)]
    data = collect(*(ask(name, "one_of", options=options) for name in names[:7]))
    columns = names[:7]
    wide = [
        {"when": {name: [f"o{(3 * row + step + place) % 30}" for step in range(15)]
                  for place, name in enumerate(columns)}}
        for row in range(200)
    ]  # fmt: skip
    table = rows(*wide, columns=[{"var": name} for name in columns])
    table["nodes"]["about"] = data["nodes"]["about"]
    assert found(table) == [("node “price”", "too_many_combinations")]


def test_every_rule_has_a_case_here_or_with_the_loader() -> None:
    here = {code for _data, codes in CASES.values() for _path, code in codes}
    elsewhere = {
        *SURROUNDINGS,  # tests/kb/flows/test_lint_around.py
        # tests/kb/flows/test_loader.py
        *("bad_key", "blank", "too_long", "not_text", "not_bool", "not_a_list", "not_a_mapping"),
        *("too_few", "too_many", "bad_syntax", "text_too_long", "too_many_combinations"),
        "key_changed",  # tests/kb/services/test_flow_publishing.py
    }
    assert here | elsewhere >= FINDINGS.keys()


def test_the_counter_example_is_in_words() -> None:
    [gap] = lint(parse_anyway(rows({"when": {"pieces": {"to": 19}}})))
    assert gap.message == "no row applies to: 件数：20；大小：小；箱子：小"
    assert gap.remedy == "Add a row for it, or widen one."


def test_an_unset_variable_comes_with_the_way_to_it() -> None:
    [unset] = lint(parse_anyway(parcels_with("done", script="{{pieces}}")))
    assert unset.message == (
        "“pieces” may be unset here, for instance by the way topic → paste → again → done"
    )


def test_warnings_do_not_keep_a_flow_from_being_read() -> None:
    definition = parse_flow(chain(8))
    [warning] = lint(definition)
    assert (warning.severity, warning.node) == ("warning", "n-0")
    assert str(warning) == "node “n-0”: 8 steps from here to the nearest end, 7 is much"


def test_findings_can_be_told_in_another_language() -> None:
    translated: list[str] = []

    def translate(text: str) -> str:
        translated.append(text)
        return text.upper() if "%" not in text else text

    [error] = lint(parse_anyway(parcels_with("many", else_="gone")))
    assert error.told(translate) == (
        "node “many”, else",
        "there is no node “gone”",
        "CHOOSE ONE THAT EXISTS, OR MAKE IT FIRST.",
    )
    assert len(translated) == 3


def test_every_finding_says_what_to_do_and_fills_in_its_words() -> None:
    for code, known in FINDINGS.items():
        assert known.remedy, code
        names = set(re.findall(r"%\((\w+)\)s", known.message))
        assert known.message % dict.fromkeys(names, "x")


def parse_anyway(data: dict[str, Any]) -> Any:
    """The definition although it has findings."""
    definition, _findings = check_flow(data)
    assert definition is not None
    return definition


def test_data_that_is_no_flow_is_told_too() -> None:
    definition, findings = check_flow(["x"])
    assert definition is None
    assert [each.code for each in findings] == ["not_a_mapping"]
    assert all(isinstance(each, FlowError) for each in findings)
