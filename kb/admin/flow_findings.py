"""What the lint finds, as the editors' pages show it: in their language and with its line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop, pgettext

from kb.flows.errors import FlowError
from kb.flows.lines import lines_of

Accepted = frozenset[tuple[str, str]]
"""Code and path of each warning that was read and let stand."""

_SYNTAX: tuple[tuple[str, str], ...] = (
    (
        r"a wide colon",
        gettext_noop("a full-width colon; write “:” and a blank behind the key"),
    ),
    (
        r"mapping values are not allowed",
        gettext_noop("a colon where none can be; put the text in quotes, or correct the indent"),
    ),
    (
        r"could not find expected ':'",
        gettext_noop("a line without “:”; write “key: text”, or indent it below its key"),
    ),
    (
        r"found character '(\\t|\t)'",
        gettext_noop("a tab; indent with blanks"),
    ),
    (
        r"found character .* that cannot start",
        gettext_noop("a text cannot begin with this character; put it in quotes"),
    ),
    (
        r"expected ',' or",
        gettext_noop("a bracket is not closed, or a comma is missing"),
    ),
    (
        r"expected <block end>",
        gettext_noop("the indent does not fit the lines above"),
    ),
    (
        r"found unexpected end of stream|unexpected end",
        gettext_noop("a quotation mark is not closed"),
    ),
    (
        r"anchors and aliases",
        gettext_noop("“&” and “*” begin anchors and aliases, which are not allowed here"),
    ),
    (
        r"nested deeper|nested too deeply",
        gettext_noop("nested too deeply"),
    ),
    (
        r"the key “(?P<name>.*)” is there twice",
        gettext_noop("the key “%(name)s” is there twice"),
    ),
    (
        r"special characters are not allowed",
        gettext_noop("it holds a character that cannot be typed; remove it"),
    ),
)
"""What the YAML library says, and our words for it."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """``value`` names a warning in a form; ``is_accepted``: somebody ticked it as read."""

    severity: str
    node: str
    place: str
    message: str
    remedy: str
    line: int
    value: str
    is_accepted: bool = False

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True, slots=True)
class FindingRows:
    """Findings in the order of the text."""

    rows: tuple[FindingRow, ...]

    @property
    def errors(self) -> int:
        return sum(row.is_error for row in self.rows)

    @property
    def warnings(self) -> int:
        return len(self.rows) - self.errors


def finding_rows(
    findings: Iterable[FlowError], *, text: str, accepted: Accepted = frozenset()
) -> FindingRows:
    """Findings about ``text`` in the present language, errors first, each with its line."""
    found = tuple(findings)
    lines = lines_of(text, found) if found else []
    rows = [_row(each, line, accepted) for each, line in zip(found, lines, strict=True)]
    return FindingRows(tuple(sorted(rows, key=lambda row: (not row.is_error, row.line))))


def accepted_in(values: Collection[str]) -> Accepted:
    """The warnings that a form names (``FindingRow.value``); nonsense names none."""
    pairs = (value.partition(" ") for value in values)
    return frozenset((code, path) for code, blank, path in pairs if blank)


def _row(found: FlowError, line: int, accepted: Accepted) -> FindingRow:
    place, message, remedy = found.told(gettext)
    if found.code == "bad_syntax":
        place, message = _place_in_text(found.params), _syntax_words(found.params)
    return FindingRow(
        severity=found.severity,
        node=found.node or "",
        place=place,
        message=message,
        remedy=remedy,
        line=line,
        value=f"{found.code} {found.path}",
        is_accepted=(found.code, found.path) in accepted,
    )


def _place_in_text(params: Any) -> str:
    if "line" not in params:
        return pgettext("place of a finding", "text")
    return str(gettext("line %(line)d, column %(column)d") % params)


def _syntax_words(params: Any) -> str:
    problem = str(params.get("problem", ""))
    for pattern, words in _SYNTAX:
        if match := re.search(pattern, problem):
            return gettext(words) % match.groupdict()
    return gettext("cannot be read as YAML (%(problem)s)") % {"problem": problem}
