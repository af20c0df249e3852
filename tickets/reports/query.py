"""What a manager asks a report for, as it stands in an address, and the way back to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.reports.narrowing import NARROWING, GroupBy, ReportScope
from tickets.reports.period import Period, read_period

ALONE = "none"
"""As ``compare``: without the period before."""

GROUPS = tuple(group for group in GroupBy if group is not GroupBy.TOTAL)
_KEY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A period, a grouping, whether to compare with the period before, and primary keys to narrow
    to (``NOBODY``: those without one)."""

    period: Period
    group_by: GroupBy = GroupBy.QUESTION
    compare: bool = True
    question: int | None = None
    category: int | None = None
    team: int | None = None
    assignee: int | None = None
    agent: int | None = None
    outcome: int | None = None

    def scope(self, user: Any) -> ReportScope:
        return ReportScope(user=user, period=self.period, **self.narrowed())

    def narrowed(self) -> dict[str, int | None]:
        return {name: getattr(self, name) for name in NARROWING}

    def pairs(self) -> dict[str, str]:
        """The parameters of an address that asks the same."""
        found = {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "group": self.group_by.value,
        }
        if not self.compare:
            found["compare"] = ALONE
        found |= {name: str(key) for name, key in self.narrowed().items() if key is not None}
        return found

    def string(self, **more: str) -> str:
        """``pairs`` after ``more``, as the query part of an address."""
        # Dates, codes and digits need no quoting, and a long table asks for thousands of them.
        own = "&".join(f"{name}={value}" for name, value in self.pairs().items())
        return f"{urlencode(more)}&{own}" if more else own

    def but(self, **changes: Any) -> ReportQuery:
        return replace(self, **changes)

    def within(self, scope: ReportScope) -> ReportQuery:
        """The same question about another scope: a row of a table."""
        narrowed = {name: getattr(scope, name) for name in NARROWING}
        return self.but(period=scope.period, **narrowed)


def read_query(
    data: Mapping[str, str],
    *,
    today: date,
    groups: tuple[GroupBy, ...] = GROUPS,
    narrowing: tuple[str, ...] = NARROWING,
) -> ReportQuery:
    """The query in ``data``: from, to, group, compare, and the keys of ``NARROWING``; all optional.

    ``groups`` are those that the page has, its usual one first; ``narrowing`` what it can be
    narrowed to. ``Invalid`` names every field that cannot be read.
    """
    errors: dict[str, list[Any]] = {}
    period = None
    try:
        period = read_period(data.get("from", ""), data.get("to", ""), today=today)
    except Invalid as error:
        errors.update(error.fields)
    group = data.get("group", "").strip() or groups[0].value
    if group not in groups:
        errors["group"] = [_("The figures are not grouped by this.")]
    compare = data.get("compare", "").strip()
    if compare not in ("", "before", ALONE):
        errors["compare"] = [_("Choose the period before, or nothing.")]
    keys = {name: _key(name, data.get(name, ""), errors) for name in NARROWING}
    for name, key in keys.items():
        if key is not None and name not in narrowing:
            errors[name] = [_("This report cannot be narrowed to it.")]
    if period is None or errors:
        raise Invalid(_("The report cannot be counted."), fields=errors)
    return ReportQuery(period, GroupBy(group), compare != ALONE, **keys)


def _key(name: str, text: str, errors: dict[str, list[Any]]) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not _KEY.fullmatch(text):
        errors[name] = [_("This does not name anything that a report can be narrowed to.")]
        return None
    return int(text)
