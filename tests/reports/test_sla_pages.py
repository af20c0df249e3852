"""The manager's pages: who gets them, what they show, what they refuse and what they cost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from klingdesk.core.roles import Role
from tests.conftest import CANARY, NOW
from tickets.admin.report_parts import bar, percent
from tickets.models import Team, Ticket
from tickets.reports.metrics import METRICS
from tickets.reports.period import last_days, today_at
from tickets.reports.scope import Scope
from tickets.reports.sla import metric_tickets
from tickets.services.notes import add_note

REPORT = "/admin/reports/sla/"
TICKETS = "/admin/reports/sla/tickets/"


@pytest.fixture(autouse=True)
def frozen_in_english(settings: Any) -> Iterator[None]:
    settings.LANGUAGE_CODE = "en"
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        yield


@pytest.fixture
def boss(client: Client, manager: Any) -> Client:
    client.force_login(manager)
    return client


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def links_to_lists(page: str) -> list[tuple[str, int]]:
    """Address and number of every link from a number to the list behind it."""
    found = re.findall(rf'href="({re.escape(TICKETS)}\?[^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    counts = [
        (address, re.search(r"(\d[\d,]*)\s*(?:<|$| ticket)", body)) for address, body in found
    ]
    return [(address, int(count[1].replace(",", ""))) for address, count in counts if count]


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [REPORT, f"{TICKETS}?metric=met"])
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("agent", 403),
        ("advisor", 403),
        ("editor", 403),
        ("manager", 200),
        ("admin_person", 200),
        ("stranger", 302),
        (None, 302),
    ],
)
def test_only_managers(
    client: Client, desk: None, request: Any, path: str, who: str | None, status: int
) -> None:
    if who is not None:
        client.force_login(request.getfixturevalue(who))
    response = client.get(path)
    assert response.status_code == status
    if status == 302:
        assert response["Location"].startswith("/admin/login/?next=")


@pytest.mark.parametrize("path", [REPORT, TICKETS])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reading_is_all_one_can_do(boss: Client, path: str, method: str) -> None:
    assert getattr(boss, method)(path).status_code == 405


# --- what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["question", "team", "assignee", "day"])
def test_every_number_on_the_page_is_the_length_of_its_list(
    boss: Client, history: Callable[..., None], group: str
) -> None:
    history(seed=9)
    page = text_of(boss.get(REPORT, {"group": group}))
    links = links_to_lists(page)
    assert {parse_qs(urlsplit(address).query)["metric"][0] for address, _n in links} >= {
        "handed_over",
        "met",
        "breached",
        "open_in_time",
        "open",
        "open_breached",
        "open_provisional",
        "open_age_over_5",
        "open_age_over_5_breached",
    }
    for address, number in links:
        assert count_lines(boss, address) == number, address


def count_lines(boss: Client, address: str) -> int:
    """Tickets listed on all pages of a list; its own total has to agree."""
    seen: list[str] = []
    while True:
        page = text_of(boss.get(address))
        seen += re.findall(r'<th scope="row"><a href="/admin/ticket/(T\d+)/">', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        address = TICKETS + following[1]
    assert len(seen) == len(set(seen))
    assert re.search(rf"<strong>{len(seen)} tickets?</strong>", page)
    return len(seen)


def test_a_list_of_several_pages_is_whole(
    boss: Client, history: Callable[..., None], manager: Any
) -> None:
    history(seed=2, count=120)
    scope = Scope(manager, last_days(today_at(NOW)))
    expected = metric_tickets(metric=METRICS["open"], scope=scope, now=NOW).count()
    assert expected > 50
    assert count_lines(boss, f"{TICKETS}?metric=open") == expected


def test_shows_what_is_asked_for(boss: Client, make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    page = text_of(boss.get(REPORT, {"from": "2026-03-01", "to": "2026-03-04"}))
    assert 'value="2026-03-01" type="date"' in page
    assert "Tickets handed over from 2026-03-01 to 2026-03-04" in page
    assert "Kept ÷ (kept + breached)" in page
    assert "生成一次被扣了多次灵感值" in page
    assert "provisional" not in page.split("How each number is counted")[0]


def test_presets_keep_the_rest_of_the_question(boss: Client, advisor: Any) -> None:
    page = text_of(boss.get(REPORT, {"group": "day", "assignee": advisor.pk}))
    assert f"?from=2026-03-02&to=2026-03-04&group=day&assignee={advisor.pk}" in page
    assert f"?from=2026-03-01&to=2026-03-04&group=day&assignee={advisor.pk}" in page
    assert re.search(
        rf'href="\?from=2026-02-03&to=2026-03-04&group=day&assignee={advisor.pk}"'
        r' aria-current="true"',
        page,
    )
    assert f'<input type="hidden" name="assignee" value="{advisor.pk}">' in page


def test_an_empty_desk_has_no_attainment(boss: Client) -> None:
    page = text_of(boss.get(REPORT))
    assert '<span class="report-number">–</span>' in page
    assert "Nothing was handed over in this period." in page
    assert links_to_lists(page)[0][1] == 0
    assert "No ticket is behind this number now." in text_of(boss.get(TICKETS, {"metric": "met"}))


def test_warns_of_provisional_dates(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    at = NOW.replace(month=12, day=23)
    make_ticket(now=at)
    with time_machine.travel(at, tick=False):
        boss.force_login(manager)
        page = text_of(boss.get(REPORT))
    assert "Dates here are provisional." in page
    assert "1 ticket has a provisional due date" in page


def test_no_personal_data_and_nothing_internal(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket(account_id="7654321098", problem="PROBLEM", demand="DEMAND")
    add_note(number=ticket.number, acting_user=manager, note=CANARY, now=NOW)
    shown = "".join(
        text_of(boss.get(path))
        for path in [
            *(f"{REPORT}?group={group}" for group in ("question", "team", "assignee", "day")),
            *(f"{TICKETS}?metric={code}" for code in METRICS),
        ]
    )
    assert ticket.number in shown
    assert "765****098" in shown
    for secret in ("7654321098", "13800138000", "PROBLEM", "DEMAND", CANARY):
        assert secret not in shown


def test_names_are_escaped(boss: Client, make_ticket: Callable[..., Ticket], advisor: Any) -> None:
    ticket = make_ticket()
    advisor.first_name = "<script>alert(1)</script>"
    advisor.save()
    Ticket.objects.filter(pk=ticket.pk).update(status="assigned", assignee=advisor)
    for path in (
        f"{REPORT}?group=assignee",
        f"{REPORT}?assignee={advisor.pk}",
        f"{TICKETS}?metric=open",
    ):
        page = boss.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_pages_are_not_kept_and_hold_no_inline_script_or_style(
    boss: Client, history: Callable[..., None]
) -> None:
    history(seed=1, count=30)
    for path in (REPORT, f"{TICKETS}?metric=breached"):
        response = boss.get(path)
        assert "no-store" in response["Cache-Control"]
        page = response.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*src=)", page)


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"from": "2026-03-04", "to": "2026-03-01"}, "The first day lies after the last day."),
        ({"from": "gestern", "to": "2026-03-01"}, "Write a date of the calendar"),
        ({"from": "2026-02-30"}, "Write a date of the calendar"),
        ({"from": "2023-01-01", "to": "2026-03-01"}, "At most two years"),
        ({"to": "9999-12-31"}, "The year must be from 2000 to 2100."),
        ({"group": "phase-of-the-moon"}, "The figures are not grouped by this."),
        ({"team": "x"}, "This does not name a team, question or person."),
        ({"team": "-1"}, "This does not name a team, question or person."),
        ({"assignee": "9" * 30}, "This does not name a team, question or person."),
        ({"assignee": "9" * 18}, "There is nothing under the number 999999999999999999."),
        ({"question": "1\x00"}, "This does not name a team, question or person."),
    ],
)
@pytest.mark.parametrize("path", [REPORT, TICKETS])
def test_bad_input_is_explained_and_kept(
    boss: Client, path: str, query: dict[str, str], words: str
) -> None:
    response = boss.get(path, {"metric": "met", **query})
    page = text_of(response)
    assert response.status_code == 400
    assert words in page
    assert "report-number" not in page
    for name in ("from", "to"):
        if name in query:
            assert re.search(rf'name="{name}" value="{query[name]}"', page)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "The report has no such number."),
        ({"metric": "mets"}, "The report has no such number."),
        ({"metric": "met", "after": "x"}, "The list cannot go on from here."),
    ],
)
def test_a_list_that_is_none(boss: Client, query: dict[str, str], words: str) -> None:
    response = boss.get(TICKETS, query)
    assert response.status_code == 400
    assert words in text_of(response)


def test_a_wrong_date_stays_visible_in_a_text_field(boss: Client) -> None:
    page = text_of(boss.get(REPORT, {"from": "nonsense", "to": "2026-03-01", "group": "team"}))
    assert 'name="from" value="nonsense" type="text"' in page
    assert 'name="to" value="2026-03-01" type="date"' in page
    assert '<option value="team" selected>' in page


# --- figures in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("met", "breached", "words"),
    [
        (0, 0, "–"),
        (1, 0, "100.0%"),
        (0, 1, "0.0%"),
        (2, 1, "66.6%"),
        (99_999, 1, "99.9%"),
        (1, 99_999, "0.0%"),
    ],
)
def test_attainment_is_rounded_down(met: int, breached: int, words: str) -> None:
    assert percent(met, breached) == words


def test_a_bar_has_adjoining_parts() -> None:
    found = bar(1, 2, 1, 4)
    assert (found.ok, found.bad_from, found.bad) == ("25.00%", "25.00%", "50.00%")
    assert (found.rest_from, found.rest) == ("75.00%", "25.00%")
    assert bar(0, 0, 0, 0).rest == "0%"


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize(
    ("path", "budget"),
    [
        # session, person, roles; calendar corrections, years; hand-overs, open, groups; policy;
        # permissions of the person and of their groups, unread notices (what the header asks)
        (f"{REPORT}?group=assignee", 12),
        # the same and the names of what it is narrowed to
        (f"{REPORT}?group=day&team=TEAM&assignee=0", 13),
        # instead of figures and policy: the number and a page of tickets
        (f"{TICKETS}?metric=breached", 10),
    ],
)
def test_at_most_thirteen_queries_however_many_tickets(
    boss: Client, history: Callable[..., None], count: int, path: str, budget: int
) -> None:
    history(seed=1, count=count)
    path = path.replace("TEAM", str(Team.objects.get(slug="tier2").pk))
    with CaptureQueriesContext(connection) as seen:
        assert boss.get(path).status_code == 200
    reading = [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SET "))]
    assert len(reading) <= budget, "\n".join(sql[:120] for sql in reading)


def test_roles_are_what_the_design_says() -> None:
    from klingdesk.admin_site import PAGES

    (roles,) = [roles for _label, name, roles in PAGES if name == "admin:sla_report"]
    assert roles == {Role.MANAGER}


def test_figures_are_those_of_now(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket()
    assert count_lines(boss, f"{TICKETS}?metric=open_in_time") == 1
    with time_machine.travel(ticket.due_at + timedelta(seconds=1), tick=False):
        boss.force_login(manager)
        assert count_lines(boss, f"{TICKETS}?metric=breached") == 1
        assert "past due" in text_of(boss.get(f"{TICKETS}?metric=breached"))
