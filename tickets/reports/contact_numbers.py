"""Numbers of the contacts with tier 1 that began in a period: settled there, or handed over."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from tickets.reports.measures import About
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.sources import CONTACTS
from tickets.reports.tables import Table, table
from tickets.reports.ticket_numbers import grouped_counts

CONTACTS_BY = (
    GroupBy.TOTAL,
    GroupBy.QUESTION,
    GroupBy.CATEGORY,
    GroupBy.AGENT,
    GroupBy.DAY,
    GroupBy.WEEK,
    GroupBy.MONTH,
)
_ORDER = ("contacts_escalated", "contacts")


def contact_numbers(*, scope: ReportScope, group_by: GroupBy, now: datetime) -> Table:
    """A table by one of ``CONTACTS_BY``: at most four statements. Call within ``read_only``.

    A trigger keeps these rows, so the numbers are those of this moment. ``Invalid`` for another
    grouping, and for a scope that is narrowed to what contacts do not have.
    """
    narrowed = scope.only_by("question", "category", "agent")
    if group_by not in CONTACTS_BY:
        raise not_grouped_by_this()
    found, merge = grouped_counts(CONTACTS, scope, group_by, narrowed, now)
    return table(
        found,
        about=About.CONTACTS,
        group_by=group_by,
        scope=scope,
        order=_ORDER,
        merge=merge,
        as_of=now,
    )


def not_grouped_by_this() -> Invalid:
    return Invalid(
        _("The report cannot be counted."),
        fields={"group": [_("The figures are not grouped by this.")]},
    )
