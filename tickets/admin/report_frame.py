"""The frame of every page of the reports: tabs, the form with the period, the age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from klingdesk.core.errors import Invalid
from klingdesk.pages import desk_render
from tickets.reports.narrowing import NARROWING, NOBODY, GroupBy, narrowing_names
from tickets.reports.period import PRESETS, Period, today_at
from tickets.reports.query import ALONE, GROUPS, ReportQuery, read_query
from tickets.reports.sheets import GROUP_LABELS
from tickets.selectors.report_choices import report_choices

TABS: tuple[tuple[Any, str], ...] = (
    (gettext_lazy("Overview"), "sla_report"),
    (gettext_lazy("By group"), "report_groups"),
    (gettext_lazy("Contacts"), "report_contacts"),
    (gettext_lazy("Hand-overs"), "report_handovers"),
    (gettext_lazy("Knowledge"), "report_knowledge"),
    (gettext_lazy("Forecast"), "forecast"),
    (gettext_lazy("Weekly report"), "weekly_report"),
    (gettext_lazy("My exports"), "exports"),
)
WITHOUT_PERIOD = frozenset({"forecast", "weekly_report", "exports"})
TYPED = ("from", "to", "group", "compare", *NARROWING)
HANDED_OVER = gettext_lazy("Tickets handed over from %(first)s to %(last)s")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One page: its address, what it can be grouped by (the usual one first; none: it is not) and
    narrowed to. ``counts_tickets``: it has nothing to show before they were ever counted."""

    name: str
    title: Any
    groups: tuple[GroupBy, ...] = ()
    narrowing: tuple[str, ...] = NARROWING
    template: str = ""
    counts_tickets: bool = True
    period_words: Any = HANDED_OVER

    @property
    def address(self) -> str:
        return _address(self.name)

    def query(self, request: HttpRequest, *, now: datetime, any_group: bool = False) -> ReportQuery:
        """What is asked for; ``Invalid`` names every field that cannot be read. ``any_group``: as
        another page of the reports is grouped will do, too."""
        return read_query(
            request.GET.dict(),
            today=today_at(now),
            groups=GROUPS if any_group or not self.groups else self.groups,
            narrowing=self.narrowing,
        )


@cache
def _address(name: str) -> str:
    """Looked up once: every row of a table leads there."""
    return reverse(f"admin:{name}")


def frame(page: ReportPage, query: ReportQuery, user: Any, *, now: datetime) -> dict[str, Any]:
    """The context around figures that could be counted. ``Invalid`` for a key of which there is
    no row. Call within ``read_only``."""
    names = narrowing_names(query.scope(user))
    return {
        **_form(page, query, query.pairs(), now),
        "chips": chips(query, names),
        "period_words": page.period_words
        % {"first": query.period.first, "last": query.period.last},
        "before_words": _before_words(query, user),
    }


def _before_words(query: ReportQuery, user: Any) -> str:
    if not query.compare:
        return ""
    before = query.scope(user).before().period
    return _("compared with %(first)s to %(last)s") % {"first": before.first, "last": before.last}


def age(as_of: datetime, now: datetime) -> dict[str, Any]:
    """How old the numbers are, in whole seconds."""
    return {"as_of": as_of, "age_seconds": max(0, int((now - as_of).total_seconds()))}


def refused(page: ReportPage, request: HttpRequest, error: Invalid, now: datetime) -> HttpResponse:
    """400 with the form as it was typed; what was not typed but chosen is left out where wrong."""
    typed = {
        name: request.GET.get(name, "")
        for name in TYPED
        if name in ("from", "to") or name not in error.fields
    }
    fields = dict(error.fields)
    context = {
        **_form(page, None, typed, now),
        "error": error,
        "from_errors": fields.pop("from", []),
        "to_errors": fields.pop("to", []),
        "other_errors": [text for texts in fields.values() for text in texts],
    }
    return desk_render(request, "admin/reports/base.html", context, status=400)


def _form(
    page: ReportPage, query: ReportQuery | None, typed: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    chosen = typed.get("group", "")
    return {
        "title": page.title,
        "page_address": page.address,
        "tabs": tabs(page.name, query),
        "typed": typed,
        "presets": _presets(query, now),
        "group_choices": [
            {"value": group.value, "label": GROUP_LABELS[group], "chosen": group == chosen}
            for group in page.groups
        ],
        "is_alone": typed.get("compare", "") == ALONE,
        "alone": ALONE,
        "filters": _filters(page, typed),
        "is_narrowed": any(typed.get(name) for name in NARROWING),
    }


def tabs(current: str, query: ReportQuery | None = None) -> list[dict[str, Any]]:
    """The pages of the reports, ``current`` (the name of an address) among them; those with a
    period keep the one of ``query``."""
    found = []
    for label, name in TABS:
        try:
            address = reverse(f"admin:{name}")
        except NoReverseMatch:
            continue
        if query is not None and name not in WITHOUT_PERIOD:
            address = f"{address}?{_period_only(query)}"
        found.append({"label": label, "href": address, "current": name == current})
    return found


def _period_only(query: ReportQuery) -> str:
    plain = ReportQuery(query.period, compare=query.compare).pairs()
    del plain["group"]
    return "&".join(f"{name}={value}" for name, value in plain.items())


def _presets(query: ReportQuery | None, now: datetime) -> list[dict[str, Any]]:
    """Ready-made periods as links that keep the rest of the query."""
    found = []
    for label, make in PRESETS:
        period: Period = make(today_at(now))
        link = (query or ReportQuery(period)).but(period=period)
        current = query is not None and query.period == period
        found.append({"label": label, "href": f"?{link.string()}", "current": current})
    return found


_NOBODY_OF = ("team", "assignee", "outcome")


def _filters(page: ReportPage, typed: Mapping[str, str]) -> list[dict[str, Any]]:
    offered = report_choices(page.narrowing)
    found = []
    for name in page.narrowing:
        wanted = typed.get(name, "")
        options = [(str(key), label) for key, label in offered[name]]
        if name in _NOBODY_OF:
            options.insert(0, (str(NOBODY), nobody(GroupBy(name))))
        found.append(
            {
                "name": name,
                "label": GROUP_LABELS[GroupBy(name)],
                "options": options,
                "wanted": wanted,
                # What is no longer offered stays chosen: a period of last year knows it.
                "kept": wanted if wanted and wanted not in dict(options) else "",
            }
        )
    return found


def nobody(group_by: GroupBy) -> str:
    if group_by is GroupBy.TEAM:
        return _("no team yet")
    return _("handed over without a flow") if group_by is GroupBy.OUTCOME else _("nobody")


def chips(query: ReportQuery, names: Mapping[str, str], **more: str) -> list[dict[str, Any]]:
    """What the query is narrowed to, each with the address without it.

    ``Invalid`` for a key of which there is no row.
    """
    found = []
    for name, key in query.narrowed().items():
        if key is None:
            continue
        if key != NOBODY and name not in names:
            raise Invalid(
                _("The report cannot be counted."),
                fields={name: [_("There is nothing under the number %(key)d.") % {"key": key}]},
            )
        found.append(
            {
                "label": GROUP_LABELS[GroupBy(name)],
                "name": names.get(name) or nobody(GroupBy(name)),
                "without": f"?{query.but(**{name: None}).string(**more)}",
            }
        )
    return found
