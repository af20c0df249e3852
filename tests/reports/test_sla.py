"""Every number of the report, against a slow loop and against the list behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.conftest import DUE, NOW
from tests.reports.histories import SlowReport
from tickets.models import CalendarOverride, CalendarYear, Team, Ticket
from tickets.reports import metrics
from tickets.reports.groups import GroupBy
from tickets.reports.metrics import METRICS
from tickets.reports.period import Period, last_days, today_at
from tickets.reports.reading import read_only
from tickets.reports.scope import NOBODY, Scope
from tickets.reports.sla import SlaReport, after_ticket, metric_tickets, sla_report
from tickets.selectors.sla import working_calendar
from tickets.services.alarms import fire_alarms
from tickets.services.claims import claim
from tickets.services.work import log_contact, resolve

MOMENTS = [
    pytest.param(1, NOW, id="a plain Wednesday"),
    pytest.param(2, datetime(2026, 2, 20, 16, 0, tzinfo=UTC), id="midnight in Spring Festival"),
    pytest.param(3, datetime(2026, 2, 14, 15, 59, 59, tzinfo=UTC), id="a make-up Saturday's end"),
    pytest.param(4, datetime(2026, 10, 12, 1, 0, tzinfo=UTC), id="the week after National Day"),
    pytest.param(5, datetime(2027, 1, 15, 4, 0, tzinfo=UTC), id="a year without a notice"),
]


def report(user: Any, now: datetime = NOW, period: Period | None = None, **more: Any) -> SlaReport:
    group_by = more.pop("group_by", GroupBy.QUESTION)
    scope = Scope(user=user, period=period or last_days(today_at(now)), **more)
    return sla_report(scope=scope, group_by=group_by, now=now)


@pytest.mark.parametrize(("seed", "now"), MOMENTS)
def test_numbers_lists_and_groups_equal_a_slow_loop(
    history: Callable[..., None], manager: Any, seed: int, now: datetime
) -> None:
    CalendarOverride.objects.create(
        date=today_at(now) - timedelta(days=5), is_working=True, reason="all hands"
    )
    CalendarOverride.objects.create(
        date=today_at(now) - timedelta(days=2), is_working=False, reason="moving house"
    )
    history(seed=seed, now=now)
    period = Period(today_at(now) - timedelta(days=25), today_at(now) - timedelta(days=2))
    slow = SlowReport(now=now, first=period.first, last=period.last, calendar=working_calendar())

    for group_by in GroupBy:
        fast = report(manager, now, period, group_by=group_by)
        assert fast.numbers == {code: slow.numbers[code] for code in METRICS}
        rows = {
            row.key: {metric.code: getattr(row, metric.code) for metric in metrics.PERIOD_METRICS}
            for row in fast.groups
        }
        assert rows == {
            key: {metric.code: count[metric.code] for metric in metrics.PERIOD_METRICS}
            for (kind, key), count in slow.groups.items()
            if kind == group_by
        }
    for code, metric in METRICS.items():
        listed = metric_tickets(metric=metric, scope=Scope(manager, period), now=now)
        assert {ticket.pk for ticket in listed} == slow.members.get(code, set())
        assert listed.count() == len(listed) == fast.numbers[code]
    # Not by luck: there is something in every number, or the history proves nothing.
    assert all(slow.numbers[code] for code in ("met", "breached", "open_in_time", "open_breached"))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_parts_make_up_the_whole(history: Callable[..., None], manager: Any, seed: int) -> None:
    history(seed=seed)
    found = report(manager)
    numbers = found.numbers
    assert numbers["handed_over"] == sum(
        numbers[code] for code in ("met", "breached", "open_in_time")
    )
    assert numbers["open"] == sum(row.open for row in found.ages)
    assert numbers["open_breached"] == sum(row.breached for row in found.ages)
    for group_by in GroupBy:
        groups = report(manager, group_by=group_by).groups
        for metric in metrics.PERIOD_METRICS:
            assert sum(getattr(row, metric.code) for row in groups) == numbers[metric.code]


@pytest.mark.parametrize("group_by", [GroupBy.QUESTION, GroupBy.TEAM, GroupBy.ASSIGNEE])
def test_narrowed_to_a_group_the_report_is_the_row_of_that_group(
    history: Callable[..., None], manager: Any, group_by: GroupBy
) -> None:
    history(seed=7)
    rows = report(manager, group_by=group_by).groups
    assert len(rows) > 1
    for row in rows:
        key = NOBODY if row.key is None else row.key
        narrowed = report(manager, **{group_by.value: key})
        for metric in metrics.PERIOD_METRICS:
            assert narrowed.numbers[metric.code] == getattr(row, metric.code)
        assert narrowed.attainment == row.attainment


def test_one_ticket_from_hand_over_to_kept(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    ticket = make_ticket()
    assert _fate(manager, NOW) == "open_in_time"
    assert report(manager).attainment is None
    assert _fate(manager, DUE) == "open_in_time"
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="private_message", result="sent", now=DUE
    )
    assert _fate(manager, DUE + timedelta(days=9)) == "met"
    assert report(manager, DUE).attainment == 1.0


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "before the sweep"])
def test_a_promise_past_due_is_breached_at_once_and_stays_so(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any, swept: bool
) -> None:
    ticket = make_ticket()
    late = DUE + timedelta(microseconds=1)
    if swept:
        fire_alarms(now=late)
    assert _fate(manager, late) == "breached"
    claim(number=ticket.number, acting_user=advisor, now=late)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=late
    )
    assert _fate(manager, late) == "breached"
    resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="done", now=late)
    assert _fate(manager, late) == "breached"
    found = report(manager, late)
    assert found.attainment == 0.0
    assert (found.numbers["open"], found.numbers["open_breached"]) == (0, 0)


def _fate(user: Any, now: datetime) -> str:
    numbers = report(user, now).numbers
    assert numbers["handed_over"] == 1
    (fate,) = [code for code in ("met", "breached", "open_in_time") if numbers[code]]
    return fate


def test_the_day_of_a_hand_over_is_its_shanghai_day(
    make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    midnight = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    make_ticket(now=midnight - timedelta(microseconds=1))
    make_ticket(now=midnight)
    day = date(2026, 3, 4)
    assert report(manager, NOW, Period(day, day)).numbers["handed_over"] == 1
    rows = report(manager, NOW, group_by=GroupBy.DAY).groups
    assert [(row.key, row.handed_over) for row in rows] == [(day, 1), (date(2026, 3, 3), 1)]


@pytest.mark.parametrize(
    ("met", "breached", "share"),
    [(0, 0, None), (1, 0, 1.0), (0, 1, 0.0), (3, 1, 0.75)],
)
def test_attainment(met: int, breached: int, share: float | None) -> None:
    assert metrics.attainment(met, breached) == share


def test_provisional_while_the_notice_is_missing(desk: None, manager: Any) -> None:
    year_end = datetime(2026, 12, 23, 2, 0, tzinfo=UTC)
    assert not report(manager, datetime(2026, 12, 21, 2, 0, tzinfo=UTC)).provisional
    found = report(manager, year_end)
    assert (found.promises_now_provisional, found.provisional) == (True, True)
    assert found.numbers["open_provisional"] == 0
    CalendarYear.objects.create(year=2027, source="notice")
    assert not report(manager, year_end).provisional


def test_a_provisional_due_date_is_told_until_the_user_is_answered(
    make_ticket: Callable[..., Ticket], advisor: Any, manager: Any
) -> None:
    handed_over = datetime(2026, 12, 23, 2, 0, tzinfo=UTC)
    ticket = make_ticket(now=handed_over)
    CalendarYear.objects.create(year=2027, source="notice")
    found = report(manager, handed_over)
    assert found.numbers["open_provisional"] == 1
    assert (found.promises_now_provisional, found.provisional) == (False, True)
    claim(number=ticket.number, acting_user=advisor, now=handed_over)
    log_contact(
        number=ticket.number,
        acting_user=advisor,
        kind="private_message",
        result="sent",
        now=handed_over,
    )
    assert not report(manager, handed_over).provisional


def test_nobody_sees_more_than_their_tickets(
    history: Callable[..., None], manager: Any, other_advisor: Any, editor: Any
) -> None:
    history(seed=3)
    safety = Team.objects.get(slug="safety").pk
    assert report(other_advisor).numbers == report(manager, team=safety).numbers
    assert not any(report(editor).numbers.values())


def test_the_list_goes_on_after_any_ticket_without_gap_or_repetition(
    history: Callable[..., None], manager: Any
) -> None:
    history(seed=5, count=60)
    same = Ticket.objects.values_list("pk", flat=True)[:20]
    Ticket.objects.filter(pk__in=list(same)).update(created_at=NOW - timedelta(days=3))
    whole = metric_tickets(
        metric=METRICS["open"], scope=Scope(manager, last_days(today_at(NOW))), now=NOW
    )
    ids = [ticket.pk for ticket in whole]
    assert len(ids) > 20
    walked: list[int] = []
    page = list(whole[:7])
    while page:
        walked += [ticket.pk for ticket in page]
        page = list(after_ticket(whole, walked[-1])[:7])
    assert walked == ids
    assert not after_ticket(whole, 10**17).exists()

    # The ticket at the end of a page may be settled before the next page is asked for.
    Ticket.objects.filter(pk=ids[6]).update(status="cancelled", ended_at=NOW)
    assert [ticket.pk for ticket in after_ticket(whole, ids[6])] == ids[7:]


@pytest.mark.parametrize("count", [0, 5, 60])
def test_as_many_statements_however_many_tickets(
    history: Callable[..., None], manager: Any, count: int
) -> None:
    history(seed=1, count=count)
    report(manager)  # the manager's roles are read once per person
    with CaptureQueriesContext(connection) as seen:
        report(manager, group_by=GroupBy.ASSIGNEE)
    tables = [query["sql"].split("FROM ")[1].split()[0].strip('"),') for query in seen]
    assert tables == [
        "tickets_calendaroverride",  # and the years, in one statement
        "tickets_ticket",
        "tickets_ticket",
        "tickets_ticket",
        "tickets_slapolicy",
    ]


def test_nothing_can_be_written_within_a_report(desk: None) -> None:
    with pytest.raises(DatabaseError, match="read-only"), transaction.atomic(), read_only():
        Team.objects.create(slug="new", name="new")
    Team.objects.create(slug="after", name="the transaction around it may write again")


@pytest.mark.django_db(transaction=True)
def test_on_its_own_a_report_reads_one_snapshot() -> None:
    with read_only(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
