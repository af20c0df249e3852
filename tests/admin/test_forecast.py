"""The forecast's page: made of what the desk really has, the same for the same seed, honest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.models import Absence, AdvisorProfile, Clock, Shift, Team, Ticket
from tickets.reports.forecast import WhatIf, forecast, read_inputs
from tickets.reports.reading import read_only
from tickets.services.report_facts import refresh_facts

PAGE = "/admin/reports/forecast/"
MOST_QUERIES = 24
# session, person, groups; unread notices; the banner's two; begin, teams, policy, calendar, teams,
# what waits, what came in, advisors' teams, profiles, shifts, absences, what was answered, the age
# of the numbers; the savepoints around.
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def browser(manager: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    return client


@pytest.fixture
def past(make_ticket: Any, advisor: Any) -> Callable[[int], None]:
    """So many tickets a day of the last two weeks, each answered on the next day by ``advisor``."""

    def make(a_day: int = 2) -> None:
        for number in range(1, 15):
            for _ticket in range(a_day):
                ticket = make_ticket(now=NOW - number * DAY)
                Ticket.objects.filter(pk=ticket.pk).update(
                    status="assigned",
                    assignee=advisor,
                    first_answered_at=NOW - (number - 1) * DAY - timedelta(hours=12),
                )
                Clock.objects.filter(ticket=ticket, kind="contact").update(
                    stopped_at=NOW - (number - 1) * DAY - timedelta(hours=12), next_alarm_at=None
                )
                ticket.events.create(code="ticket.noted", at=NOW, old={}, new={}, note="x")
        refresh_facts(now=NOW)

    return make


def inputs() -> Any:
    with read_only():
        return read_inputs(now=NOW)


def test_what_it_is_made_of_is_what_there_is(
    past: Any, make_ticket: Any, advisor: Any, advisor2: Any
) -> None:
    """Counted a second time, ticket by ticket."""
    past(2)
    waiting = [make_ticket(now=NOW - DAY * days) for days in (0, 0, 1, 9)]
    answered = make_ticket(now=NOW)
    Ticket.objects.filter(pk=answered.pk).update(
        status="assigned", assignee=advisor, first_answered_at=NOW
    )
    Clock.objects.filter(ticket=answered, kind="contact").update(stopped_at=NOW, next_alarm_at=None)
    refresh_facts(now=NOW)
    found = inputs()
    team = next(each for each in found.teams if each.key == Team.objects.get(slug="tier2").pk)
    due = Counter(
        timezone.localtime(ticket.due_at).date()
        for ticket in Ticket.objects.filter(pk__in=[each.pk for each in waiting])
        if ticket.due_at is not None and ticket.due_at >= NOW
    )
    assert team.backlog == tuple(due.get(day, 0) for day in found.plan.dates)
    assert team.late == found.late == 1
    # 14 days back from a Wednesday: one is 25 February, the other within the Spring Festival.
    assert sum(team.intake["2"]) == 2
    assert set(team.intake) == {"0", "1", "2", "3", "4", "5", "6", "working", "rest"}
    days = Counter(
        timezone.localtime(ticket.first_answered_at).date()
        for ticket in Ticket.objects.filter(first_answered_at__lt=NOW - timedelta(hours=10.5))
        if ticket.first_answered_at is not None
    )
    assert found.answers == tuple(sorted(n for day, n in days.items() if is_worked(day)))
    assert team.present == ((1.0,) * 5,) * 2
    assert found.there_on(0) == 2


def is_worked(day: date) -> bool:
    """Before NOW, by the State Council's notice for 2026."""
    if not date(2026, 2, 15) <= day < NOW.date():
        return day == date(2026, 2, 14)
    if day <= date(2026, 2, 23):
        return False
    return day.weekday() < 5 or day == date(2026, 2, 28)


def test_leave_shifts_capacity_and_two_teams_count(
    past: Any, advisor: Any, advisor2: Any, person: Any
) -> None:
    past(1)
    tier2, safety = Team.objects.get(slug="tier2"), Team.objects.get(slug="safety")
    safety.members.add(advisor2)
    AdvisorProfile.objects.create(person=advisor, capacity=30)
    AdvisorProfile.objects.create(person=advisor2, capacity=10)
    Shift.objects.create(person=advisor, weekday=2, starts=time(9), ends=time(13, 30))
    Absence.objects.create(person=advisor2, first_day=date(2026, 3, 5), last_day=date(2026, 3, 6))
    by_key = {team.key: team for team in inputs().teams}
    # Wednesday to Tuesday. advisor: half of Wednesday, with 1.5 times the usual capacity.
    assert by_key[tier2.pk].present[0] == (0.75, 0, 0, 0, 0)
    # advisor2: half the usual capacity, half for each of two teams, away on Thursday and Friday.
    assert by_key[tier2.pk].present[1] == (0.25, 0, 0, 0.25, 0.25)
    assert by_key[safety.pk].present == ((0.25, 0, 0, 0.25, 0.25),)
    person("former", Role.ADVISOR, team="tier2").groups.clear()
    assert len({team.key: team for team in inputs().teams}[tier2.pk].present) == 2


def test_the_page_shows_the_forecast_of_its_seed(
    past: Any, make_ticket: Any, browser: Client
) -> None:
    past(2)
    for _number in range(12):
        make_ticket(now=NOW - DAY)
    refresh_facts(now=NOW)
    page = browser.get(PAGE, {"seed": "7"})
    assert page.status_code == 200
    expected = forecast(inputs(), seed=7)
    assert [row.band for row in page.context["rows"]] == list(expected.days)
    assert page.context["total"].band == expected.total
    assert expected.total.mean > 0
    assert "seed 7" in page.content.decode()
    again = browser.get(PAGE, {"seed": "7"})
    assert [row.band for row in again.context["rows"]] == list(expected.days)
    # Without a seed it is one a day: everybody who looks sees the same.
    first, second = (browser.get(PAGE).context for _look in range(2))
    assert first["seed"] == second["seed"] == date(2026, 3, 4).toordinal()
    assert first["total"].band == second["total"].band


def test_what_if(past: Any, make_ticket: Any, advisor: Any, browser: Client) -> None:
    past(1)
    for _number in range(12):
        make_ticket(now=NOW - DAY)
    refresh_facts(now=NOW)
    team = Team.objects.get(slug="tier2").pk
    more = browser.get(PAGE, {"team": team, "more": "2"}).context
    less = browser.get(PAGE, {"team": team, "more": "-1"}).context
    away = browser.get(PAGE, {"away": team, "first": "2026-03-04", "last": "2026-03-10"}).context
    assert more["total"].change < 0 < less["total"].change
    assert away["total"].other == less["total"].other  # there is only one of them
    for context in (more, less, away):
        assert context["is_compared"]
        assert context["total"].band == more["total"].band  # as it is: the same for each question
    plain = browser.get(PAGE, {"team": team, "more": "0"}).context
    assert not plain["is_compared"]
    elsewhere = WhatIf(team=Team.objects.get(slug="safety").pk, more=5)
    assert forecast(inputs(), seed=1, what_if=elsewhere) == forecast(inputs(), seed=1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"more": "1"}, "team"),
        ({"team": "0", "more": "1"}, "team"),
        ({"more": "many"}, "more"),
        ({"more": "51"}, "more"),
        ({"seed": "-1"}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"away": "TEAM"}, "first"),
        ({"away": "TEAM", "first": "2026-03-09", "last": "2026-03-05"}, "first"),
        ({"away": "TEAM", "first": "yesterday", "last": "2026-03-05"}, "first"),
    ],
)
def test_what_cannot_be_read_stays_in_the_form(
    query: dict[str, str], field: str, past: Any, browser: Client
) -> None:
    past(1)
    team = str(Team.objects.get(slug="tier2").pk)
    given = {name: team if value == "TEAM" else value for name, value in query.items()}
    page = browser.get(PAGE, given)
    assert page.status_code == 400
    form = page.context["form"]
    assert list(form.errors) == [field]
    for name, value in given.items():
        assert str(form[name].value()) == value


def test_a_desk_without_a_past_is_told_so(make_ticket: Any, browser: Client) -> None:
    make_ticket()
    assert "have not been counted yet" in browser.get(PAGE).content.decode()
    refresh_facts(now=NOW)
    page = browser.get(PAGE)
    assert page.status_code == 200
    assert "rows" not in page.context
    assert "There is no forecast without that." in page.content.decode()


def test_days_that_may_still_change_are_marked(
    past: Any, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    past(1)
    assert not browser.get(PAGE).context["inputs"].provisional
    december = datetime(2026, 12, 28, 10, tzinfo=NOW.tzinfo)
    with read_only():
        assert read_inputs(now=december).provisional


@pytest.mark.parametrize(
    ("who", "status"),
    [("manager", 200), ("admin_person", 200), ("advisor", 403), ("editor", 403), ("agent", 403)],
)
def test_it_is_for_managers(who: str, status: int, request: pytest.FixtureRequest) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(who))
    assert client.get(PAGE).status_code == status


def test_its_cost_does_not_grow(past: Any, make_ticket: Any, browser: Client, person: Any) -> None:
    past(1)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        browser.get(PAGE)
    for number in range(5):
        make_ticket()
        person(f"advisor-{number}", Role.ADVISOR, team="tier2")
    refresh_facts(now=NOW)
    with CaptureQueriesContext(connection) as many:
        browser.get(PAGE)
    assert len(few) == len(many) <= MOST_QUERIES, [each["sql"][:90] for each in many]
