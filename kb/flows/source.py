"""Text of a flow file to plain data: YAML or JSON, with what they would silently swallow refused.

Refused besides bad syntax: a key given twice (the second would win), anchors and aliases
(a few lines can stand for gigabytes), halves of characters (``"\\uD800"``: no page and no
database can hold them), nesting beyond ``DEPTH_LIMIT`` and text beyond ``SOURCE_LIMIT``
characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Literal

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from kb.flows.errors import FlowErrors, finding

SOURCE_LIMIT = 400_000
DEPTH_LIMIT = 30

Format = Literal["yaml", "json"]

_WIDE_KEY = re.compile(r"\s*(?:- +)*[a-z_]+：", re.IGNORECASE)
_WIDE_COLON = "a wide colon “：” behind a key"


def refusal(code: str, **params: object) -> FlowErrors:
    """A refusal of the text as a whole."""
    return FlowErrors([replace(finding((), code, **params), path="text")])


class _Strict(Composer):
    """Composes nodes without aliases and in bounded depth."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not allowed", problem_mark=event.start_mark
            )
        self._depth += 1
        try:
            if self._depth > DEPTH_LIMIT:
                raise yaml.MarkedYAMLError(
                    problem=f"nested deeper than {DEPTH_LIMIT} levels",
                    problem_mark=event.start_mark,
                )
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Loader(_Strict, CParser, SafeConstructor, Resolver):
    """libyaml reads the text, which is three times as fast; keys are unique.

    The places that it tells are good to the line only.
    """

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key “{key_node.value}” is there twice",
                        problem_mark=key_node.start_mark,
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


class _Placed(_Strict, yaml.SafeLoader):
    """Knows to the character where everything stands."""


def read(text: str, source_format: Format) -> Any:
    """Plain data of ``text``; raises ``FlowErrors`` with line and column where there are any."""
    _check_length(text)
    return _read_json(text) if source_format == "json" else _read_yaml(text)


def compose(text: str) -> yaml.Node | None:
    """The nodes of a YAML text, which know their lines; None for an empty one.

    Raises ``FlowErrors`` as ``read`` does, but takes a key that is there twice.
    """
    _check_length(text)
    root: yaml.Node | None = _in_our_words(text, _Loader, yaml.compose)
    return root


def compose_placed(text: str) -> yaml.Node | None:
    """As ``compose``, of nodes that know to the character where they begin and end."""
    _check_length(text)
    root: yaml.Node | None = _in_our_words(text, _Placed, yaml.compose)
    return root


def _check_length(text: str) -> None:
    if len(text) > SOURCE_LIMIT:
        raise refusal("text_too_long", limit=SOURCE_LIMIT, given=len(text))


def _read_yaml(text: str) -> Any:
    return _in_our_words(text, _Loader, yaml.load)


def _in_our_words(text: str, loader: type[_Strict], call: Callable[[str, Any], Any]) -> Any:
    """What ``call`` makes of ``text``, with the errors of the YAML library told as ours."""
    try:
        return call(text, loader)
    except yaml.MarkedYAMLError as refused:
        exc = _told_better(text, refused) if loader is _Loader else refused
        mark = exc.problem_mark or exc.context_mark
        place = {} if mark is None else _place(text, mark.line, mark.column)
        if wide := _wide_colon(text, place.get("line", 0)):
            raise _bad_syntax(_WIDE_COLON, wide) from refused
        raise _bad_syntax(exc.problem or exc.context or "not YAML", place) from refused
    except (yaml.YAMLError, ValueError) as exc:
        # ValueError: 2026-13-45 and the like are taken for dates by YAML.
        raise _bad_syntax(str(exc).splitlines()[0], {}) from exc


def _wide_colon(text: str, fault: int) -> dict[str, int]:
    """Where a key ends in “：” on the line of the fault or the one before, if it does.

    Chinese keyboards type it; YAML takes it for a letter and complains about the next line.
    """
    lines = text.split("\n")
    for number in (fault, fault - 1):
        found = _WIDE_KEY.match(lines[number - 1]) if 0 < number <= len(lines) else None
        if found:
            return {"line": number, "column": found.end()}
    return {}


def _told_better(text: str, refused: yaml.MarkedYAMLError) -> yaml.MarkedYAMLError:
    """The same fault as the other parser names it: more exactly, in what is wrong and where."""
    try:
        yaml.compose(text, _Placed)
    except yaml.MarkedYAMLError as told:
        return told
    except (yaml.YAMLError, ValueError):
        pass
    return refused


def _place(text: str, line: int, column: int) -> dict[str, int]:
    """Counted from 1. What is missing at the very end is so on the last line that there is."""
    lines = text.split("\n")
    if line >= len(lines):
        return {"line": len(lines), "column": len(lines[-1]) + 1}
    return {"line": line + 1, "column": column + 1}


def _read_json(text: str) -> Any:
    try:
        data = json.loads(text, object_pairs_hook=_unique)
        json.dumps(data, ensure_ascii=False).encode()
        return data
    except json.JSONDecodeError as exc:
        raise _bad_syntax(exc.msg, {"line": exc.lineno, "column": exc.colno}) from exc
    except RecursionError as exc:
        raise _bad_syntax("nested too deeply", {}) from exc
    except ValueError as exc:
        raise _bad_syntax(str(exc), {}) from exc


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key “{key}” is there twice")
        result[key] = value
    return result


def _bad_syntax(problem: str, place: dict[str, int]) -> FlowErrors:
    where = f"line {place['line']}, column {place['column']}: " if place else ""
    return refusal("bad_syntax", where=where, problem=problem, **place)
