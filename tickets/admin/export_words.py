"""What an export was narrowed to, in words: the query of its page is for machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.admin.queue_filters import fixed_choices
from tickets.admin.queue_parts import view_labels
from tickets.reports.measures import MEASURES
from tickets.reports.query import ALONE
from tickets.reports.sheets import GROUP_LABELS

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
    "due": gettext_lazy("Answer due"),
    "priority": gettext_lazy("Priority"),
    "sort": gettext_lazy("Order"),
    "skill": gettext_lazy("Skill"),
    "tag": gettext_lazy("Tag"),
    "text": gettext_lazy("Words"),
    "q": gettext_lazy("Words"),
}
_FLAGS: Mapping[str, Any] = {
    "chased": gettext_lazy("chased"),
    "breached": gettext_lazy("breached"),
    "tried": gettext_lazy("next try has come"),
    "returned": gettext_lazy("Returned by me"),
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
    values = _value_words()
    for name, value in given.items():
        if name in _FLAGS:
            told.append(str(_FLAGS[name]))
        elif name == "view":
            told += [values[name][value]] if value in values[name] else []
        elif name not in _UNTOLD and (name, value) != ("compare", ALONE):
            words = {"name": _NAMES.get(name, name), "value": values[name].get(value, value)}
            told.append(_("%(name)s: %(value)s") % words)
    return " · ".join(told)


def _value_words() -> Mapping[str, Mapping[str, str]]:
    """What stands in addresses instead of words; of other names nothing."""
    fixed = fixed_choices()
    return defaultdict(
        dict,
        group={group.value: str(label) for group, label in GROUP_LABELS.items()},
        view={view.value: label for view, label in view_labels().items()},
        status=dict(fixed["statuses"]),
        due=dict(fixed["dues"]),
        priority=dict(fixed["priorities"]),
        sort=dict(fixed["sorts"]),
    )
