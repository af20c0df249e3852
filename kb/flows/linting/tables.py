"""Rules of decision tables: cells that fit their columns, and the proof that one row applies."""

from __future__ import annotations

from collections.abc import Iterator

from kb.flows.automatic import (
    RELATIONS,
    CompareColumn,
    IsSetColumn,
    Range,
    TableNode,
)
from kb.flows.errors import FlowError, finding
from kb.flows.linting.draft import Draft
from kb.flows.linting.variables import Known, value_errors
from kb.flows.paths import Location
from kb.flows.table import TooManyCombinations, alternatives, column_key, prove
from kb.flows.variables import BooleanVariable, CountVariable, OneOfVariable, Variable

_IN_COLUMNS = ("one_of", "count", "boolean")
_YES_NO = BooleanVariable(kind="boolean", key="is_set", label="is_set")


def table_errors(draft: Draft, known: Known) -> Iterator[FlowError]:
    """Faults of the tables of ``draft``; one whose cells are at fault is not proved."""
    variables = {name: each for name, each in known.items() if each is not None}
    for key, node in draft.nodes.items():
        if not isinstance(node, TableNode):
            continue
        at: Location = ("nodes", key)
        faults = [*_column_errors(at, node, known), *_row_errors(at, node, known)]
        yield from faults
        if not faults and all(name in variables for name in _inputs(node)):
            yield from _proof_errors(at, node, variables)


def _inputs(node: TableNode) -> Iterator[str]:
    for column in node.columns:
        if isinstance(column, CompareColumn):
            yield column.compare
            yield column.to
        else:
            yield column.is_set if isinstance(column, IsSetColumn) else column.var


def _column_errors(at: Location, node: TableNode, known: Known) -> Iterator[FlowError]:
    seen: set[str] = set()
    for index, column in enumerate(node.columns):
        place: Location = (*at, "columns", index)
        key = column_key(column)
        if key in seen:
            yield finding(place, "repeated_column", text=key)
        seen.add(key)
        if isinstance(column, CompareColumn):
            one, other = known.get(column.compare), known.get(column.to)
            if one is not None and other is not None and not _ordered_alike(one, other):
                yield finding(place, "not_comparable", variable=column.compare, other=column.to)
        elif not isinstance(column, IsSetColumn):
            variable = known.get(column.var)
            if variable is not None and variable.kind not in _IN_COLUMNS:
                yield finding(
                    (*place, "var"),
                    "wrong_kind",
                    variable=column.var,
                    kind=variable.kind,
                    expected=", ".join(_IN_COLUMNS),
                )


def _ordered_alike(one: Variable, other: Variable) -> bool:
    return (
        isinstance(one, OneOfVariable)
        and isinstance(other, OneOfVariable)
        and one.ordered
        and other.ordered
        and [each.value for each in one.options] == [each.value for each in other.options]
    )


def _row_errors(at: Location, node: TableNode, known: Known) -> Iterator[FlowError]:
    columns = {column_key(column): column for column in node.columns}
    outputs = {variable.key: variable for variable in node.outputs}
    for index, row in enumerate(node.rows):
        place: Location = (*at, "rows", index)
        for key, cell in row.when.items():
            column = columns.get(key)
            if column is None:
                yield finding((*place, "when", key), "unknown_column", text=key)
                continue
            if isinstance(column, CompareColumn):
                yield from _relation_errors((*place, "when", key), key, cell)
                continue
            variable = _YES_NO if isinstance(column, IsSetColumn) else known.get(key)
            if variable is not None:
                yield from _cell_errors((*place, "when", key), variable, cell)
        for name in outputs:
            if name not in row.give:
                yield finding((*place, "give"), "output_missing", text=name)
        for name, value in row.give.items():
            if name not in outputs:
                yield finding((*place, "give", name), "unknown_output", text=name)
            else:
                yield from value_errors((*place, "give", name), outputs[name], value)


def _relation_errors(at: Location, key: str, cell: object) -> Iterator[FlowError]:
    for value in alternatives(cell):
        if value not in RELATIONS:
            allowed = ", ".join(RELATIONS)
            yield finding(at, "wrong_value", value=str(value), variable=key, allowed=allowed)


def _cell_errors(at: Location, variable: Variable, cell: object) -> Iterator[FlowError]:
    for value in alternatives(cell):
        if not isinstance(value, Range):
            yield from value_errors(at, variable, value)
        elif not isinstance(variable, CountVariable):
            yield finding(
                at, "wrong_kind", variable=variable.key, kind=variable.kind, expected="count"
            )
        else:
            ends = [each for each in (value.low, value.high) if each is not None]
            for end in ends:
                yield from value_errors(at, variable, end)
            if len(ends) == 2 and ends[0] > ends[1]:
                yield finding(at, "empty_range")


def _proof_errors(
    at: Location, node: TableNode, variables: dict[str, Variable]
) -> Iterator[FlowError]:
    try:
        proof = prove(node, variables)
    except TooManyCombinations:
        yield finding(at, "too_many_combinations")
        return
    for index in proof.empty:
        yield finding((*at, "rows", index), "never_applies")
    if proof.missing is not None:
        yield finding((*at, "rows"), "incomplete", combination=proof.missing)
    for first, second, words in proof.overlaps:
        yield finding(
            (*at, "rows", second),
            "overlap",
            first=first + 1,
            second=second + 1,
            combination=words,
        )
