"""Words, definitions and arithmetic of the numbers, and how many statements each report takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kb.models import Flow
from klingdesk.core.errors import Invalid
from tests.conftest import NOW
from tests.reports.slow_desk import slow_percentile
from tickets.models import FlowOutcome, Team, Ticket
from tickets.reports.answer_use import answer_use
from tickets.reports.backlog import backlog
from tickets.reports.behind import after_row, metric_contacts, metric_tickets
from tickets.reports.contact_numbers import contact_numbers
from tickets.reports.measures import HOURS, MEASURES, PERCENTILES, SHARES, About
from tickets.reports.measuring import by_code
from tickets.reports.narrowing import (
    NOBODY,
    GroupBy,
    ReportScope,
    dates_of,
    names_of,
    narrowing_names,
)
from tickets.reports.period import Period, last_days, today_at
from tickets.reports.provisional import promises_now_provisional
from tickets.reports.search_numbers import search_numbers
from tickets.reports.tallying import Pile, percentiles
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.selectors.report_choices import report_choices
from tickets.services.report_facts import refresh_facts
from tickets.services.report_sums import sum_quiet_days

DOCS = Path(settings.BASE_DIR) / "docs" / "metrics.md"


def scope_of(user: Any, **narrowed: Any) -> ReportScope:
    return ReportScope(user=user, period=last_days(today_at(NOW)), **narrowed)


@pytest.mark.parametrize("code", [*MEASURES, *SHARES, *HOURS])
def test_every_number_is_defined_on_the_page_and_in_the_book(code: str) -> None:
    number = MEASURES.get(code) or SHARES.get(code) or HOURS[code]
    with translation.override("en"):
        assert str(number.label)
        assert str(number.definition).endswith(".")
    assert f"`{code}`" in DOCS.read_text(encoding="utf-8"), f"docs/metrics.md lacks {code}"


def test_no_two_numbers_share_a_code() -> None:
    assert not set(MEASURES) & set(SHARES)
    with pytest.raises(ValueError, match="same code"):
        by_code([MEASURES["met"], MEASURES["met"]])


HOURS_TAKEN = st.lists(st.integers(0, 40), max_size=60)


@given(st.lists(HOURS_TAKEN, max_size=6))
def test_a_percentile_is_the_smallest_hour_within_which_so_many_lie(
    groups: list[list[int]],
) -> None:
    pile = Pile()
    for place, hours in enumerate(groups):
        # In two portions, as summed days and live ones come.
        for portion in (hours[::2], hours[1::2]):
            counted = Counter(portion)
            pile.add(place, list(counted), list(counted.values()))
    found = percentiles(*pile.sorted(len(groups)))
    together = [hour for hours in groups for hour in hours]
    assert found == [
        {percent: slow_percentile(hours, percent) for percent in PERCENTILES}
        for hours in (*groups, together)
    ]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 800))
def test_the_rows_of_a_period_cover_each_of_its_days_once(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    scope = ReportScope(user=None, period=period)
    for group_by in (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH):
        parts = [scope.into(group_by, key).period for key in dates_of(group_by, period)]
        assert sum(part.days for part in parts) == period.days
        assert (parts[-1].first, parts[0].last) == (period.first, period.last)
        assert all(
            later.first - earlier.last == timedelta(days=1) for later, earlier in pairwise(parts)
        )
    before = scope.before().period
    assert (before.days, before.last) == (period.days, first - timedelta(days=1))


def test_narrowed_to_what_it_has_not(manager: Any) -> None:
    for call in (contact_numbers, search_numbers):
        with pytest.raises(Invalid) as refused:
            call(scope=scope_of(manager, team=1), group_by=GroupBy.DAY, now=NOW)
        assert set(refused.value.fields) == {"team"}
        with pytest.raises(Invalid) as refused:
            call(scope=scope_of(manager), group_by=GroupBy.TEAM, now=NOW)
        assert set(refused.value.fields) == {"group"}
    with pytest.raises(ValueError, match="counts no tickets"):
        metric_tickets(measure=MEASURES["contacts"], scope=scope_of(manager), now=NOW)
    with pytest.raises(ValueError, match="counts no contacts"):
        metric_contacts(measure=MEASURES["met"], scope=scope_of(manager), now=NOW)


@pytest.fixture
def tickets(
    make_ticket: Callable[..., Ticket], agent: Any, agent2: Any, manager: Any
) -> list[Ticket]:
    made = [make_ticket(acting_user=who) for who in (agent, agent, agent2)]
    made.append(make_ticket(now=NOW - timedelta(days=3), routed=False))
    refresh_facts(now=NOW)
    return made


def test_every_row_leads_to_its_own_numbers(tickets: list[Ticket], manager: Any) -> None:
    """Narrowed to a row, twice over as well, a table is that row, and so is the list."""
    scope = scope_of(manager)
    for summed in (False, True):
        if summed:
            sum_quiet_days(now=NOW, quiet=timedelta(0))
        for group_by in GroupBy:
            for row in ticket_numbers(scope=scope, group_by=group_by, now=NOW).rows:
                into = scope.into(group_by, row.key)
                found = ticket_numbers(scope=into, group_by=GroupBy.TOTAL, now=NOW)
                assert found.total == row.tally, (group_by, row.key)
                both = into.but(outcome=into.outcome or tickets_outcome())
                again = ticket_numbers(scope=both, group_by=GroupBy.AGENT, now=NOW)
                assert again.total.numbers == row.tally.numbers
                listed = metric_tickets(measure=MEASURES["tickets"], scope=into, now=NOW)
                assert len(listed) == row.tally.numbers["tickets"]


def tickets_outcome() -> int:
    return FlowOutcome.objects.get().pk


def test_labels_and_nobody(tickets: list[Ticket], manager: Any, agent: Any) -> None:
    scope = scope_of(manager)
    teams = ticket_numbers(scope=scope, group_by=GroupBy.TEAM, now=NOW).rows
    assert [(row.key is None, bool(row.label)) for row in teams] == [(False, True), (True, False)]
    nobody = ticket_numbers(
        scope=scope_of(manager, assignee=NOBODY), group_by=GroupBy.TOTAL, now=NOW
    )
    assert nobody.total.numbers["tickets"] == 4
    question = tickets[0].question
    named = scope_of(
        manager, question=question.pk, category=question.category_id, agent=agent.pk, team=NOBODY
    )
    assert narrowing_names(named) == {
        "question": question.title,
        "category": question.category.title,
        "agent": "agent",
    }
    assert narrowing_names(scope) == {}
    open_now = backlog(scope=scope_of(manager, agent=agent.pk), now=NOW).numbers
    assert open_now["open"] == 3
    assert backlog(scope=scope_of(agent), now=NOW).numbers["open"] == 0


def test_a_list_goes_on_after_any_of_its_rows(tickets: list[Ticket], manager: Any) -> None:
    rows = metric_tickets(measure=MEASURES["open"], scope=scope_of(manager), now=NOW)
    everyone = [fact.ticket_id for fact in rows]
    for place, pk in enumerate(everyone):
        following = [fact.ticket_id for fact in after_row(rows, pk)]
        assert following == everyone[place + 1 :]
    assert not after_row(rows, 99_999).exists()
    contacts = metric_contacts(measure=MEASURES["contacts"], scope=scope_of(manager), now=NOW)
    assert len(after_row(contacts, contacts[0].contact_id)) == len(contacts) - 1
    assert rows[0].number.startswith("T")
    assert rows[0].promise


def test_answers_by_use_and_age(
    tickets: list[Ticket], questions: dict[str, Any], manager: Any
) -> None:
    now = NOW + timedelta(days=9)
    price = questions["price"]
    price.review_due = today_at(now)
    price.save()
    twice, other = answer_use(scope=scope_of(manager), now=now)
    assert (twice.key, twice.contacts, twice.tickets, twice.used) == ("twice-charged", 4, 4, 4)
    assert (other.key, other.used, other.age_days) == ("price", 0, 9)
    assert (other.is_review_due, twice.is_review_due) == (True, False)
    (only,) = answer_use(scope=scope_of(manager, question=price.pk), now=now)
    assert only.title == price.title


CALLS: dict[str, tuple[int, Callable[[ReportScope], Any]]] = {
    "tickets by question": (
        5,
        lambda scope: ticket_numbers(scope=scope, group_by=GroupBy.QUESTION, now=NOW),
    ),
    "tickets by category": (
        6,
        lambda scope: ticket_numbers(scope=scope, group_by=GroupBy.CATEGORY, now=NOW),
    ),
    "tickets by day": (
        4,
        lambda scope: ticket_numbers(scope=scope, group_by=GroupBy.DAY, now=NOW),
    ),
    "backlog": (4, lambda scope: backlog(scope=scope, now=NOW)),
    "contacts by agent": (
        4,
        lambda scope: contact_numbers(scope=scope, group_by=GroupBy.AGENT, now=NOW),
    ),
    "searches by day": (
        3,
        lambda scope: search_numbers(scope=scope, group_by=GroupBy.DAY, now=NOW),
    ),
    "answers": (14, lambda scope: answer_use(scope=scope, now=NOW)),
    "provisional": (2, lambda scope: promises_now_provisional(NOW)),
    "a list": (
        3,
        lambda scope: list(metric_tickets(measure=MEASURES["open"], scope=scope, now=NOW)),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_how_many_statements_a_report_takes(tickets: list[Ticket], manager: Any, name: str) -> None:
    most, call = CALLS[name]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call(scope_of(manager))
    assert len(captured) <= most, [query["sql"] for query in captured.captured_queries]


def test_kinds_of_numbers_are_all_there() -> None:
    assert {measure.about for measure in MEASURES.values()} == set(About)
    assert {hours.counted for hours in HOURS.values()} <= set(MEASURES)


def test_where_a_flow_leads_is_told_in_words(tickets: list[Ticket], manager: Any) -> None:
    outcome = FlowOutcome.objects.get()
    flow, _slash, _end = outcome.code.partition("/")
    title = Flow.objects.get(key=flow).title
    team = Team.objects.order_by("pk").first()
    assert team is not None
    gone = FlowOutcome.objects.create(code="gone-flow/gone-tag")
    named = FlowOutcome.objects.create(code=f"{flow}/{team.slug}")
    plain, _made = FlowOutcome.objects.get_or_create(code=flow)
    names = names_of("outcome", [outcome.pk, gone.pk, named.pk, plain.pk])
    assert names[outcome.pk].startswith(title)
    assert names[gone.pk] == "gone-flow → gone-tag"
    assert names[named.pk] == f"{title} → {team.name}"
    assert names[plain.pk] == title
    assert (outcome.pk, names[outcome.pk]) in report_choices(["outcome"])["outcome"]
    assert narrowing_names(scope_of(manager, outcome=named.pk)) == {"outcome": names[named.pk]}
