"""The rows of a report's table: ``{% load report_table %}``."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tickets.admin.report_parts import Cell, Change, ShownLine, Term

register = template.Library()


@register.simple_tag
def rows(lines: Iterable[ShownLine]) -> SafeString:
    """Lines of a table. Put together here: a table may have ten thousand cells, and a template
    takes ten times as long for each."""
    return mark_safe("".join(map(_row, lines)))  # noqa: S308 - escaped below


def _row(line: ShownLine) -> str:
    date = f' class="report-date" data-label="{escape(line.short)}"' if line.short else ""
    cells = "".join(map(_cell, line.cells))
    return f'<tr><th scope="row"{date}>{_name(line)}</th>{cells}</tr>\n'


def _name(line: ShownLine) -> str:
    if line.href:
        return f'<a href="{escape(line.href)}">{escape(line.label)}</a>'
    return term(line.term) if line.term else escape(line.label)


def _cell(cell: Cell) -> str:
    kind = "" if cell.is_text else ' class="number"'
    raw = f' data-value="{escape(cell.raw)}"' if cell.raw else ""
    return f"<td{kind}{raw}>{_figure(cell)}{change(cell.change)}</td>"


def _figure(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.href:
        bad = ' class="report-bad"' if cell.tone == "bad" else ""
        return f'<a href="{escape(cell.href)}"{bad}>{text}</a>'
    return f'<span class="report-zero">{text}</span>' if cell.quiet else text


@register.simple_tag
def change(moved: Change | None) -> SafeString:
    """How a figure moved since the period before; nothing where nothing is compared."""
    if moved is None:
        return SafeString()
    tone = f" report-change--{moved.tone}" if moved.tone else ""
    named = _("The period before")
    before = f"{named}: {moved.before}"
    return mark_safe(  # noqa: S308 - escaped here
        f'<span class="report-change{tone}" title="{escape(before)}">'
        f'<span aria-hidden="true">{escape(moved.sign)} </span>'
        f'<span class="visually-hidden">{escape(moved.words)} </span>{escape(moved.text)}</span>'
    )


@register.simple_tag
def term(named: Term) -> SafeString:
    """A name that leads to its definition, where it has one."""
    label = escape(str(named.label))
    if not named.code:
        return mark_safe(label)  # noqa: S308 - escaped above
    at = f"def-{escape(named.code)}"
    return mark_safe(  # noqa: S308 - escaped above
        f'<a class="report-term" href="#{at}" aria-describedby="{at}" data-definition>{label}</a>'
    )
