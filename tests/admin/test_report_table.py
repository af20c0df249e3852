"""A report's rows as HTML: what they say, and that nothing gets in unescaped."""

from __future__ import annotations

from typing import Any

from django.template import Context, Template

from tickets.admin.report_parts import Cell, Change, ShownLine, Term

EVIL = "<b>\"'&"
ESCAPED = "&lt;b&gt;&quot;&#x27;&amp;"


def shown(source: str, **values: Any) -> str:
    text: str = Template("{% load report_table %}" + source).render(Context(values))
    return text


def row(*cells: Cell, label: str = "", **more: Any) -> str:
    """One line without its name."""
    line = ShownLine(**{"label": label, "short": "", "href": "", "term": None, **more}, cells=cells)
    return shown("{% rows lines %}", lines=[line])


def test_nothing_gets_in_unescaped() -> None:
    moved = Change(sign=EVIL, words=EVIL, text=EVIL, before=EVIL, tone="bad")
    cells = (
        Cell(text=EVIL, raw=EVIL, href=f"/a?{EVIL}", tone="bad", change=moved),
        Cell(text=EVIL, quiet=True),
        Cell(text=EVIL, is_text=True),
    )
    linked = row(*cells, label=EVIL, short=EVIL, href=f"/b?{EVIL}")
    plain = (
        row(label=EVIL) + row(term=Term(EVIL)) + shown("{% term named %}", named=Term(EVIL, EVIL))
    )
    assert "<b" not in linked + plain
    assert linked.count(ESCAPED) == (2 + 1 + 4 + 2) + 3
    assert plain.count(ESCAPED) == 1 + 1 + 3


def test_a_line_leads_somewhere_or_to_its_definition_or_is_a_name() -> None:
    short = row(label="2 Mar Mon", short="03-02", href="/b/")
    assert short.startswith(
        '<tr><th scope="row" class="report-date" data-label="03-02"><a href="/b/">2 Mar Mon</a>'
    )
    assert row(label="Team A") == '<tr><th scope="row">Team A</th></tr>\n'
    assert 'href="#def-met"' in row(term=Term("Met", "met"))


def test_a_number_opens_its_list_and_says_how_it_moved() -> None:
    moved = Change(sign="▲", words="up by", text="3", before="9", tone="ok")
    text = row(Cell(text="12", raw="12", href="/list/", change=moved))
    assert '<td class="number" data-value="12"><a href="/list/">12</a>' in text
    assert 'class="report-change report-change--ok"' in text
    assert '<span aria-hidden="true">▲ </span><span class="visually-hidden">up by </span>3' in text


def test_words_zero_and_nothing_to_compare() -> None:
    text = row(Cell(text="0", quiet=True), Cell(text="–", is_text=True))
    assert '<td class="number"><span class="report-zero">0</span></td><td>–</td></tr>' in text


def test_a_term_leads_to_its_definition_where_it_has_one() -> None:
    assert shown("{% term named %}", named=Term("Met")) == "Met"
    text = shown("{% term named %}", named=Term("Met", "met"))
    assert 'href="#def-met"' in text
    assert 'aria-describedby="def-met"' in text
