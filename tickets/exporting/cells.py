"""What a value looks like in a file: the same words in every format, and nothing that a
spreadsheet would calculate."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from tickets.rules.sla import ZONE

Cell = str | int | float | bool | date | datetime | None

LONGEST_TEXT: Final = 32_767
"""Characters; a workbook's cell holds no more (ECMA-376, and Excel's own limits)."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With any of these in front a spreadsheet may calculate a text (OWASP, "CSV Injection")."""


def in_file(value: Cell) -> str | int | float:
    """Text or a number. Instants are ISO 8601 of Shanghai (``2026-03-04T10:30:00+08:00``), truth is
    a word of the active language, nothing is an empty text; long texts end with an ellipsis."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case int() | float():
            return value
        case datetime():
            return value.astimezone(ZONE).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def neutral(value: str | int | float) -> str | int | float:
    """A text of a CSV file that no spreadsheet takes for a formula: an apostrophe stands before
    what could begin one. Numbers stay numbers, negative ones, too."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def header(labels: Any) -> list[str]:
    """The words of the first row in the active language."""
    return [str(label) for label in labels]
