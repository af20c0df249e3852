"""Decision tables: which row applies, and the proof that always exactly one does.

The inputs span a space with one dimension for each variable. Numbers are cut where a row
begins or ends to speak of them, so every dimension has few cells and all numbers of a cell
are treated alike. A row is a union of boxes in that space. Taking all rows away from the
space must leave nothing (complete), and no two rows may share a box (without overlap): both
are worked out for the whole space, nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.flows.automatic import (
    RELATIONS,
    CompareColumn,
    IsSetColumn,
    Range,
    Row,
    TableNode,
    VariableColumn,
)
from kb.flows.values import Json
from kb.flows.variables import BooleanVariable, CountVariable, OneOfVariable, Variable

MOST_WORK = 200_000
"""Boxes looked at before a table is refused as too big; some 0.2 s."""
MOST_OVERLAPS = 20

Box = tuple[int, ...]
"""A set of cells (bits) for each dimension."""


class TooManyCombinations(ValueError):
    """The table cannot be proved with reasonable work."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One input: its cells, each with the words of a value in it."""

    label: str
    cells: tuple[Json | tuple[int, int], ...]
    words: tuple[str, ...]

    @property
    def whole(self) -> int:
        return (1 << len(self.cells)) - 1


@dataclass(frozen=True, slots=True)
class Proof:
    """``missing``: inputs in words to which no row applies (None: complete). ``overlaps``: pairs
    of row indexes with inputs to which both apply. ``empty``: rows that can never apply."""

    missing: str | None
    overlaps: tuple[tuple[int, int, str], ...]
    empty: tuple[int, ...]


def column_key(column: VariableColumn | CompareColumn | IsSetColumn) -> str:
    return column.var if isinstance(column, VariableColumn) else column.key


def row_index(
    table: TableNode, variables: Mapping[str, Variable], values: Mapping[str, Json]
) -> int | None:
    """The row that applies to ``values``; None when there is none (never in a proved table)."""
    inputs = {column_key(column): _input(column, variables, values) for column in table.columns}
    for index, row in enumerate(table.rows):
        if all(_matches(cell, inputs[key]) for key, cell in row.when.items()):
            return index
    return None


def _input(
    column: VariableColumn | CompareColumn | IsSetColumn,
    variables: Mapping[str, Variable],
    values: Mapping[str, Json],
) -> Json | None:
    if isinstance(column, IsSetColumn):
        return column.is_set in values
    if isinstance(column, VariableColumn):
        return values.get(column.var)
    order = [option.value for option in _one_of(variables, column.compare).options]
    return _relation(order.index(str(values[column.compare])), order.index(str(values[column.to])))


def _relation(one: int, other: int) -> str:
    return RELATIONS[(one > other) - (one < other) + 1]


def _one_of(variables: Mapping[str, Variable], name: str) -> OneOfVariable:
    variable = variables[name]
    assert isinstance(variable, OneOfVariable)  # noqa: S101 - the lint has seen to it
    return variable


def alternatives(cell: object) -> tuple[object, ...]:
    """The values and ranges of a cell; one of them is enough."""
    return cell if isinstance(cell, tuple) else (cell,)


def _matches(cell: object, value: Json | None) -> bool:
    for each in alternatives(cell):
        if isinstance(each, Range):
            low, high = each.low, each.high
            if isinstance(value, int) and (
                (low is None or value >= low) and (high is None or value <= high)
            ):
                return True
        elif type(each) is type(value) and each == value:
            return True
    return False


def prove(table: TableNode, variables: Mapping[str, Variable]) -> Proof:
    """Check all combinations of inputs. Raises ``TooManyCombinations``.

    ``variables`` must declare the variables of all columns, as the kinds that they need.
    """
    return _Space(table, variables).prove()


class _Space:
    def __init__(self, table: TableNode, variables: Mapping[str, Variable]) -> None:
        self._table = table
        self._variables = variables
        self._work = 0
        self._dimensions: dict[str, Dimension] = {}
        for column in table.columns:
            if isinstance(column, CompareColumn):
                self._add(column.compare)
                self._add(column.to)
            elif isinstance(column, VariableColumn):
                self._add(column.var)
            else:
                label = f"{variables[column.is_set].label}（是否已填）"
                self._dimensions[f"is_set {column.is_set}"] = Dimension(
                    label, (False, True), ("没有填", "已填")
                )
        self._names = list(self._dimensions)

    def prove(self) -> Proof:
        boxes = [list(self._boxes(row)) for row in self._table.rows]
        empty = tuple(index for index, own in enumerate(boxes) if not own)
        left: list[Box] = [tuple(each.whole for each in self._dimensions.values())]
        for own in boxes:
            for box in own:
                left = [piece for old in left for piece in self._without(old, box)]
        return Proof(
            missing=self._in_words(left[0]) if left else None,
            overlaps=tuple(self._overlaps(boxes)),
            empty=empty,
        )

    def _add(self, name: str) -> None:
        if name in self._dimensions:
            return
        variable = self._variables[name]
        if isinstance(variable, OneOfVariable):
            cells = tuple(option.value for option in variable.options)
            words = tuple(option.label for option in variable.options)
            self._dimensions[name] = Dimension(variable.label, cells, words)
        elif isinstance(variable, BooleanVariable):
            self._dimensions[name] = Dimension(variable.label, (False, True), ("否", "是"))
        else:
            assert isinstance(variable, CountVariable)  # noqa: S101 - the lint has seen to it
            ranges = tuple(self._ranges(name, variable))
            spans = tuple(f"{low}" if low == high else f"{low} 到 {high}" for low, high in ranges)
            self._dimensions[name] = Dimension(variable.label, ranges, spans)

    def _ranges(self, name: str, variable: CountVariable) -> Iterator[tuple[int, int]]:
        """The numbers of ``variable``, cut wherever a row begins or ceases to apply."""
        starts = {variable.min}
        for row in self._table.rows:
            for each in alternatives(row.when.get(name, ())):
                low, high = _span(each, variable)
                starts |= {low, high + 1}
        cuts = sorted(each for each in starts if variable.min <= each <= variable.max)
        ends = [each - 1 for each in cuts[1:]] + [variable.max]
        yield from zip(cuts, ends, strict=True)

    def _boxes(self, row: Row) -> Iterator[Box]:
        masks = {name: each.whole for name, each in self._dimensions.items()}
        compared: list[tuple[CompareColumn, frozenset[object]]] = []
        for column in self._table.columns:
            cell = row.when.get(column_key(column))
            if cell is None:
                continue
            if isinstance(column, CompareColumn):
                compared.append((column, frozenset(alternatives(cell))))
            elif isinstance(column, IsSetColumn):
                masks[f"is_set {column.is_set}"] &= self._mask(f"is_set {column.is_set}", cell)
            else:
                masks[column.var] &= self._mask(column.var, cell)
        for expanded in self._expanded(masks, compared):
            if all(expanded.values()):
                yield tuple(expanded[name] for name in self._names)

    def _expanded(
        self, masks: dict[str, int], compared: Sequence[tuple[CompareColumn, frozenset[object]]]
    ) -> Iterator[dict[str, int]]:
        """``masks`` cut up so that every comparison is a matter of single values of one side."""
        self._count(1)
        if not compared:
            yield masks
            return
        (column, wanted), *rest = compared
        size = len(self._dimensions[column.compare].cells)
        for one in range(size):
            mask = masks[column.compare] & (1 << one)
            others = sum(1 << two for two in range(size) if _relation(one, two) in wanted)
            if mask and masks[column.to] & others:
                narrowed = {**masks, column.compare: mask}
                narrowed[column.to] &= others
                yield from self._expanded(narrowed, rest)

    def _mask(self, name: str, cell: object) -> int:
        mask = 0
        for bit, value in enumerate(self._dimensions[name].cells):
            probe = value[0] if isinstance(value, tuple) else value
            if _matches(cell, probe):
                mask |= 1 << bit
        return mask

    def _without(self, box: Box, taken: Box) -> Iterator[Box]:
        """What is left of ``box``: disjoint boxes, at most one for each dimension."""
        self._count(1)
        if not all(one & other for one, other in zip(box, taken, strict=True)):
            yield box
            return
        rest = list(box)
        for index, mask in enumerate(taken):
            outside = rest[index] & ~mask
            if outside:
                yield (*rest[:index], outside, *rest[index + 1 :])
            rest[index] &= mask

    def _overlaps(self, boxes: Sequence[Sequence[Box]]) -> Iterator[tuple[int, int, str]]:
        found = 0
        for second, theirs in enumerate(boxes):
            for first in range(second):
                shared = self._shared(boxes[first], theirs)
                if shared is not None:
                    found += 1
                    yield first, second, self._in_words(shared)
                    if found == MOST_OVERLAPS:
                        return

    def _shared(self, ours: Sequence[Box], theirs: Sequence[Box]) -> Box | None:
        for one in ours:
            self._count(len(theirs))
            for other in theirs:
                common = tuple(a & b for a, b in zip(one, other, strict=True))
                if all(common):
                    return common
        return None

    def _in_words(self, box: Box) -> str:
        """One combination out of ``box``: the first cell of every dimension."""
        return "；".join(
            f"{each.label}：{each.words[(mask & -mask).bit_length() - 1]}"
            for each, mask in zip(self._dimensions.values(), box, strict=True)
        )

    def _count(self, boxes: int) -> None:
        self._work += boxes
        if self._work > MOST_WORK:
            raise TooManyCombinations


def _span(each: object, variable: CountVariable) -> tuple[int, int]:
    if isinstance(each, Range):
        low = variable.min if each.low is None else each.low
        return low, variable.max if each.high is None else each.high
    assert isinstance(each, int)  # noqa: S101 - the lint has seen to it
    return each, each
