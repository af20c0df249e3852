"""What an export was narrowed to, in words: the query of its page is for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.reports.measures import MEASURES

_NAMES: Mapping[str, Any] = {
    "group": gettext_lazy("Grouped by"),
    "compare": gettext_lazy("Compared with"),
    "question": gettext_lazy("Standard question"),
    "category": gettext_lazy("Category"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "agent": gettext_lazy("Agent"),
    "outcome": gettext_lazy("Outcome of the flow"),
    "status": gettext_lazy("Status"),
    "q": gettext_lazy("Words"),
}
_UNTOLD = frozenset({"sheet", "metric", "from", "to", "after", "page"})
"""Said otherwise, or of no use to whoever looks for a file."""


def filters_in_words(query: str) -> str:
    """For example: Breached · 2026-11-01 to 2026-11-30 · Team: 2."""
    given = dict(parse_qsl(query))
    told = []
    if given.get("metric") in MEASURES:
        told.append(str(MEASURES[given["metric"]].label))
    if given.get("from") and given.get("to"):
        told.append(
            _("%(first)s to %(last)s") % {"first": given["from"][:10], "last": given["to"][:10]}
        )
    told += [
        _("%(name)s: %(value)s") % {"name": _NAMES.get(name, name), "value": value}
        for name, value in given.items()
        if name not in _UNTOLD
    ]
    return " · ".join(told)
