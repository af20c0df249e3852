"""Variables in scripts: a fixed list, written exactly as ``{{name}}``. No template engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kb.flows.errors import ScriptError

VARIABLES = frozenset({"due_date"})
_BRACES = re.compile(r"\{\{(.*?)\}\}|\{\{|\}\}", re.DOTALL)


def variables(text: str) -> Iterator[str | None]:
    """Everything between double braces, in order; ``None`` for braces without a partner."""
    for match in _BRACES.finditer(text):
        yield match.group(1)


def render_script(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with its variables replaced, in one pass (a value is never looked into).

    ``variables`` may hold more than ``text`` uses, but nothing outside ``VARIABLES``.
    Raises ``ScriptError`` for an unknown variable, one without a value, and unpaired braces.
    """
    unknown = sorted(set(variables) - VARIABLES)
    if unknown:
        raise ScriptError(f"“{unknown[0]}” is no variable of scripts", variable=unknown[0])

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            raise ScriptError("double braces without a partner")
        if name not in VARIABLES:
            raise ScriptError(f"“{name}” is no variable of scripts", variable=name)
        if name not in variables:
            raise ScriptError(f"“{name}” has no value here", variable=name)
        return variables[name]

    return _BRACES.sub(value, text)
