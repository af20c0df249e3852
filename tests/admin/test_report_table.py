"""A report's cells as HTML: what they say, and that nothing gets in unescaped."""

from __future__ import annotations

from typing import Any

from django.template import Context, Template

from tickets.admin.report_parts import Cell, Change, Term

EVIL = "<b>\"'&"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;"


def shown(source: str, **values: Any) -> str:
    text: str = Template("{% load report_table %}" + source).render(Context(values))
    return text


def test_nothing_gets_in_unescaped() -> None:
    moved = Change(sign=EVIL, words=EVIL, text=EVIL, before=EVIL, tone="bad")
    row = [
        Cell(text=EVIL, raw=EVIL, href=f"/a?{EVIL}", tone="bad", change=moved),
        Cell(text=EVIL, quiet=True),
        Cell(text=EVIL, is_text=True),
    ]
    text = shown("{% cells row %}{% term named %}", row=row, named=Term(EVIL, EVIL))
    assert "<b" not in text
    assert text.count(ESCAPED) == 2 + 1 + 4 + 2 + 3


def test_a_number_opens_its_list_and_says_how_it_moved() -> None:
    moved = Change(sign="▲", words="up by", text="3", before="9", tone="ok")
    text = shown("{% cells row %}", row=[Cell(text="12", raw="12", href="/list/", change=moved)])
    assert text.startswith('<td class="number" data-value="12"><a href="/list/">12</a>')
    assert 'class="report-change report-change--ok"' in text
    assert '<span aria-hidden="true">▲ </span><span class="visually-hidden">up by </span>3' in text


def test_words_zero_and_nothing_to_compare() -> None:
    text = shown("{% cells row %}", row=[Cell(text="0", quiet=True), Cell(text="–", is_text=True)])
    assert text == '<td class="number"><span class="report-zero">0</span></td><td>–</td>'


def test_a_term_leads_to_its_definition_where_it_has_one() -> None:
    assert shown("{% term named %}", named=Term("Met")) == "Met"
    text = shown("{% term named %}", named=Term("Met", "met"))
    assert 'href="#def-met"' in text
    assert 'aria-describedby="def-met"' in text
