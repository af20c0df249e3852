"""Reports count what was archived as they did before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.tickets.services.old_tickets import LATER, archive, closing
from tickets.models import ArchivedTicket, FeedEntry, ReportDay, Ticket
from tickets.reports.contact_numbers import contact_numbers
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import Period, today_at
from tickets.reports.reading import read_only
from tickets.reports.sources import SOURCES
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.services.report_facts import refresh_facts
from tickets.services.report_rebuild import rebuild_reports
from tickets.services.report_sums import forget_sums


def numbers(user: Any) -> dict[str, Any]:
    """Every number by everything, with the seconds of the asking left out."""
    today = today_at(LATER)
    scope = ReportScope(user=user, period=Period(today - timedelta(days=500), today))
    with read_only():
        return {
            **{
                f"tickets by {group_by.value}": ticket_numbers(
                    scope=scope, group_by=group_by, now=LATER
                )
                for group_by in GroupBy
            },
            "contacts": contact_numbers(scope=scope, group_by=GroupBy.AGENT, now=LATER),
        }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("summed", [False, True], ids=["row by row", "summed"])
def test_archiving_changes_no_number(
    make_ticket: Callable[..., Ticket], advisor: Any, agent: Any, manager: Any, summed: bool
) -> None:
    make = closing(make_ticket, advisor, agent)
    for _n in range(3):
        make()
    still_open = make_ticket()
    refresh_facts(now=LATER)
    if not summed:
        for source in SOURCES.values():
            forget_sums(source, since=None)
    assert ReportDay.objects.exists() is summed
    before = numbers(manager)

    FeedEntry.objects.all().delete()
    assert archive().tickets == 3
    assert numbers(manager) == before
    assert list(Ticket.objects.all()) == [still_open]
    assert ArchivedTicket.objects.count() == 3

    # Made anew there is nothing left to count them of: their facts stay.
    rebuild_reports(now=LATER)
    assert numbers(manager) == before
