"""The lists behind the reports' numbers, what pages refuse, the words of figures, and the cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.report_desk import (
    CONTACT_LIST,
    CONTACTS,
    GROUPS,
    HANDOVERS,
    KNOWLEDGE,
    OVERVIEW,
    PAGES,
    SEARCH_LIST,
    TICKETS,
    count_lines,
    text_of,
)
from tests.conftest import NOW
from tickets.admin.report_parts import change_of, percent, words
from tickets.models import Team
from tickets.reports.behind import metric_tickets
from tickets.reports.measures import MEASURES
from tickets.reports.narrowing import ReportScope
from tickets.reports.period import last_days, today_at
from tickets.reports.sheets import Unit, Value

pytestmark = pytest.mark.usefixtures("frozen_in_english")


# --- lists ----------------------------------------------------------------------------------------


def test_a_list_of_several_pages_is_whole(
    boss: Client, past: Callable[..., None], manager: Any
) -> None:
    past(seed=2, count=130)
    scope = ReportScope(user=manager, period=last_days(today_at(NOW)))
    expected = metric_tickets(measure=MEASURES["open"], scope=scope, now=NOW).count()
    assert expected > 50
    assert count_lines(boss, f"{TICKETS}?metric=open") == expected
    for path, metric in ((CONTACT_LIST, "contacts"), (SEARCH_LIST, "searches")):
        period = "from=2026-01-01&to=2026-03-04"
        assert count_lines(boss, f"{path}?metric={metric}&{period}") > 50


def test_a_list_leads_back_to_the_page_with_its_number(boss: Client, counted: None) -> None:
    query = {"from": "2026-03-01", "to": "2026-03-04", "group": "month"}
    for path, metric, page in (
        (TICKETS, "breached", OVERVIEW),
        (TICKETS, "returned", HANDOVERS),
        (CONTACT_LIST, "contacts_escalated", CONTACTS),
        (SEARCH_LIST, "searches_nothing", KNOWLEDGE),
    ):
        shown = text_of(boss.get(path, {**query, "metric": metric}))
        back = re.search(rf'<a class="button button--quiet" href="({page}\?[^"]+)"', shown)
        assert back is not None, (path, metric)
        assert boss.get(back[1]).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "text"),
    [
        (TICKETS, {}, "The report has no such number."),
        (TICKETS, {"metric": "mets"}, "The report has no such number."),
        (TICKETS, {"metric": "contacts"}, "The report has no such number."),
        (CONTACT_LIST, {"metric": "met"}, "The report has no such number."),
        (SEARCH_LIST, {"metric": "met"}, "The report has no such number."),
        (TICKETS, {"metric": "met", "after": "x"}, "The list cannot go on from here."),
        (CONTACT_LIST, {"metric": "contacts", "team": "1"}, "cannot be narrowed to"),
    ],
)
def test_a_list_that_is_none(
    boss: Client, counted: None, path: str, query: dict[str, str], text: str
) -> None:
    response = boss.get(path, query)
    assert response.status_code == 400
    assert text in text_of(response)


def test_a_list_goes_on_after_a_row_that_is_gone(boss: Client, counted: None) -> None:
    page = text_of(boss.get(TICKETS, {"metric": "met", "after": "999999999"}))
    assert "From the beginning" in page


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"from": "2026-03-04", "to": "2026-03-01"}, "The first day lies after the last day."),
        ({"from": "gestern", "to": "2026-03-01"}, "Write a date of the calendar"),
        ({"from": "2026-02-30"}, "Write a date of the calendar"),
        ({"from": "2023-01-01", "to": "2026-03-01"}, "At most two years"),
        ({"to": "9999-12-31"}, "The year must be from 2000 to 2100."),
        ({"group": "phase-of-the-moon"}, "The figures are not grouped by this."),
        ({"group": "total"}, "The figures are not grouped by this."),
        ({"compare": "everything"}, "Choose the period before, or nothing."),
        ({"question": "x"}, "This does not name anything"),
        ({"question": "-1"}, "This does not name anything"),
        ({"question": "9" * 30}, "This does not name anything"),
        ({"question": "9" * 18}, "There is nothing under the number 999999999999999999."),
        ({"question": "1\x00"}, "This does not name anything"),
    ],
)
@pytest.mark.parametrize("path", [*PAGES, TICKETS])
def test_bad_input_is_explained_and_kept(
    boss: Client, counted: None, path: str, query: dict[str, str], text: str
) -> None:
    response = boss.get(path, {"metric": "met", **query})
    page = text_of(response)
    assert response.status_code == 400
    assert text in page
    assert "report-number" not in page
    for name in ("from", "to"):
        if name in query:
            assert re.search(rf'name="{name}" value="{query[name]}"', page)


def test_a_wrong_date_stays_visible_and_the_rest_is_kept(
    boss: Client, counted: None, questions: Any
) -> None:
    asked = {"from": "nonsense", "to": "2026-03-01", "group": "team", "compare": "none"}
    pk = questions["price"].pk
    page = text_of(boss.get(GROUPS, {**asked, "question": pk}))
    assert 'name="from" value="nonsense" type="text"' in page
    assert 'name="to" value="2026-03-01" type="date"' in page
    assert '<option value="team" selected>' in page
    assert '<option value="none" selected>' in page
    assert f'<option value="{pk}" selected>' in page


def test_a_page_refuses_what_its_numbers_do_not_know(boss: Client, counted: None) -> None:
    team = Team.objects.get(slug="tier2").pk
    assert boss.get(GROUPS, {"team": team}).status_code == 200
    response = boss.get(CONTACTS, {"team": team})
    assert response.status_code == 400
    assert "This report cannot be narrowed to it." in text_of(response)
    assert boss.get(CONTACTS, {"group": "team"}).status_code == 400


def test_whoever_has_nobody_can_be_asked_for(boss: Client, past: Callable[..., None]) -> None:
    past(count=60)
    page = text_of(boss.get(GROUPS, {"group": "team", "assignee": "0"}))
    assert "Advisor: nobody" in page
    assert '<option value="0" selected>nobody</option>' in page


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (Fraction(1), "100.0%"),
        (Fraction(0), "0.0%"),
        (Fraction(2, 3), "66.6%"),
        (Fraction(29, 100), "29.0%"),
        (Fraction(57, 100), "57.0%"),
        (Fraction(99_999, 100_000), "99.9%"),
        (Fraction(1, 100_000), "0.0%"),
    ],
)
def test_a_share_is_rounded_down(share: Fraction | None, text: str) -> None:
    assert percent(share) == text


def test_figures_in_words() -> None:
    assert words(12_345, Unit.COUNT) == "12,345"
    assert words(7, Unit.HOURS) == "7 h"
    assert words(None, Unit.HOURS) == "–"
    assert words(0, Unit.COUNT) == "0"


@pytest.mark.parametrize(
    ("value", "sign", "text", "tone"),
    [
        (Value(12, 10, code="breached"), "▲", "2", "bad"),
        (Value(8, 10, code="breached"), "▼", "2", "ok"),
        (Value(12, 10, code="met"), "▲", "2", "ok"),
        (Value(12, 10, code="handed_over"), "▲", "2", ""),
        (Value(10, 10, code="met"), "=", "", ""),
        (
            Value(Fraction(1, 2), Fraction(3, 4), code="attainment", unit=Unit.SHARE),
            "▼",
            "25.0 points",
            "bad",
        ),
        (
            Value(Fraction(9994, 10_000), Fraction(1), code="attainment", unit=Unit.SHARE),
            *("▼", "0.1 points", "bad"),
        ),
        (
            Value(Fraction(9996, 10_000), Fraction(1), code="attainment", unit=Unit.SHARE),
            *("=", "", ""),
        ),
        (Value(9, 12, code="contact_hours", unit=Unit.HOURS), "▼", "3 h", "ok"),
    ],
)
def test_a_change_says_whether_it_is_good(value: Value, sign: str, text: str, tone: str) -> None:
    change = change_of(value)
    assert change is not None
    assert (change.sign, change.text, change.tone) == (sign, text, tone)


@pytest.mark.parametrize(("now", "then"), [(None, 1), (1, None), ("a", "b"), (None, None)])
def test_nothing_to_compare_is_no_change(now: Any, then: Any) -> None:
    assert change_of(Value(now, then)) is None


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 60])
@pytest.mark.parametrize(
    ("path", "budget"),
    [
        # session, person, roles, permissions (2), unread notices: what every page asks. Choices of
        # the form; whether tickets were ever counted. For each of two periods: which days are
        # summed, their sums, the other days, how old; names of the groups. The backlog: corrections
        # of the calendar, years, the open tickets, how old; the policy, corrections and years.
        (OVERVIEW, 20),
        (f"{GROUPS}?group=assignee", 15),
        (f"{GROUPS}?group=day&team=TEAM&assignee=0", 12),
        (f"{CONTACTS}?group=agent", 12),
        (f"{HANDOVERS}?group=agent", 15),
        # searches, twice; and the answers by contacts, searches and tickets; flows
        (KNOWLEDGE, 23),
        # instead of figures: the number and a page of rows
        (f"{TICKETS}?metric=breached", 9),
        (f"{CONTACT_LIST}?metric=contacts", 7),
        (f"{SEARCH_LIST}?metric=searches", 7),
    ],
)
def test_as_many_queries_however_many_tickets(
    boss: Client, past: Callable[..., None], count: int, path: str, budget: int
) -> None:
    past(seed=1, count=count)
    path = path.replace("TEAM", str(Team.objects.get(slug="tier2").pk))
    with CaptureQueriesContext(connection) as seen:
        assert boss.get(path).status_code == 200
    reading = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SET "))]
    assert len(reading) <= budget, "\n".join(sql[:160] for sql in reading)
