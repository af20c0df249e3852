"""What tests in a browser wait for is a function: the desk's own policy forbids the other way."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "browser"
FUNCTION = re.compile(r"\(?[\w, ]*\)?\s*=>")


@pytest.mark.parametrize("file", sorted(TESTS.glob("*.py")), ids=lambda file: file.name)
def test_no_expression_is_waited_for(file: Path) -> None:
    """An expression is compiled anew at every look, which a page whose policy knows no
    ``unsafe-eval`` refuses. The first look is the debugger's and free of it, so that such a test
    fails only where a machine is slow."""
    for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "wait_for_function":
            waited_for = call.args[0]
            if isinstance(waited_for, ast.Constant):
                assert FUNCTION.match(str(waited_for.value)), f"{file.name}:{call.lineno}"
