"""Text of a flow file to plain data: YAML or JSON, with what they would silently swallow refused.

Refused besides bad syntax: a key given twice (the second would win), anchors and aliases
(a few lines can stand for gigabytes), nesting beyond ``DEPTH_LIMIT`` and text beyond
``SOURCE_LIMIT`` characters.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import replace
from typing import Any, Literal

import yaml

from kb.flows.errors import FlowErrors, finding

SOURCE_LIMIT = 400_000
DEPTH_LIMIT = 30

Format = Literal["yaml", "json"]


def refusal(code: str, **params: object) -> FlowErrors:
    """A refusal of the text as a whole."""
    return FlowErrors([replace(finding((), code, **params), path="text")])


class _Loader(yaml.SafeLoader):
    """``SafeLoader`` without aliases, with unique keys and bounded depth."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
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


def read(text: str, source_format: Format) -> Any:
    """Plain data of ``text``; raises ``FlowErrors`` with line and column where there are any."""
    if len(text) > SOURCE_LIMIT:
        raise refusal(
            "text_too_long",
            limit=SOURCE_LIMIT,
            given=len(text),
        )
    return _read_json(text) if source_format == "json" else _read_yaml(text)


def _read_yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - _Loader is a SafeLoader
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = {} if mark is None else {"line": mark.line + 1, "column": mark.column + 1}
        raise _bad_syntax(exc.problem or exc.context or "not YAML", place) from exc
    except (yaml.YAMLError, ValueError) as exc:
        # ValueError: 2026-13-45 and the like are taken for dates by YAML.
        raise _bad_syntax(str(exc).splitlines()[0], {}) from exc


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
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
