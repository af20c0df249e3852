"""Numbers of the tickets that were handed over in a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kb.models import StandardQuestion
from klingdesk.core.roles import Role, roles_of
from tickets.reports.as_of import facts_as_of
from tickets.reports.counting import Counts, counts
from tickets.reports.measures import About
from tickets.reports.narrowing import NARROWING, NOBODY, GroupBy, ReportScope
from tickets.reports.sources import TICKETS, WITHOUT_HOURS, Source
from tickets.reports.tables import Table, table

_ORDER = ("breached", "tickets")


def ticket_numbers(*, scope: ReportScope, group_by: GroupBy, now: datetime) -> Table:
    """A table by ``group_by`` as of ``now``: at most five statements, however many tickets.

    Call within ``reading.read_only`` so that they see one snapshot. Empty for whoever is no
    manager.
    """
    return _numbers(TICKETS, scope, group_by, now)


def ticket_counts(*, scope: ReportScope, group_by: GroupBy, now: datetime) -> Table:
    """``ticket_numbers`` without working hours: their percentiles are None."""
    return _numbers(WITHOUT_HOURS, scope, group_by, now)


def _numbers(source: Source, scope: ReportScope, group_by: GroupBy, now: datetime) -> Table:
    narrowed = scope.only_by(*NARROWING)
    found, merge = grouped_counts(source, scope, group_by, narrowed, now)
    return table(
        found,
        about=About.TICKETS,
        group_by=group_by,
        scope=scope,
        order=_ORDER,
        merge=merge,
        as_of=facts_as_of(),
    )


def grouped_counts(
    source: Source,
    scope: ReportScope,
    group_by: GroupBy,
    narrowed: Mapping[str, int],
    now: datetime,
) -> tuple[Counts, Mapping[int, int] | None]:
    """The counts, and for categories to which of them each question belongs.

    Rows know their question; which category that stands in is looked up at the time of reading.
    """
    if Role.MANAGER not in roles_of(scope.user):
        return [], None
    keys, category_of = keys_of(narrowed, by_category=group_by is GroupBy.CATEGORY)
    by = GroupBy.QUESTION if group_by is GroupBy.CATEGORY else group_by
    found = counts(source, period=scope.period, group_by=by, keys=keys, now=now)
    return found, category_of if group_by is GroupBy.CATEGORY else None


def keys_of(
    narrowed: Mapping[str, int], *, by_category: bool
) -> tuple[dict[str, Sequence[int]], Mapping[int, int]]:
    """What rows are narrowed to, categories as their questions; and the category of each question
    where somebody asks for it (one statement, or none)."""
    keys: dict[str, Sequence[int]] = {
        name: (key,) for name, key in narrowed.items() if name != "category"
    }
    category_of: Mapping[int, int] = {}
    if by_category or "category" in narrowed:
        category_of = dict(StandardQuestion.objects.order_by().values_list("pk", "category_id"))
    if "category" in narrowed:
        wanted = {pk for pk, category in category_of.items() if category == narrowed["category"]}
        if narrowed["category"] == NOBODY:
            wanted = {NOBODY}
        if "question" in keys:
            wanted &= set(keys["question"])
        keys["question"] = tuple(sorted(wanted))
    return keys, category_of
