"""Decision tables: the proof against counting all combinations, and what it says in words."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.flows.automatic import TableNode
from kb.flows.schema import Variable
from kb.flows.table import TooManyCombinations, prove, row_index
from kb.flows.variables import BooleanVariable, CountVariable, OneOfVariable

SIZES = ("small", "medium", "large")


def one_of(key: str, label: str, values: tuple[str, ...] = SIZES) -> OneOfVariable:
    options = [{"value": each, "label": f"{each}号"} for each in values]
    return OneOfVariable.model_validate(
        {"kind": "one_of", "key": key, "label": label, "ordered": True, "options": options}
    )


VARIABLES: dict[str, Variable] = {
    "has": one_of("has", "现有"),
    "wants": one_of("wants", "想要"),
    "days": CountVariable(kind="count", key="days", label="天数", min=0, max=9),
    "paid": BooleanVariable(kind="boolean", key="paid", label="已付款"),
}
RELATION = {"key": "relation", "label": "相比", "compare": "wants", "to": "has"}


def table(columns: list[Any], *rows: dict[str, Any]) -> TableNode:
    named = [{"var": each} if isinstance(each, str) else each for each in columns]
    return TableNode.model_validate(
        {"kind": "table", "columns": named, "rows": [{"when": row} for row in rows], "next": "n"}
    )


def test_a_complete_table_without_overlap_is_proved() -> None:
    proof = prove(
        table(
            ["paid", "days"],
            {"paid": False},
            {"paid": True, "days": {"to": 3}},
            {"paid": True, "days": [4, {"from": 6}]},
            {"paid": True, "days": 5},
        ),
        VARIABLES,
    )
    assert (proof.missing, proof.overlaps, proof.empty) == (None, (), ())


def test_the_gap_is_told_in_words() -> None:
    proof = prove(
        table(["paid", "days"], {"paid": False}, {"paid": True, "days": {"from": 4}}), VARIABLES
    )
    assert proof.missing == "已付款：是；天数：0 到 3"


def test_the_overlap_is_told_in_words_with_both_rows() -> None:
    proof = prove(
        table(["has", "days"], {"has": ["small", "medium"]}, {"has": "large"}, {"days": 7}),
        VARIABLES,
    )
    assert proof.missing is None
    assert proof.overlaps == ((0, 2, "现有：small号；天数：7"), (1, 2, "现有：large号；天数：7"))


def test_a_comparison_is_a_column() -> None:
    rows = [{"relation": "lower"}, {"relation": "same"}, {"relation": "higher"}]
    proof = prove(table([RELATION], *rows), VARIABLES)
    assert (proof.missing, proof.overlaps) == (None, ())
    proof = prove(table([RELATION], *rows[:2]), VARIABLES)
    assert proof.missing == "想要：large号；现有：small号"


def test_a_comparison_knows_what_cannot_be() -> None:
    """Nothing is larger than the largest: the row for it never applies, and is not missed."""
    rows = ({"relation": ["lower", "same"]}, {"relation": "higher", "has": ["small", "medium"]})
    assert prove(table(["has", RELATION], *rows), VARIABLES).missing is None
    proof = prove(
        table(["has", RELATION], *rows, {"relation": "higher", "has": "large"}), VARIABLES
    )
    assert proof.empty == (2,)


def test_whether_it_is_filled_in_is_a_column() -> None:
    column = {"key": "known", "label": "知道天数", "is_set": "days"}
    proof = prove(table([column], {"known": True}), VARIABLES)
    assert proof.missing == "天数（是否已填）：没有填"
    complete = table([column], {"known": True}, {"known": False})
    assert prove(complete, VARIABLES).missing is None
    assert row_index(complete, VARIABLES, {}) == 1
    assert row_index(complete, VARIABLES, {"days": 3}) == 0


def test_what_would_take_too_long_is_refused() -> None:
    """Eight columns of thirty options each, in rows that share no side."""
    names = tuple(f"v{number}" for number in range(8))
    values = tuple(f"o{number}" for number in range(30))
    variables: dict[str, Variable] = {name: one_of(name, name, values) for name in names}
    rows = [
        {name: [values[(3 * row + step + place) % 30] for step in range(15)] for place, name in
         enumerate(names)}
        for row in range(200)
    ]  # fmt: skip
    with pytest.raises(TooManyCombinations):
        prove(table(list(names), *rows), variables)


cells = {
    "has": st.lists(st.sampled_from(SIZES), min_size=1, max_size=2, unique=True),
    "wants": st.lists(st.sampled_from(SIZES), min_size=1, max_size=2, unique=True),
    "paid": st.booleans(),
    "days": st.builds(
        lambda a, b: {"from": min(a, b), "to": max(a, b)}, st.integers(0, 9), st.integers(0, 9)
    )
    | st.integers(0, 9)
    | st.just({"from": 5})
    | st.just({"to": 4}),
    "relation": st.lists(
        st.sampled_from(["lower", "same", "higher"]), min_size=1, max_size=2, unique=True
    ),
}


@given(rows=st.lists(st.fixed_dictionaries({}, optional=cells), min_size=1, max_size=6))
@settings(max_examples=300)
def test_the_proof_agrees_with_trying_every_combination(rows: list[dict[str, Any]]) -> None:
    node = table(["has", "wants", "days", "paid", RELATION], *rows)
    singles = [table(["has", "wants", "days", "paid", RELATION], row) for row in rows]
    missing = False
    overlaps = set()
    applied = set()
    for has, wants, days, paid in itertools.product(SIZES, SIZES, range(10), (False, True)):
        values = {"has": has, "wants": wants, "days": days, "paid": paid}
        fits = [
            number
            for number, single in enumerate(singles)
            if row_index(single, VARIABLES, values) == 0
        ]
        applied.update(fits)
        missing |= not fits
        overlaps.update(itertools.combinations(fits, 2))
        assert row_index(node, VARIABLES, values) == (fits[0] if fits else None)
    proof = prove(node, VARIABLES)
    assert (proof.missing is not None) is missing
    assert {(first, second) for first, second, _words in proof.overlaps} == overlaps
    assert set(proof.empty) == set(range(len(rows))) - applied
