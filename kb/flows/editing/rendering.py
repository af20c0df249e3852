"""New values written as YAML, in the layout of the starter flows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LINE = 100
"""Columns up to which a mapping or list is written on one line."""

_ENDLESS = 10**7
_LITERAL = re.compile(
    r"[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]+"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a text is indented: blanks before what stands in a mapping, and before a dash."""

    mapping: int = 2
    dash: int = 2


class _Dumper(yaml.SafeDumper):
    """Double quotes where quotes are needed, as in the starter flows."""

    def choose_scalar_style(self) -> str:
        style = super().choose_scalar_style()
        asked_for = getattr(self.event, "style", None)
        return '"' if style == "'" and asked_for != "'" else style

    def ignore_aliases(self, data: Any) -> bool:
        return True


def inline(value: Any, *, style: str | None = None, in_flow: bool = True) -> str:
    """``value`` on one line; lists and mappings in brackets.

    ``style`` is the quote to keep around a text. With ``in_flow`` the result may stand between
    brackets, where a comma ends a plain text.
    """
    is_plain = not isinstance(value, str) or style is None
    if isinstance(value, str) and (len(value.splitlines()) > 1 or value[-1:].isspace()):
        style, is_plain = '"', False
    held = _dump([value], None if is_plain else style, flow=True)[1:-1]
    if in_flow or not is_plain or not isinstance(value, str):
        return held
    return _dump({"k": value}, None, flow=False)[3:]


def _dump(value: Any, style: str | None, *, flow: bool) -> str:
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        default_style=style,
        default_flow_style=flow,
        allow_unicode=True,
        sort_keys=False,
        width=_ENDLESS,
    )
    return text.rstrip("\n")


def is_literal(value: Any) -> bool:
    """Whether ``value`` is a text that is best read line by line, and can be written so."""
    if not isinstance(value, str) or "\n" not in value or value.endswith("\n\n"):
        return False
    return not value[0].isspace() and _LITERAL.fullmatch(value) is not None


def literal(value: str, indent: int) -> tuple[str, str]:
    """Header and lines of a text as ``is_literal`` wants it, ``indent`` blanks before each."""
    header = "|" if value.endswith("\n") else "|-"
    lines = value.removesuffix("\n").split("\n")
    body = "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in lines)
    return header, body


def after_key(value: Any, column: int, habits: Habits) -> str:
    """What stands behind ``key:``, from the blank to the last line break.

    ``column`` is that of the key. A mapping with a kind (a step) gets a line for each entry.
    """
    if is_literal(value):
        header, body = literal(value, column + habits.mapping)
        return f" {header}\n{body}"
    if isinstance(value, Mapping) and value and ("kind" in value or not _fits(value, column)):
        return "\n" + entries(value, column + habits.mapping, habits)
    if isinstance(value, list) and value and (_has_mappings(value) or not _fits(value, column)):
        dash = column + habits.dash
        return "\n" + "".join(item(each, dash, habits) for each in value)
    return f" {inline(value, in_flow=False)}\n"


def item(value: Any, column: int, habits: Habits, *, in_lines: bool = False) -> str:
    """One item of a list with its dash at ``column``; a mapping ``in_lines``, or where it must."""
    pad = " " * column
    if isinstance(value, Mapping) and value and (in_lines or not _fits(value, column)):
        return f"{pad}- {entries(value, column + 2, habits).lstrip(' ')}"
    if is_literal(value):
        header, body = literal(value, column + 2)
        return f"{pad}- {header}\n{body}"
    return f"{pad}- {inline(value, in_flow=False)}\n"


def entries(value: Mapping[str, Any], column: int, habits: Habits) -> str:
    return "".join(entry(key, each, column, habits) for key, each in value.items())


def entry(key: Any, value: Any, column: int, habits: Habits) -> str:
    """The lines of one entry of a mapping."""
    return f"{' ' * column}{inline(key)}:{after_key(value, column, habits)}"


def _fits(value: Any, column: int) -> bool:
    """Whether it can be read on one line: short, and no lists of mappings in it."""
    deep = any(isinstance(each, list) and _has_mappings(each) for each in _items(value))
    breaks = any(isinstance(each, str) and "\n" in each for each in _items(value))
    return not deep and not breaks and column + len(inline(value)) <= LINE


def _items(value: Any) -> Iterator[Any]:
    yield from value.values() if isinstance(value, Mapping) else value


def _has_mappings(value: list[Any]) -> bool:
    return any(isinstance(each, Mapping) for each in value)
