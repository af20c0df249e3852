"""The books of the reports: kept, made anew, summed up and checked."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from kb.models import LoggedSearch
from kb.services.search_log import purge_search_log
from tests.conftest import NOW
from tests.reports.histories import make_contacts
from tests.reports.slow_desk import compare_reports
from tickets.models import (
    ContactFact,
    EventPending,
    FeedEntry,
    FeedHead,
    FeedReader,
    ReportDay,
    ReportDirty,
    ReportState,
    ReportSum,
    Ticket,
    TicketFact,
)
from tickets.reports.as_of import facts_as_of
from tickets.reports.behind import metric_tickets
from tickets.reports.measures import MEASURES, SHARES
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import last_days, today_at
from tickets.reports.reading import read_only
from tickets.reports.search_numbers import search_numbers
from tickets.reports.ticket_numbers import ticket_counts, ticket_numbers
from tickets.services import report_rebuild
from tickets.services.anonymising import anonymise
from tickets.services.archiving import archive_tickets
from tickets.services.claims import claim
from tickets.services.closing import close_resolved
from tickets.services.report_facts import refresh_facts
from tickets.services.report_rebuild import rebuild_reports
from tickets.services.report_sums import sum_quiet_days
from tickets.services.work import log_contact, resolve
from tickets.tasks import count_for_reports

AT_ONCE = timedelta(0)
LATER = NOW + timedelta(days=40)


def total(user: Any, now: Any = NOW) -> dict[str, int]:
    scope = ReportScope(user=user, period=last_days(today_at(now), 120))
    found = ticket_numbers(scope=scope, group_by=GroupBy.TOTAL, now=now).total.numbers
    return {code: count for code, count in found.items() if count}


@pytest.fixture
def old_ticket(make_ticket: Callable[..., Ticket], advisor: Any) -> Ticket:
    """Handed over, answered after a day and solved after two."""
    ticket = make_ticket()
    who = {"number": ticket.number, "acting_user": advisor}
    claim(now=NOW, **who)
    answered = NOW + timedelta(days=1)
    log_contact(kind="private_message", result="sent", now=answered, **who)
    resolve(code="fixed", summary="好", now=NOW + timedelta(days=2), **who)
    return Ticket.objects.get(pk=ticket.pk)


def test_only_what_happened_since_is_counted_again(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    first, second = make_ticket(), make_ticket()
    assert facts_as_of() is None
    refresh_facts(now=NOW)
    assert facts_as_of() == NOW
    TicketFact.objects.filter(pk=second.pk).update(chases=77)
    claim(number=first.number, acting_user=advisor, now=NOW)
    assert refresh_facts(now=NOW + timedelta(seconds=5), batch=1) == 1
    assert facts_as_of() == NOW + timedelta(seconds=5)
    assert TicketFact.objects.get(pk=first.pk).assignee == advisor
    assert TicketFact.objects.get(pk=second.pk).chases == 77  # nobody had a reason to look
    assert refresh_facts(now=NOW) == 0


def test_numbers_are_as_old_as_the_first_event_that_is_not_in_them(
    make_ticket: Callable[..., Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh_facts(now=NOW)
    make_ticket()
    since = EventPending.objects.order_by("since").values_list("since", flat=True)[0]
    monkeypatch.setattr("tickets.services.report_facts.sequence_events", lambda now: 0)
    refresh_facts(now=since + timedelta(hours=1))
    assert facts_as_of() == since


def test_working_hours_until_answer_and_solution(old_ticket: Ticket, manager: Any) -> None:
    refresh_facts(now=LATER)
    fact = TicketFact.objects.get(pk=old_ticket.pk)
    assert (fact.contact_minutes, fact.resolve_minutes) == (9 * 60, 18 * 60)
    scope = ReportScope(user=manager, period=last_days(today_at(LATER), 60))
    found = ticket_numbers(scope=scope, group_by=GroupBy.TOTAL, now=LATER).total
    assert found.percentiles["contact_hours"] == {50: 9, 80: 9, 90: 9, 95: 9}
    assert found.percentiles["resolve_hours"][50] == 18
    assert (found.share("attainment"), found.share("reopen_rate")) == (1.0, 0.0)
    assert found.share("completeness") == 1.0


@pytest.mark.parametrize("group_by", GroupBy)
def test_without_hours_the_counts_are_the_same(
    old_ticket: Ticket, manager: Any, group_by: GroupBy
) -> None:
    """Counted row by row, then from sums, which hold the hours as well."""
    refresh_facts(now=LATER)
    asked = {
        "scope": ReportScope(user=manager, period=last_days(today_at(LATER), 60)),
        "group_by": group_by,
        "now": LATER,
    }
    for summed in (False, True):
        if summed:
            sum_quiet_days(now=LATER, quiet=AT_ONCE)
        whole, counts = ticket_numbers(**asked), ticket_counts(**asked)
        assert whole.total.percentiles["contact_hours"][50] == 9
        assert counts.total.percentiles["contact_hours"][50] is None
        assert counts.total.numbers == whole.total.numbers
        assert [(row.key, row.label, row.tally.numbers) for row in counts.rows] == [
            (row.key, row.label, row.tally.numbers) for row in whole.rows
        ]


def test_a_rebuild_mends_what_is_wrong_and_can_be_stopped(
    make_ticket: Callable[..., Ticket], manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _n in range(5):
        make_ticket()
    refresh_facts(now=NOW)
    true = total(manager)
    TicketFact.objects.update(profile=0, chases=9)
    ContactFact.objects.all().delete()
    ReportSum.objects.create(
        source="ticket", by="total", grain="d", start=NOW.date(), key=0, kind=0, code=1, count=5
    )
    counted: list[int] = []

    def count_two_batches(ids: list[int]) -> int:
        if len(counted) >= 4:
            raise RuntimeError("killed")
        counted.extend(ids)
        return report_count(ids)

    report_count = report_rebuild.count_tickets
    monkeypatch.setattr(report_rebuild, "count_tickets", count_two_batches)
    with pytest.raises(RuntimeError):
        rebuild_reports(now=NOW, batch=2)
    monkeypatch.setattr(report_rebuild, "count_tickets", report_count)
    done = rebuild_reports(now=NOW, batch=2)
    assert (len(counted), done.tickets, done.contacts) == (4, 1, 5)
    assert total(manager) == true
    assert ContactFact.objects.count() == 5
    assert not ReportSum.objects.filter(source="ticket", start=NOW.date()).exists()
    assert ReportState.objects.count() == 1


def test_two_processes_do_not_both_begin_the_first_count(
    make_ticket: Callable[..., Ticket],
) -> None:
    make_ticket()
    ReportState.objects.create(name=report_rebuild.PROGRESS, at="2999-01-01T00:00Z")
    assert refresh_facts(now=NOW) == 0
    assert not TicketFact.objects.exists()
    ReportState.objects.update(at=NOW)  # the other one was killed long ago
    refresh_facts(now=NOW)
    assert TicketFact.objects.count() == 1


def test_events_that_were_purged_before_they_were_counted(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    refresh_facts(now=NOW)
    make_ticket()
    refresh_facts(now=NOW)
    make_ticket()
    FeedReader.objects.filter(name="report_facts").update(position=0)
    FeedHead.objects.update(purged=2)
    FeedEntry.objects.filter(position__lte=2).delete()
    refresh_facts(now=NOW)
    assert facts_as_of() is None  # readers are told, rather than given wrong numbers
    refresh_facts(now=NOW)
    assert total(manager)["tickets"] == 2
    assert facts_as_of() == NOW


def test_a_day_is_summed_when_it_is_quiet_and_read_row_by_row_when_it_changes(
    old_ticket: Ticket, make_ticket: Callable[..., Ticket], manager: Any, advisor: Any
) -> None:
    refresh_facts(now=NOW)
    refresh_facts(now=LATER)
    sum_quiet_days(now=LATER)
    # It changed a moment ago.
    assert not ReportDay.objects.filter(source="ticket", start=NOW.date()).exists()
    ReportDirty.objects.update(at=NOW)
    assert sum_quiet_days(now=LATER) == 2  # of tickets, and of contacts
    assert ReportDay.objects.filter(source="ticket", start=NOW.date()).exists()
    assert not ReportDirty.objects.exists()
    assert sum_quiet_days(now=LATER) == 0
    before = total(manager, LATER)
    # Sums are used: one that is wrong is seen, until something of its day changes.
    ReportSum.objects.filter(source="ticket", by="total", kind=0).update(count=5)
    assert total(manager, LATER)["tickets"] == 5
    make_ticket(now=NOW)
    refresh_facts(now=LATER)
    assert total(manager, LATER)["tickets"] == before["tickets"] + 1
    sum_quiet_days(now=LATER, quiet=AT_ONCE)
    assert total(manager, LATER)["tickets"] == before["tickets"] + 1


def test_months_are_sums_of_their_days_and_go_when_one_of_them_changes(
    old_ticket: Ticket, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    refresh_facts(now=LATER)
    sum_quiet_days(now=LATER, quiet=AT_ONCE)
    month = date(2026, 3, 1)
    assert ReportDay.objects.filter(source="ticket", grain="m", start=month).exists()
    compare_reports(manager, LATER, last_days(today_at(LATER), 60))
    make_ticket(now=NOW)
    refresh_facts(now=LATER)
    compare_reports(manager, LATER, last_days(today_at(LATER), 60))
    sum_quiet_days(now=LATER, quiet=AT_ONCE)
    compare_reports(manager, LATER, last_days(today_at(LATER), 60))


def test_notes_about_a_day_do_not_pile_up(make_ticket: Callable[..., Ticket]) -> None:
    refresh_facts(now=NOW)
    for _n in range(5):
        make_ticket()
    assert ReportDirty.objects.filter(source="contact").count() > 5
    sum_quiet_days(now=NOW)
    assert ReportDirty.objects.filter(source="contact").count() == 1


def test_anonymising_and_archiving_change_no_count(
    old_ticket: Ticket, manager: Any, advisor: Any
) -> None:
    close_resolved(now=NOW + timedelta(days=10), after_days=7)
    refresh_facts(now=LATER)
    before = total(manager, LATER)
    years_later = NOW + timedelta(days=800)
    assert anonymise(now=years_later, after_days=365).tickets == 1
    rebuild_reports(now=LATER)
    assert total(manager, LATER) == before
    FeedEntry.objects.all().delete()
    assert archive_tickets(now=years_later, older_than_months=13).tickets == 1
    assert not Ticket.objects.exists()
    for again in (rebuild_reports, refresh_facts):
        again(now=LATER)
        assert total(manager, LATER) == before
    scope = ReportScope(user=manager, period=last_days(today_at(LATER), 120))
    (fact,) = metric_tickets(measure=MEASURES["met"], scope=scope, now=LATER)
    assert fact.number == old_ticket.number


def test_sums_of_searches_outlive_the_log(
    questions: dict[str, Any], agent: Any, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    make_ticket()
    make_contacts(random.Random(1), now=NOW, agents=[agent], questions=list(questions.values()))
    scope = ReportScope(user=manager, period=last_days(today_at(NOW), 90))

    def numbers() -> Any:
        return search_numbers(scope=scope, group_by=GroupBy.QUESTION, now=NOW)

    sum_quiet_days(now=NOW, quiet=AT_ONCE)
    before = numbers()
    assert before.total.numbers["searches"] == LoggedSearch.objects.count() == 40
    purged = purge_search_log(now=NOW + timedelta(days=150))  # half of the two months, about
    assert 0 < purged < 40
    assert numbers() == before
    rebuild_reports(now=NOW)
    assert numbers() == before


def test_nobody_but_managers_reads_any_number(
    make_ticket: Callable[..., Ticket], advisor: Any, agent: Any, stranger: Any
) -> None:
    make_ticket()
    refresh_facts(now=NOW)
    for user in (advisor, agent, stranger):
        assert total(user) == {}


def test_reports_need_nothing_but_reading(make_ticket: Callable[..., Ticket], manager: Any) -> None:
    make_ticket()
    refresh_facts(now=NOW)
    with read_only():
        compare_reports(manager, NOW, last_days(today_at(NOW), 10))
    with pytest.raises(DatabaseError), transaction.atomic(), read_only():
        TicketFact.objects.update(chases=1)


def test_the_task_counts_and_sums_up(make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    count_for_reports()
    assert TicketFact.objects.count() == 1
    assert facts_as_of() is not None


def check(**options: Any) -> str:
    out = StringIO()
    call_command("check_reports", stdout=out, stderr=out, **options)
    return out.getvalue()


@pytest.fixture
def kept(old_ticket: Ticket) -> Ticket:
    """Books that are in order, with sums."""
    call_command("rebuild_reports", stdout=StringIO())
    return old_ticket


def test_the_check_finds_nothing_where_all_is_right(kept: Ticket) -> None:
    assert ReportDay.objects.filter(grain="m").exists()
    assert "no difference in 1 tickets" in check(sample=10, seed=1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: TicketFact.objects.update(profile=4),
        lambda: TicketFact.objects.update(contact_minutes=9000),
        lambda: TicketFact.objects.update(assignee=None),
        lambda: TicketFact.objects.update(day=date(2026, 3, 5)),
        lambda: TicketFact.objects.all().delete(),
        lambda: ContactFact.objects.all().delete(),
        lambda: ContactFact.objects.update(outcome="answered"),
        lambda: ReportSum.objects.filter(grain="d", source="contact").update(count=7),
        lambda: ReportSum.objects.filter(grain="m", by="agent").delete(),
    ],
)
def test_the_check_finds_what_is_wrong(kept: Ticket, spoil: Callable[[], Any]) -> None:
    spoil()
    with pytest.raises(CommandError, match="difference"):
        check(sample=10, seed=1)


def test_every_counting_measure_says_what_it_counts_among() -> None:
    for share in SHARES.values():
        for code in (*share.of, *share.among):
            assert MEASURES[code].about is share.about
