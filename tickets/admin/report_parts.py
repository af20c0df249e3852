"""Figures of a report in words, each with the list behind it, its change and its chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from klingdesk.moments import number_words, weekday_words
from tickets.admin.report_frame import ReportPage
from tickets.reports.measures import HOURS, MEASURES, SHARES, About
from tickets.reports.narrowing import GroupBy
from tickets.reports.query import ReportQuery
from tickets.reports.sheets import Heading, Line, Number, Sheet, Unit, Value

NONE = "–"

LISTS = {
    About.TICKETS: "admin:sla_report_tickets",
    About.BACKLOG: "admin:sla_report_tickets",
    About.CONTACTS: "admin:report_contact_list",
    About.SEARCHES: "admin:report_search_list",
}

BETTER_HIGH = frozenset(
    (
        *("attainment", "met", "resolve_attainment", "resolve_met", "completeness"),
        *("first_contact_resolution", "contacts_answered", "search_success", "solved_once"),
    )
)
BETTER_LOW = frozenset(
    (
        *("breached", "resolve_breached", "returned", "return_rate", "chased", "chase_rate"),
        *("reopened", "reopen_rate", "escalation_rate", "contacts_escalated", "contact_chase_rate"),
        *("contacts_chased", "contacts_abandoned", "searches_nothing", "search_nothing_rate"),
        *("searches_retyped", "contact_hours", "resolve_hours"),
        *("open_breached", "open_resolve_breached"),
    )
)

SERIES = {
    **dict.fromkeys(("attainment", "met", "contacts_answered", "completeness"), "ok"),
    **dict.fromkeys(("first_contact_resolution", "search_success", "open_age_0"), "ok"),
    **dict.fromkeys(("breached", "contacts_escalated", "escalation_rate", "returned"), "bad"),
    **dict.fromkeys(("reopen_rate", "search_nothing_rate", "open_age_0_breached"), "bad"),
    **dict.fromkeys(("open_in_time", "contacts_open"), "rest"),
    **dict.fromkeys(("resolve_attainment", "contacts_redirected", "chase_rate", "chased"), "third"),
    **dict.fromkeys(("contacts_abandoned", "contacts_chased", "reopened"), "fourth"),
}
"""The tone in which a column is drawn where a chart draws it; colours are tokens."""


@dataclass(frozen=True, slots=True)
class Term:
    """A name with its definition; without a code the name says it all."""

    label: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Against the period before. ``tone``: ok, bad or empty; ``sign`` is for eyes, ``words`` for
    screen readers."""

    sign: str
    words: str
    text: str
    before: str
    tone: str


class Cell(NamedTuple):
    """``raw`` is what a chart draws, empty for nothing; ``href`` the list behind the number."""

    text: str
    raw: str = ""
    href: str = ""
    tone: str = ""
    quiet: bool = False
    is_text: bool = False
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Card:
    term: Term
    text: str
    href: str
    tone: str
    change: Change | None


@dataclass(frozen=True, slots=True)
class Column:
    term: Term
    series: str
    tone: str
    is_percent: bool
    is_minor: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class ShownLine:
    label: str
    short: str
    href: str
    term: Term | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """``kind``: line, bar or stack. ``only``: the columns to draw. ``lying``: bars from left to
    right, for long names. ``reverse``: the table begins with the newest."""

    kind: str
    only: str
    label: str
    lying: bool = False
    most: int = 0
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """Rows that stand together: the groups, or their total."""

    lines: tuple[ShownLine, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class ShownTable:
    id: str
    title: str
    head: str
    columns: tuple[Column, ...]
    bodies: tuple[Body, ...]
    charts: tuple[Chart, ...]
    export: str
    empty: str
    note: str = ""

    @property
    def lines(self) -> tuple[ShownLine, ...]:
        """Without the total."""
        return self.bodies[0].lines


# --- words ----------------------------------------------------------------------------------------


def percent(share: Fraction | None) -> str:
    """A share with one decimal, rounded down, so that 100.0% hides no exception; – for none."""
    if share is None:
        return NONE
    per_mille = share.numerator * 1000 // share.denominator
    return f"{per_mille // 10}.{per_mille % 10}%"


def words(number: Number, unit: Unit) -> str:
    if isinstance(number, int):  # most are
        is_hours = unit is Unit.HOURS
        return _hours_words(number, get_language()) if is_hours else number_words(number)
    if number is None:
        return NONE
    return number if isinstance(number, str) else percent(number)


@lru_cache(1_000)
def _hours_words(hours: int, language: str | None) -> str:
    """In the language of this moment, which is ``language``. A long table tells the same few hours
    thousands of times."""
    return _("%(hours)s h") % {"hours": number_words(hours)}


def change_of(value: Value) -> Change | None:
    """How a figure moved since the period before; None where there is nothing to compare."""
    now, then = value.number, value.before
    if now is None or then is None or isinstance(now, str) or isinstance(then, str):
        return None
    moved: Any = now - then  # whole, or a fraction
    if value.unit is Unit.SHARE and abs(moved) < Fraction(1, 2000):
        moved = 0  # it would read 0.0 points
    tone = ""
    if moved:
        good = (moved > 0) if value.code in BETTER_HIGH else (moved < 0)
        tone = ("ok" if good else "bad") if value.code in BETTER_HIGH | BETTER_LOW else ""
    if value.unit is Unit.SHARE:
        points = f"{abs(float(moved)) * 100:.1f}"
        text = _("%(points)s points") % {"points": points}
    else:
        text = words(int(abs(moved)), value.unit)
    if not moved:
        return Change("=", _("unchanged"), "", words(then, value.unit), "")
    sign, told = ("▲", _("up by")) if moved > 0 else ("▼", _("down by"))
    return Change(sign, told, text, words(then, value.unit), tone)


def _raw(number: Number) -> str:
    if isinstance(number, int):
        return str(number)
    return f"{float(number) * 100:.3f}" if isinstance(number, Fraction) else ""


# --- numbers that open ----------------------------------------------------------------------------


def cell(value: Value, asked: str, *, with_change: bool = True) -> Cell:
    """``asked``: the query of the list behind the number (``ReportQuery.string``)."""
    number = value.number
    is_zero = number == 0 and isinstance(number, int)
    bad = (value.measure in BETTER_LOW and not is_zero) or value.code == "late"
    return Cell(
        text=words(number, value.unit),
        raw=_raw(number),
        href=list_address(value.measure, asked) if value.measure and number else "",
        tone="bad" if bad else "",
        quiet=is_zero or number is None,
        is_text=value.unit is Unit.TEXT,
        change=change_of(value) if with_change else None,
    )


def list_address(measure: str, asked: str) -> str:
    """The list of what ``measure`` counts, asked with the query ``asked``."""
    return f"{_list_path(MEASURES[measure].about)}?metric={measure}&{asked}"


@cache
def _list_path(about: About) -> str:
    """Looked up once: a long table has thousands of links."""
    return reverse(LISTS[about])


def card(value: Value, query: ReportQuery, *, main: bool = False) -> Card:
    shown = cell(value, query.string())
    tone = "main" if main else ""
    if not main and value.number and value.code in ("met", "resolve_met"):
        tone = "ok"
    if not main and value.number and value.measure in BETTER_LOW:
        tone = "bad"
    label = str(_defined(value.code).label)
    return Card(Term(label, value.code), shown.text, shown.href, tone, shown.change)


def _defined(code: str) -> Any:
    return MEASURES.get(code) or SHARES.get(code) or HOURS[code]


def definitions(codes: Iterable[str]) -> list[tuple[str, Any, Any]]:
    """Code, label and definition of each code once, in their order."""
    found = {code: _defined(code) for code in codes if code}
    return [(code, each.label, each.definition) for code, each in found.items()]


# --- tables ---------------------------------------------------------------------------------------


def shown_table(
    sheet: Sheet,
    query: ReportQuery,
    *,
    page: ReportPage | None = None,
    charts: tuple[Chart, ...] = (),
    empty: str = "",
    note: str = "",
) -> ShownTable:
    """``page``: where a row's name leads, narrowed to the row; None: nowhere."""
    lines = tuple(_line(each, sheet, query, page) for each in sheet.lines)
    total = (Body((_line(sheet.total, sheet, query, None),), is_total=True),) if sheet.total else ()
    return ShownTable(
        id=f"report-{sheet.code.replace('_', '-')}",
        title=_title(sheet),
        head=sheet.head,
        columns=tuple(_column(each, at) for at, each in enumerate(sheet.headings)),
        bodies=(Body(lines), *total),
        charts=charts,
        export=query.string(sheet=sheet.code),
        empty=empty or _("Nothing was handed over in this period."),
        note=note,
    )


def _title(sheet: Sheet) -> str:
    if sheet.group_by is None:
        return sheet.title
    return _("By %(group)s") % {"group": sheet.title.lower()}


_TONES = ("ok", "third", "fourth", "bad")


def _column(heading: Heading, at: int) -> Column:
    before = heading.before
    series = heading.code or f"column-{at}"
    return Column(
        term=Term(heading.label, "" if before else heading.code),
        series=f"{series}:before" if before else series,
        tone="before" if before else SERIES.get(series, _TONES[at % len(_TONES)]),
        is_percent=heading.unit is Unit.SHARE,
        is_minor=before,
        is_text=heading.unit is Unit.TEXT,
    )


def _line(line: Line, sheet: Sheet, query: ReportQuery, page: ReportPage | None) -> ShownLine:
    into = query.within(line.scope) if line.scope is not None else query
    is_matrix = sheet.group_by is None
    label, short = _names(line, sheet.group_by)
    code = line.cells[0].code if is_matrix and line.cells and line.key is None else ""
    asked = into.string()
    cells = (
        cell(value, asked, with_change=is_matrix or value.unit in (Unit.SHARE, Unit.HOURS))
        for value in line.cells
    )
    return ShownLine(
        label=label,
        short=short,
        href=_into(page, into, sheet.group_by) if page and sheet.group_by else "",
        term=Term(label, code) if code and code in {*MEASURES, *HOURS} else None,
        cells=tuple(cells),
    )


def _names(line: Line, group_by: GroupBy | None) -> tuple[str, str]:
    """The name of a row, and a shorter one for the axis of a chart."""
    if isinstance(line.key, date):
        if group_by is GroupBy.DAY:
            return f"{line.label} {weekday_words(line.key)}", line.label[5:]
        if group_by is GroupBy.WEEK:
            return _("week from %(day)s") % {"day": line.label}, line.label[5:]
    return line.label, ""


_NEXT = {
    GroupBy.QUESTION: GroupBy.ASSIGNEE,
    GroupBy.CATEGORY: GroupBy.QUESTION,
    GroupBy.TEAM: GroupBy.ASSIGNEE,
    GroupBy.MONTH: GroupBy.WEEK,
    GroupBy.WEEK: GroupBy.DAY,
}
"""By what the report is grouped once it is narrowed to a row; else by question."""


def _into(page: ReportPage, into: ReportQuery, group_by: GroupBy) -> str:
    further = _NEXT.get(group_by, GroupBy.QUESTION)
    if further not in page.groups:
        further = next(group for group in page.groups if group is not group_by)
    return f"{page.address}?{into.but(group_by=further).string()}"
