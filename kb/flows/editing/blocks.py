"""Block collections of a text, one line for each entry, changed in place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from kb.flows.editing import rendering
from kb.flows.editing.brackets import in_brackets, quote_of
from kb.flows.editing.rendering import Habits
from kb.flows.editing.same import partners, same

_COMMENT = re.compile(r"[ \t]+#.*")
_STEP = 2
"""Depth of a step: below the flow and its nodes."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """One entry with its own comments. ``gap`` stands above and belongs to nobody."""

    gap: str
    lead: str
    start: int
    after: int
    end: int
    value: yaml.Node


class Blocks:
    """``text`` ends in a line break. When ``is_coarse``, a step that differs is written anew."""

    def __init__(self, text: str, root: yaml.MappingNode, *, is_coarse: bool) -> None:
        self._text = text
        self._root = root
        self._is_coarse = is_coarse
        self._habits = _habits(root)

    def document(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
        """The whole text for ``new``."""
        root = self._root
        if root.flow_style or not root.value:
            inside = in_brackets(self._text, root, old, new)
            return self._text[: root.start_mark.index] + inside + self._text[root.end_mark.index :]
        start = self._line(root.value[0][0].start_mark.index)
        changed = self._mapping(root, old, new, start, depth=0)
        assert changed is not None  # noqa: S101 - only entries that share a line give None
        return self._text[:start] + changed + self._text[self._end(root) :]

    # --- places -------------------------------------------------------------------------------

    def _line(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _next_line(self, index: int) -> int:
        return self._text.find("\n", index) + 1 or len(self._text)

    def _last(self, node: yaml.Node) -> int:
        """The index behind the last character of ``node``; blank lines and comments left out."""
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        if isinstance(node, yaml.ScalarNode):
            if node.style not in ("|", ">"):
                return end
            header = self._text[start : self._next_line(start)].partition("#")[0]
            return end - 1 if "+" in header else start + len(self._text[start:end].rstrip())
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            return end
        last = node.value[-1]
        return self._last(last[1] if isinstance(last, tuple) else last)

    def _end(self, node: yaml.Node) -> int:
        return self._next_line(self._last(node))

    def _body(self, node: yaml.Node, after: int) -> int:
        """Where the entries begin: on the line below, or right behind the dash."""
        first = self._firsts(node)[0]
        return first if self._line(first) <= after else self._next_line(after)

    def _firsts(self, node: yaml.Node) -> list[int]:
        """Where each entry begins: at its key, or at its dash."""
        if isinstance(node, yaml.MappingNode):
            return [int(key.start_mark.index) for key, _value in node.value]
        column, at = node.start_mark.column, int(node.start_mark.index)
        found: list[int] = []
        for each in node.value:
            if found:
                while self._text[at : at + 1] != "-" or self._column(at) != column:
                    at = self._next_line(at) + column
            found.append(at)
            at = self._next_line(self._last(each)) + column
        return found

    def _column(self, index: int) -> int:
        before = self._text[self._line(index) : index]
        return len(before) if not before.strip() else -1

    def _units(self, node: yaml.Node, body: int) -> list[_Unit]:
        units, at = [], body
        for first, each in zip(self._firsts(node), node.value, strict=True):
            value = each[1] if isinstance(each, tuple) else each
            after = first + 1
            if isinstance(each, tuple):
                after = self._text.index(":", int(each[0].end_mark.index)) + 1
            start = max(self._line(first), body)
            lines = self._text[at:start].splitlines(keepends=True)
            count = len(lines)
            while count and lines[count - 1].strip():
                count -= 1
            gap, lead = "".join(lines[:count]), "".join(lines[count:])
            at = self._end(value)
            units.append(_Unit(gap, lead, start, after, at, value))
        return units

    # --- collections --------------------------------------------------------------------------

    def _mapping(
        self, node: yaml.MappingNode, old: Any, new: Mapping[Any, Any], body: int, *, depth: int
    ) -> str | None:
        """The entries of ``node`` as ``new`` has them; None when they must be written anew."""
        units = dict(zip(old, self._units(node, body), strict=True))
        column = node.value[0][0].start_mark.column
        is_shared = self._line(body) != body
        first = next(iter(units))
        if is_shared and first not in new:
            return None
        gaps = [each.gap for each in units.values()]
        habit = gaps[1] if len(gaps) > 1 and not gaps[1].strip() else ""
        order = _order(old, new, first if is_shared else None)
        pieces: list[str] = []
        pending = ""
        for key in order:
            if key in units and key not in new:
                pending = _joined(pending, units[key].gap)
            elif key in units:
                unit = units[key]
                value = self._value(unit, old[key], new[key], column, depth=depth + 1)
                gap = _joined(pending, unit.gap) if pending or pieces else unit.gap
                pieces.append(gap + unit.lead + self._text[unit.start : unit.after] + value)
                pending = ""
            else:
                gap = habit if pieces else ""
                pieces.append(gap + rendering.entry(key, new[key], column, self._habits))
                pending = pending if pieces[1:] else habit
        return "".join(pieces) + (pending if pending.strip() else "")

    def _sequence(
        self, node: yaml.SequenceNode, old: Any, new: Sequence[Any], body: int, *, depth: int
    ) -> str | None:
        units = self._units(node, body)
        column = node.start_mark.column
        found = partners(old, new)
        if self._line(body) != body and found[0] != 0:
            return None
        in_lines = any(isinstance(e, yaml.MappingNode) and not e.flow_style for e in node.value)
        gaps = [unit.gap for unit in units]
        habit = gaps[-1] if len(gaps) > 1 and not gaps[-1].strip() else ""
        pieces = []
        for index, (item, was) in enumerate(zip(new, found, strict=True)):
            pieces.append(gaps[index] if index < len(gaps) else habit)
            if was is None:
                pieces.append(rendering.item(item, column, self._habits, in_lines=in_lines))
                continue
            unit = units[was]
            value = self._value(unit, old[was], item, column, depth=depth + 1)
            pieces.append(unit.lead + self._text[unit.start : unit.after] + value)
        return "".join(pieces) + "".join(gap for gap in gaps[len(new) :] if gap.strip())

    # --- values -------------------------------------------------------------------------------

    def _value(self, unit: _Unit, old: Any, new: Any, column: int, *, depth: int) -> str:
        """What stands behind the colon or dash of ``unit``, to the end of its last line."""
        node, after, end = unit.value, unit.after, unit.end
        if same(old, new):
            return self._text[after:end]
        changed: str | None = None
        if not (self._is_coarse and depth >= _STEP):
            if isinstance(node, yaml.ScalarNode):
                changed = self._scalar(unit, new, column)
            elif isinstance(node, yaml.CollectionNode) and node.flow_style:
                changed = self._brackets(unit, old, new)
            elif type(old) is type(new) and new:
                body = self._body(node, after)
                call = self._mapping if isinstance(node, yaml.MappingNode) else self._sequence
                inside = call(node, old, new, body, depth=depth)  # type: ignore[arg-type]
                changed = None if inside is None else self._text[after:body] + inside
        if changed is None:
            return self._with_comment(self._anew(unit, new, column), self._comment(unit))
        return changed

    def _anew(self, unit: _Unit, new: Any, column: int) -> str:
        if self._text[unit.after - 1] == "-":
            written = rendering.item(new, column, self._habits, in_lines=isinstance(new, Mapping))
            return written[column + 1 :]
        return rendering.after_key(new, column, self._habits)

    def _brackets(self, unit: _Unit, old: Any, new: Any) -> str | None:
        """A collection in brackets stays in them, unless a text has become several lines."""
        node = unit.value
        if type(old) is not type(new):
            return None
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        inside = in_brackets(self._text, node, old, new)
        has_comment = "#" in self._text[start:end]
        if (
            isinstance(new, Mapping)
            and not has_comment
            and any("\n" in each for each in _texts(new))
        ):
            return None
        return self._text[unit.after : start] + inside + self._text[end : unit.end]

    def _scalar(self, unit: _Unit, new: Any, column: int) -> str | None:
        if isinstance(new, Mapping | list):
            return None
        node, after = unit.value, unit.after
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        if rendering.is_literal(new):
            header, body = rendering.literal(new, self._indent(node, column))
            return self._with_comment(f" {header}\n{body}", self._comment(unit))
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            return None
        before = self._text[after:start] or " "
        written = rendering.inline(new, style=quote_of(node), in_flow=False)
        return before + written + self._text[end : unit.end]

    def _indent(self, node: yaml.Node, column: int) -> int:
        """How far the lines of a text stand in; those of a text that is replaced show it."""
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            start = self._next_line(int(node.start_mark.index))
            lines = self._text[start : int(node.end_mark.index)].splitlines()
            stands = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
            if stands:
                return stands[0]
        return column + self._habits.mapping

    def _comment(self, unit: _Unit) -> str:
        """The comment at the end of the line on which a single value ends, or its text begins."""
        node = unit.value
        if not isinstance(node, yaml.ScalarNode):
            return ""
        start = int(node.start_mark.index)
        is_block = node.style in ("|", ">")
        line = self._text[start if is_block else self._last(node) : unit.end].partition("\n")[0]
        found = _COMMENT.search(line)
        return found[0] if found else ""

    @staticmethod
    def _with_comment(written: str, comment: str) -> str:
        first, _break, rest = written.partition("\n")
        return f"{first}{comment}\n{rest}" if comment else written


def _order(old: Mapping[Any, Any], new: Mapping[Any, Any], first: Any) -> list[Any]:
    """All keys in the order of the text; a new one right behind the one before it in ``new``."""
    order = list(old)
    previous = first
    for key in new:
        if key not in old:
            order.insert(0 if previous is None else order.index(previous) + 1, key)
        previous = key
    return order


def _joined(above: str, below: str) -> str:
    """One gap out of two, between which an entry was taken out."""
    if not below.strip():
        return above or below
    return below if not above.strip() else above + below


def _texts(value: Any) -> list[str]:
    """Every text in ``value``."""
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _habits(root: yaml.Node) -> Habits:
    """The indents of the first block mapping and list that stand in a mapping."""
    found: dict[type, int] = {}
    queue: list[yaml.Node] = [root]
    while queue and len(found) < 2:
        node = queue.pop(0)
        if isinstance(node, yaml.SequenceNode):
            queue += node.value
        elif isinstance(node, yaml.MappingNode) and not node.flow_style:
            for key, value in node.value:
                queue.append(value)
                if isinstance(value, yaml.ScalarNode) or value.flow_style or not value.value:
                    continue
                first = value.value[0]
                start = first[0].start_mark if isinstance(first, tuple) else value.start_mark
                found.setdefault(type(value), start.column - key.start_mark.column)
    return Habits(found.get(yaml.MappingNode, 2), found.get(yaml.SequenceNode, 2))
