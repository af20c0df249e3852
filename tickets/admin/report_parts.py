"""The SLA report as its page shows it: every number with its words and the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from klingdesk.core.errors import Invalid
from tickets.admin.report_query import ReportQuery
from tickets.admin.words import weekday_words
from tickets.reports import metrics
from tickets.reports.groups import GroupBy, GroupRow
from tickets.reports.metrics import METRICS, Metric
from tickets.reports.period import PRESETS, Period
from tickets.reports.scope import NARROWING, NOBODY
from tickets.reports.sla import AgeRow, SlaReport

GROUP_LABELS = {
    GroupBy.QUESTION: gettext_lazy("Standard question"),
    GroupBy.TEAM: gettext_lazy("Team"),
    GroupBy.ASSIGNEE: gettext_lazy("Assignee"),
    GroupBy.DAY: gettext_lazy("Day of hand-over"),
}
_GROUP_TITLES = {
    GroupBy.QUESTION: gettext_lazy("By standard question"),
    GroupBy.TEAM: gettext_lazy("By team"),
    GroupBy.ASSIGNEE: gettext_lazy("By assignee"),
    GroupBy.DAY: gettext_lazy("By day of hand-over"),
}
_NEXT_GROUP = {
    GroupBy.QUESTION: GroupBy.ASSIGNEE,
    GroupBy.TEAM: GroupBy.ASSIGNEE,
    GroupBy.ASSIGNEE: GroupBy.QUESTION,
    GroupBy.DAY: GroupBy.QUESTION,
}
_TONES = {"met": "ok", "breached": "bad", "open_breached": "bad"}


@dataclass(frozen=True, slots=True)
class Number:
    """A count that can be opened: ``href`` is the list behind it."""

    value: str
    href: str
    label: Any = ""
    definition: Any = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """Three adjoining parts of a bar in percent of its width, as text for SVG."""

    ok: str
    bad_from: str
    bad: str
    rest_from: str
    rest: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its label, where that leads, its numbers and its bar."""

    label: str
    href: str
    numbers: tuple[Number, ...]
    attainment: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class Figures:
    attainment: str
    attainment_label: Any
    attainment_definition: Any
    cards: tuple[Number, ...]
    open_now: tuple[Number, ...]
    provisional: Number
    ages: tuple[Row, ...]
    group_title: Any
    group_label: Any
    groups: tuple[Row, ...]
    definitions: tuple[tuple[Any, Any], ...]


def figures(report: SlaReport, query: ReportQuery) -> Figures:
    """Everything below the form."""
    numbers = report.numbers
    most = max((row.open for row in report.ages), default=0)

    def card(metric: Metric) -> Number:
        return _number(numbers[metric.code], metric, query)

    return Figures(
        attainment=percent(numbers["met"], numbers["breached"]),
        attainment_label=metrics.ATTAINMENT_LABEL,
        attainment_definition=metrics.ATTAINMENT_DEFINITION,
        cards=tuple(card(metric) for metric in metrics.PERIOD_METRICS),
        open_now=(card(metrics.OPEN), card(metrics.OPEN_BREACHED)),
        provisional=card(metrics.OPEN_PROVISIONAL),
        ages=tuple(_age_row(row, query, most) for row in report.ages),
        group_title=_GROUP_TITLES[query.group_by],
        group_label=GROUP_LABELS[query.group_by],
        groups=tuple(_group_row(row, query) for row in report.groups),
        definitions=_definitions(),
    )


def percent(met: int, breached: int) -> str:
    """Attainment with one decimal, rounded down, so that 100.0% hides no breach; – for none."""
    decided = met + breached
    if not decided:
        return "–"
    per_mille = met * 1000 // decided
    return f"{per_mille // 10}.{per_mille % 10}%"


def bar(ok: int, bad: int, rest: int, whole: int) -> Bar:
    """Parts of ``whole`` (at least their sum; 0: nothing to show)."""

    def share(part: int) -> str:
        return f"{100 * part / whole:.2f}%" if whole else "0%"

    return Bar(share(ok), share(ok), share(bad), share(ok + bad), share(rest))


def presets(query: ReportQuery | None, *, today: date) -> list[dict[str, Any]]:
    """Ready-made periods as links that keep the rest of the query."""
    found = []
    for label, make in PRESETS:
        period: Period = make(today)
        link = (query or ReportQuery(period)).but(period=period)
        current = query is not None and query.period == period
        found.append({"label": label, "href": f"?{link.string()}", "current": current})
    return found


def group_choices(chosen: str) -> list[dict[str, Any]]:
    return [
        {"value": group.value, "label": label, "chosen": group == chosen}
        for group, label in GROUP_LABELS.items()
    ]


def chips(
    query: ReportQuery, names: dict[str, str], *, metric: Metric | None = None
) -> list[dict[str, Any]]:
    """What the query is narrowed to, each with the address without it.

    ``Invalid`` for a key of which there is no row.
    """
    found = []
    for name in NARROWING:
        key = getattr(query, name)
        if key is None:
            continue
        if key != NOBODY and name not in names:
            raise Invalid(
                _("The report cannot be counted."),
                fields={name: [_("There is nothing under the number %(key)d.") % {"key": key}]},
            )
        more = {"metric": metric.code} if metric else {}
        found.append(
            {
                "label": GROUP_LABELS[GroupBy(name)],
                "name": names.get(name) or _nobody(GroupBy(name)),
                "without": f"?{query.but(**{name: None}).string(**more)}",
            }
        )
    return found


def _number(value: int, metric: Metric, query: ReportQuery) -> Number:
    address = reverse("admin:sla_report_tickets")
    return Number(
        value=f"{value:,}",
        href=f"{address}?{query.string(metric=metric.code)}",
        label=metric.label,
        definition=metric.definition,
        tone=_TONES.get(metric.code, "") if value else "",
    )


def _age_row(row: AgeRow, query: ReportQuery, most: int) -> Row:
    aged = METRICS[metrics.band_code(row.band)]
    breached = METRICS[metrics.band_code(row.band, breached=True)]
    return Row(
        label=str(metrics.band_label(row.band)),
        href="",
        numbers=(
            _number(row.open, aged, query),
            _number(row.breached, breached, query),
        ),
        attainment="",
        bar=bar(0, row.breached, row.open - row.breached, most),
    )


def _group_row(row: GroupRow, query: ReportQuery) -> Row:
    into = _into(row, query)
    counted = (row.handed_over, row.met, row.breached, row.open_in_time)
    return Row(
        label=_group_label(row, query.group_by),
        href=f"?{into.but(group_by=_NEXT_GROUP[query.group_by]).string()}",
        numbers=tuple(
            _number(value, metric, into)
            for value, metric in zip(counted, metrics.PERIOD_METRICS, strict=True)
        ),
        attainment=percent(row.met, row.breached),
        bar=bar(row.met, row.breached, row.open_in_time, row.handed_over),
    )


def _into(row: GroupRow, query: ReportQuery) -> ReportQuery:
    """The query narrowed to one group."""
    if isinstance(row.key, date):
        return query.but(period=Period(row.key, row.key))
    return query.but(**{query.group_by.value: NOBODY if row.key is None else row.key})


def _group_label(row: GroupRow, group_by: GroupBy) -> str:
    if isinstance(row.key, date):
        return f"{row.key.isoformat()} {weekday_words(row.key)}"
    return row.label or _nobody(group_by)


def _nobody(group_by: GroupBy) -> str:
    return _("no team yet") if group_by is GroupBy.TEAM else _("nobody")


def _definitions() -> tuple[tuple[Any, Any], ...]:
    ages = metrics.AGE_METRICS
    return (
        *((metric.label, metric.definition) for metric in metrics.PERIOD_METRICS),
        (metrics.ATTAINMENT_LABEL, metrics.ATTAINMENT_DEFINITION),
        *((metric.label, metric.definition) for metric in metrics.NOW_METRICS[:3]),
        (_("Open by age"), ages[0].definition),
        (_("Breached among them"), ages[1].definition),
    )
