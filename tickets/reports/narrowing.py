"""Which tickets, contacts or searches a report looks at, and by what it sorts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from kb.models import Category, StandardQuestion
from klingdesk.core.errors import Invalid
from tickets.models import FlowOutcome, Team
from tickets.reports.labels import person_name
from tickets.reports.period import Period
from tickets.selectors.outcome_names import outcome_name

NARROWING = ("question", "category", "team", "assignee", "agent", "outcome")

NOBODY = 0
"""As a key: what has no team, assignee, outcome or question."""


class GroupBy(StrEnum):
    TOTAL = "total"
    QUESTION = "question"
    CATEGORY = "category"
    TEAM = "team"
    ASSIGNEE = "assignee"
    AGENT = "agent"
    OUTCOME = "outcome"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


TIMES = (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH)


@dataclass(frozen=True, slots=True)
class ReportScope:
    """Whose numbers, of which days, narrowed to primary keys (``NOBODY``: those without one)."""

    user: Any
    period: Period
    question: int | None = None
    category: int | None = None
    team: int | None = None
    assignee: int | None = None
    agent: int | None = None
    outcome: int | None = None

    def but(self, **changes: Any) -> ReportScope:
        return replace(self, **changes)

    def before(self) -> ReportScope:
        """The same of as many days, which end the day before."""
        first = self.period.first
        return self.but(period=Period(first - timedelta(self.period.days), first - timedelta(1)))

    def into(self, group_by: GroupBy, key: int | date | None) -> ReportScope:
        """Narrowed to one row of a table that is grouped by ``group_by``."""
        if group_by is GroupBy.TOTAL:
            return self
        if group_by in TIMES:
            if not isinstance(key, date):
                raise ValueError(f"a date is the key of a {group_by.value}, not {key!r}")
            last = ends_of(group_by, key)
            period = self.period
            return self.but(period=Period(max(key, period.first), min(last, period.last)))
        return self.but(**{group_by.value: NOBODY if key is None else key})

    @property
    def narrowed(self) -> dict[str, int]:
        """What it is narrowed to, by name."""
        found = {name: getattr(self, name) for name in NARROWING}
        return {name: key for name, key in found.items() if key is not None}

    def only_by(self, *names: str) -> dict[str, int]:
        """``narrowed``. ``Invalid`` names whatever the asked numbers cannot be narrowed to."""
        narrowed = self.narrowed
        errors = {
            name: [_("These numbers cannot be narrowed to this.")]
            for name in narrowed
            if name not in names
        }
        if errors:
            raise Invalid(_("The report cannot be counted."), fields=errors)
        return narrowed


def begins_of(group_by: GroupBy, day: date) -> date:
    """The first day of the week or month of ``day``; a day begins with itself."""
    if group_by is GroupBy.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if group_by is GroupBy.MONTH else day


def ends_of(group_by: GroupBy, first: date) -> date:
    """The last day of the week or month that begins with ``first``."""
    if group_by is GroupBy.WEEK:
        return first + timedelta(days=6)
    if group_by is GroupBy.MONTH:
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first


def dates_of(group_by: GroupBy, period: Period) -> list[date]:
    """The first days of all days, weeks or months that ``period`` touches, the newest first."""
    found = []
    day = begins_of(group_by, period.last)
    while ends_of(group_by, day) >= period.first:
        found.append(day)
        day = begins_of(group_by, day - timedelta(days=1))
    return found


def _sources() -> Mapping[str, tuple[QuerySet[Any], Any]]:
    people = get_user_model().objects.order_by()
    return {
        "question": (StandardQuestion.objects.order_by(), F("title")),
        "category": (Category.objects.order_by(), F("title")),
        "team": (Team.objects.order_by(), F("name")),
        "assignee": (people, person_name()),
        "agent": (people, person_name()),
        "outcome": (FlowOutcome.objects.order_by(), outcome_name()),
    }


def names_of(name: str, keys: list[int]) -> dict[int, str]:
    """Names of the rows of one kind by their primary keys (one statement)."""
    rows, label = _sources()[name]
    return dict(rows.filter(pk__in=keys).values_list("pk", Cast(label, CharField())))


def narrowing_names(scope: ReportScope) -> dict[str, str]:
    """The names of what ``scope`` is narrowed to: one statement, or none.

    What has no such row is left out, and so is NOBODY.
    """
    sources = _sources()
    parts = [
        sources[name][0]
        .filter(pk=key)
        .values_list(Value(name, output_field=CharField()), Cast(sources[name][1], CharField()))
        for name, key in scope.narrowed.items()
        if key
    ]
    return dict(parts[0].union(*parts[1:])) if parts else {}
