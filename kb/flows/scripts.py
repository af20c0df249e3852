"""Variables in scripts: a fixed list, written exactly as ``{{name}}``. No template engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kb.flows.errors import ScriptError

VARIABLES = frozenset({"due_date", "handover_promise"})
_BRACES = re.compile(r"\{\{(.*?)\}\}|\{\{|\}\}", re.DOTALL)
_RISKY = re.compile(r"\{\{+|\}\}+|^[{}]+|[{}]+$")
_FULL_WIDTH = str.maketrans("{}", "｛｝")


def variables(text: str) -> Iterator[str | None]:
    """Everything between double braces, in order; ``None`` for braces without a partner."""
    for match in _BRACES.finditer(text):
        yield match.group(1)


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with the variables of a flow replaced; the desk's own are left for later.

    Double braces inside a value, and braces at its ends, are made full-width, so that nothing
    that somebody typed is taken for a variable afterwards.
    """
    if "{{" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        given = values.get(match.group(1) or "")
        if given is None:
            return match.group(0)
        return _RISKY.sub(lambda braces: braces[0].translate(_FULL_WIDTH), given)

    return _BRACES.sub(value, text)


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
