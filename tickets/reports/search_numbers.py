"""Numbers of the searches of a period. Sums of past days stay when the log is purged."""

from __future__ import annotations

from datetime import datetime

from tickets.reports.contact_numbers import not_grouped_by_this
from tickets.reports.measures import About
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.sources import SEARCHES
from tickets.reports.tables import Table, table
from tickets.reports.ticket_numbers import grouped_counts

SEARCHES_BY = (
    GroupBy.TOTAL,
    GroupBy.QUESTION,
    GroupBy.CATEGORY,
    GroupBy.DAY,
    GroupBy.WEEK,
    GroupBy.MONTH,
)
_ORDER = ("searches_nothing", "searches")


def search_numbers(*, scope: ReportScope, group_by: GroupBy, now: datetime) -> Table:
    """A table by one of ``SEARCHES_BY``: at most four statements. Call within ``read_only``.

    The question of a search is the one that was opened. ``Invalid`` as for contacts.
    """
    narrowed = scope.only_by("question", "category")
    if group_by not in SEARCHES_BY:
        raise not_grouped_by_this()
    found, merge = grouped_counts(SEARCHES, scope, group_by, narrowed, now)
    return table(
        found,
        about=About.SEARCHES,
        group_by=group_by,
        scope=scope,
        order=_ORDER,
        merge=merge,
        as_of=now,
    )
