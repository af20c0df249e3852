"""The package is pure: no framework, no clock, no random numbers; only what is listed here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kb.flows

ROOT = Path(kb.flows.__file__).parent
# The checkers have rules of their own about what they read pasted texts with.
MODULES = sorted(path for path in ROOT.rglob("*.py") if "checkers" not in path.parts)
OWN = ("kb.flows", "klingdesk.core.account_id")
FOREIGN = {
    *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools"),
    *(
        "hashlib",
        "json",
        "re",
        "typing",
        "unicodedata",
        "pydantic",
        "pydantic_core",
        "yaml",
        "zoneinfo",
    ),
}
CLOCKS = {"utcnow", "today", "time_ns", "monotonic"}


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_what_is_pure(path: Path) -> None:
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    assert {
        n for n in names if not n.startswith(OWN) and n.partition(".")[0] not in FOREIGN
    } == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_reads_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert called & {*CLOCKS, "now"} == set()
