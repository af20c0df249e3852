"""Cells of a table: what a program would take for a formula is marked, lists are written as text.

The inverse functions stand beside each other: what is written here is read back unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_CELL = 30_000
"""Characters in one cell; a spreadsheet holds 32,767. Longer lists go on in further columns."""

_RISKY = re.compile(r"^'*[=+\-@\t\r]")
_MARKED = re.compile(r"^'+[=+\-@\t\r]")
_QUESTION = re.compile(r"^(?:问|Q)[：:]\s?")
_ANSWER = re.compile(r"^(?:答|A)[：:]\s?")


def guarded(text: str) -> str:
    """``text`` with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def unguarded(text: str) -> str:
    """The inverse of ``guarded``: exactly the one apostrophe is taken off."""
    return text[1:] if _MARKED.match(text) else text


def is_formula(text: str) -> bool:
    """Whether an unmarked cell of a CSV file would be calculated by a spreadsheet."""
    return text.startswith("=")


def list_cells(items: Sequence[Any]) -> list[str]:
    """A list as cells: one item a line, or JSON where lines would not do; never empty."""
    cells: list[str] = []
    rest = list(items)
    while rest or not cells:
        taken = 0
        length = 0
        while taken < len(rest) and (taken == 0 or length + _size(rest[taken]) <= MOST_CELL):
            length += _size(rest[taken])
            taken += 1
        cells.append(_list_cell(rest[:taken]))
        rest = rest[taken:]
    return cells


def _size(item: Any) -> int:
    return len(json.dumps(item, ensure_ascii=False)) + 2


def _list_cell(items: Sequence[Any]) -> str:
    if all(isinstance(item, str) for item in items):
        text = "\n".join(items)
        if "\r" not in text and read_list(text) == list(items):
            return text
    return json.dumps(list(items), ensure_ascii=False)


def read_list(text: str) -> list[Any]:
    """The inverse of ``list_cells`` for one cell; ``ValueError`` for broken JSON."""
    text = text.strip()
    if text.startswith("["):
        found = _json_list(text)
        if found is not None:
            return found
    return [line.strip() for line in text.split("\n") if line.strip()]


def _json_list(text: str) -> list[Any] | None:
    """The list, or None for text that only begins with a bracket."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if re.match(r'^\[\s*["{\[]', text):
            raise ValueError(text[:60]) from error
        return None
    return found if isinstance(found, list) else None


def read_follow_ups(text: str) -> list[Any]:
    """Follow-ups as JSON, or as blocks of "问：…" and "答：…" lines.

    ``ValueError`` for text that is neither.
    """
    text = text.strip()
    if text.startswith("["):
        found = _json_list(text)
        if found is not None:
            return found
    blocks: list[dict[str, list[str]]] = []
    for line in filter(str.strip, text.split("\n")):
        if asked := _QUESTION.match(line):
            blocks.append({"question": [line[asked.end() :]], "script": []})
        elif blocks and (said := _ANSWER.match(line)) and not blocks[-1]["script"]:
            blocks[-1]["script"].append(line[said.end() :])
        elif blocks and blocks[-1]["script"]:
            blocks[-1]["script"].append(line)
        else:
            raise ValueError(line[:60])
    return [{name: "\n".join(lines) for name, lines in block.items()} for block in blocks]


def read_attachments(text: str) -> list[Any]:
    """Attachments as JSON, or one a line: the digest, a blank, the title."""
    text = text.strip()
    if text.startswith("["):
        found = _json_list(text)
        if found is not None:
            return found
    items = []
    for line in filter(str.strip, text.split("\n")):
        digest, _blank, title = line.strip().partition(" ")
        items.append({"digest": digest, "title": title.strip()})
    return items


def mapping_cells(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Follow-ups or attachments as cells: JSON, which every text survives; never empty."""
    return list_cells(items) if items else [""]
