"""What a manager asks the SLA report for, as it stands in the address, and the way back to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.reports.groups import GroupBy
from tickets.reports.period import Period, read_period
from tickets.reports.scope import NARROWING, Scope

_KEY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A period, a grouping, and primary keys to narrow to (``NOBODY``: those without one)."""

    period: Period
    group_by: GroupBy = GroupBy.QUESTION
    question: int | None = None
    team: int | None = None
    assignee: int | None = None

    def scope(self, user: Any) -> Scope:
        return Scope(
            user=user,
            period=self.period,
            question=self.question,
            team=self.team,
            assignee=self.assignee,
        )

    def pairs(self) -> dict[str, str]:
        """The parameters of an address that asks the same."""
        found = {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "group": self.group_by.value,
        }
        for name in NARROWING:
            if (wanted := getattr(self, name)) is not None:
                found[name] = str(wanted)
        return found

    def string(self, **more: str) -> str:
        """``pairs`` after ``more``, as the query part of an address."""
        return urlencode({**more, **self.pairs()})

    def but(self, **changes: Any) -> ReportQuery:
        return replace(self, **changes)


def read_query(data: Mapping[str, str], *, today: date) -> ReportQuery:
    """The query in ``data`` (from, to, group, question, team, assignee; all optional).

    ``Invalid`` names every field that cannot be read.
    """
    errors: dict[str, list[Any]] = {}
    period = None
    try:
        period = read_period(data.get("from", ""), data.get("to", ""), today=today)
    except Invalid as error:
        errors.update(error.fields)
    group = data.get("group", "").strip() or GroupBy.QUESTION.value
    if group not in set(GroupBy):
        errors["group"] = [_("The figures are not grouped by this.")]
    keys = {name: _key(name, data.get(name, ""), errors) for name in NARROWING}
    if period is None or errors:
        raise Invalid(_("The report cannot be counted."), fields=errors)
    return ReportQuery(period=period, group_by=GroupBy(group), **keys)


def _key(name: str, text: str, errors: dict[str, list[Any]]) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not _KEY.fullmatch(text):
        errors[name] = [_("This does not name a team, question or person.")]
        return None
    return int(text)
