"""The tables of the reports as plain rows of figures: pages draw them, exports write them.

Call within ``reading.read_only``. A figure is a count (``int``), a share (``Fraction`` from 0 to
1), whole working hours (``int``), a text, or None where there is nothing to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tickets.reports.measures import HOURS, MEASURES, SHARES
from tickets.reports.narrowing import TIMES, GroupBy, ReportScope
from tickets.reports.period import today_at
from tickets.reports.tables import Row, Table
from tickets.reports.tallying import Tally

Number = int | Fraction | str | None

NOT_COMPARED = (GroupBy.WEEK, GroupBy.MONTH)
"""Weeks and months of two periods do not cover one another."""

GROUP_LABELS: Mapping[GroupBy, Any] = MappingProxyType(
    {
        GroupBy.QUESTION: gettext_lazy("Standard question"),
        GroupBy.CATEGORY: gettext_lazy("Group of questions"),
        GroupBy.TEAM: gettext_lazy("Team"),
        GroupBy.ASSIGNEE: gettext_lazy("Advisor"),
        GroupBy.AGENT: gettext_lazy("Agent"),
        GroupBy.OUTCOME: gettext_lazy("Outcome of the flow"),
        GroupBy.DAY: gettext_lazy("Day"),
        GroupBy.WEEK: gettext_lazy("Week"),
        GroupBy.MONTH: gettext_lazy("Month"),
    }
)


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    HOURS = "hours"
    DAYS = "days"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Figure:
    """A column: the code of a measure, a share, or of hours with a percentile.

    ``before``: as it was in the period before, in a column of its own.
    """

    code: str
    percentile: int = 0
    before: bool = False

    @property
    def unit(self) -> Unit:
        if self.code in SHARES:
            return Unit.SHARE
        return Unit.HOURS if self.code in HOURS else Unit.COUNT

    @property
    def label(self) -> str:
        label = str((MEASURES.get(self.code) or SHARES.get(self.code) or HOURS[self.code]).label)
        if self.percentile:
            label = _("%(label)s: %(percent)d%% within") % {
                "label": label,
                "percent": self.percentile,
            }
        return _("%(label)s, period before") % {"label": label} if self.before else label

    def of(self, tally: Tally | None) -> Number:
        if tally is None:
            return None
        if self.code in SHARES:
            share = SHARES[self.code]
            among = sum(tally.numbers[code] for code in share.among)
            return Fraction(sum(tally.numbers[code] for code in share.of), among) if among else None
        if self.code in HOURS:
            return tally.percentiles[self.code][self.percentile]
        return tally.numbers[self.code]


@dataclass(frozen=True, slots=True)
class Heading:
    """``code`` names the definition; empty where the label says it all. ``before``: of the period
    before."""

    label: str
    unit: Unit
    code: str = ""
    before: bool = False


class Value(NamedTuple):
    """``before``: the same of the period before. ``measure`` opens the list behind a count."""

    number: Number
    before: Number = None
    measure: str = ""
    code: str = ""
    unit: Unit = Unit.COUNT


@dataclass(frozen=True, slots=True)
class Line:
    """``scope``: where the lists behind the values look. ``key``: the first day of a row of
    dates, or the primary key of what the row is about."""

    label: str
    cells: tuple[Value, ...]
    scope: ReportScope | None = None
    key: int | date | None = None

    def values(self) -> tuple[Number, ...]:
        return tuple(cell.number for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. ``group_by`` is None where the rows are not groups."""

    code: str
    title: str
    head: str
    headings: tuple[Heading, ...]
    lines: tuple[Line, ...]
    total: Line | None = None
    group_by: GroupBy | None = None

    def without_before(self) -> Sheet:
        """The same without the columns of the period before."""
        kept = [at for at, heading in enumerate(self.headings) if not heading.before]

        def cut(line: Line) -> Line:
            return replace(line, cells=tuple(line.cells[at] for at in kept))

        return replace(
            self,
            headings=tuple(self.headings[at] for at in kept),
            lines=tuple(cut(line) for line in self.lines),
            total=cut(self.total) if self.total is not None else None,
        )


def headings_of(figures: Iterable[Figure]) -> tuple[Heading, ...]:
    return tuple(Heading(each.label, each.unit, each.code, each.before) for each in figures)


def value_of(figure: Figure, tally: Tally | None, before: Tally | None = None) -> Value:
    if figure.before:
        return Value(figure.of(before), code=figure.code, unit=figure.unit)
    return Value(
        number=figure.of(tally),
        before=figure.of(before),
        measure=figure.code if figure.code in MEASURES else "",
        code=figure.code,
        unit=figure.unit,
    )


# --- rows that are groups -------------------------------------------------------------------------

Engine = Callable[..., Table]


@dataclass(frozen=True, slots=True)
class Plan:
    """A table of groups: where its numbers come from and which columns it has."""

    code: str
    engine: Engine
    figures: tuple[Figure, ...]
    groups: tuple[GroupBy, ...]
    narrowing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A table of the engine with that of the period before, None when not asked for."""

    table: Table
    before: Table | None


def count(
    plan: Plan, *, scope: ReportScope, group_by: GroupBy, compare: bool, now: datetime
) -> Counted:
    """One or two calls of the engine."""
    before = None
    table = plan.engine(scope=scope, group_by=group_by, now=now)
    if compare:
        before = plan.engine(scope=scope.before(), group_by=group_by, now=now)
    return Counted(table, before)


def group_sheet(plan: Plan, counted: Counted, scope: ReportScope) -> Sheet:
    """A line for every group, and one for all of them together; no lines where there is nothing."""
    table, before = counted.table, counted.before
    group_by = table.group_by
    then = _before_by_key(before, group_by, scope)
    comparable = before is not None and group_by not in NOT_COMPARED
    empty = _nothing_like(table.total) if comparable else None

    def cells(tally: Tally, other: Tally | None) -> tuple[Value, ...]:
        return tuple(value_of(figure, tally, other) for figure in plan.figures)

    lines = tuple(
        Line(
            row_label(row, group_by),
            cells(row.tally, then.get(row.key, empty)),
            scope.into(group_by, row.key),
            row.key,
        )
        for row in _begun(table)
    )
    total = cells(table.total, before.total if before is not None else None)
    return Sheet(
        code=plan.code,
        title=str(GROUP_LABELS[group_by]),
        head=str(GROUP_LABELS[group_by]),
        headings=headings_of(plan.figures),
        lines=lines if any(table.total.numbers.values()) else (),
        total=Line(_("Altogether"), total, scope),
        group_by=group_by,
    )


def row_label(row: Row, group_by: GroupBy) -> str:
    """The name of a group; a date as 2026-03-02, a month as 2026-03."""
    if isinstance(row.key, date):
        return f"{row.key:%Y-%m}" if group_by is GroupBy.MONTH else row.key.isoformat()
    if row.key is None:
        return {
            GroupBy.TEAM: _("no team yet"),
            GroupBy.OUTCOME: _("handed over without a flow"),
            GroupBy.QUESTION: pgettext("report", "no question"),
            GroupBy.CATEGORY: pgettext("report", "no question"),
        }.get(group_by, _("nobody"))
    return row.label


def _before_by_key(
    before: Table | None, group_by: GroupBy, scope: ReportScope
) -> Mapping[Any, Tally]:
    """The rows of the period before by the key of the row that they are compared with.

    A day is compared with the day that lies as far back as the period is long.
    """
    if before is None or group_by in NOT_COMPARED:
        return {}
    if group_by is GroupBy.DAY:
        span = timedelta(days=scope.period.days)
        return {row.key + span: row.tally for row in before.rows if isinstance(row.key, date)}
    return {row.key: row.tally for row in before.rows}


def _begun(table: Table) -> Iterable[Row]:
    """The rows without the days, weeks and months that are still to come."""
    if table.as_of is None or table.group_by not in TIMES:
        return table.rows
    today = today_at(table.as_of)
    return (row for row in table.rows if not isinstance(row.key, date) or row.key <= today)


def _nothing_like(tally: Tally) -> Tally:
    """A group that had nothing."""
    return Tally(
        numbers=dict.fromkeys(tally.numbers, 0),
        percentiles={code: dict.fromkeys(each) for code, each in tally.percentiles.items()},
    )


# --- rows that are figures of their own -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table in which each cell is a figure of the same tally."""

    code: str
    title: Any
    head: Any
    columns: tuple[tuple[Any, Unit, str], ...]
    rows: tuple[tuple[Any, tuple[Figure, ...]], ...]


def matrix_sheet(
    matrix: Matrix, tally: Tally, scope: ReportScope, before: Tally | None = None
) -> Sheet:
    return Sheet(
        code=matrix.code,
        title=str(matrix.title),
        head=str(matrix.head),
        headings=tuple(Heading(str(label), unit, code) for label, unit, code in matrix.columns),
        lines=tuple(
            Line(str(label), tuple(value_of(each, tally, before) for each in figures), scope)
            for label, figures in matrix.rows
        ),
    )
