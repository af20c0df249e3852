"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_FILE_LINES = 500
MOST_FUNCTION_LINES = 80
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "misc.py", "common.py"}


def sources() -> list[Path]:
    folders = ("klingdesk", "notices", "kb", "tickets", "tests", "bench")
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
    )


def test_there_are_sources_to_measure() -> None:
    assert len(sources()) > 50


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_and_its_functions_too(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_FILE_LINES
    assert path.name not in FORBIDDEN_NAMES
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
    }
    assert long == {}


def test_style_sheets_and_scripts_are_short_too() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for pattern in ("*.css", "*.js", "*.html")
        for folder in ("static/desk", "templates")
        for path in (ROOT / folder).rglob(pattern)
        if (count := path.read_text(encoding="utf-8").count("\n")) > MOST_FILE_LINES
    }
    assert long == {}
