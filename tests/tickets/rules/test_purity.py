"""Rules stay pure: what they may import, and that none of them reads a clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import klingdesk
import tickets

CORE = Path(klingdesk.__file__).parent / "core"
RULES = Path(tickets.__file__).parent / "rules"
MODULES = [
    *(CORE / f"{name}.py" for name in ("account_id", "calendar", "days")),
    *sorted(RULES.glob("*.py")),
]
OWN = ("klingdesk.core", "tickets.rules")
FOREIGN = {
    *("__future__", "bisect", "calendar", "chinese_calendar", "collections", "csv"),
    *(
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "itertools",
        "numpy",
        "re",
        "types",
        "typing",
        "unicodedata",
        "zoneinfo",
    ),
}
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic"}


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_imports_only_what_is_pure(path: Path) -> None:
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    impure = {n for n in names if not n.startswith(OWN) and n.partition(".")[0] not in FOREIGN}
    assert impure == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_reads_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & CLOCKS
    assert read == set()
