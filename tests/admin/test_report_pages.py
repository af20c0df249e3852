"""The manager's reports: who gets them, what they show, and the lists behind each number."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.admin.report_desk import (
    CONTACTS,
    GROUPS,
    HANDOVERS,
    KNOWLEDGE,
    LISTS,
    OVERVIEW,
    PAGES,
    TICKETS,
    count_lines,
    list_links,
    metrics_of,
    text_of,
)
from tests.conftest import CANARY, NOW
from tickets.models import ReportState, Ticket
from tickets.reports.measures import HOURS, MEASURES, SHARES, About
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import last_days, today_at
from tickets.reports.ticket_numbers import ticket_numbers
from tickets.services.notes import add_note
from tickets.services.report_facts import refresh_facts

pytestmark = pytest.mark.usefixtures("frozen_in_english")


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reading_is_all_one_can_do(boss: Client, path: str, method: str) -> None:
    assert getattr(boss, method)(path).status_code == 405


@pytest.mark.parametrize("path", [*PAGES, *LISTS])
def test_only_managers(client: Client, advisor: Any, editor: Any, path: str) -> None:
    for person in (advisor, editor):
        client.force_login(person)
        assert client.get(path).status_code == 403


# --- what -----------------------------------------------------------------------------------------

SHOWN = {
    OVERVIEW: {
        *("handed_over", "met", "breached", "open_in_time", "resolve_promised", "resolve_breached"),
        *("open", "open_breached", "open_age_over_5", "open_age_over_5_breached"),
        *("left_contact_none", "left_resolve_late", "breached_by_assignment", "answered"),
    },
    GROUPS: {"handed_over", "met", "breached", "open_in_time", "resolve_breached"},
    CONTACTS: {"contacts", "contacts_answered", "contacts_redirected", "contacts_abandoned"},
    HANDOVERS: {"tickets", "merged", "cancelled", "solved_once"},
    KNOWLEDGE: {"searches", "searches_opened", "searches_nothing", "contacts", "tickets"},
}


@pytest.mark.parametrize("path", PAGES)
def test_every_number_is_the_length_of_the_list_behind_it(
    boss: Client, past: Callable[..., None], path: str
) -> None:
    past()
    links = list_links(text_of(boss.get(path)))
    assert metrics_of(links) >= SHOWN[path]
    for address, number in links:
        assert count_lines(boss, address) == number, address


@pytest.mark.parametrize(
    ("path", "groups"),
    [
        (
            GROUPS,
            *([["category", "team", "assignee", "agent", "outcome", "day", "week", "month"]]),
        ),
        (CONTACTS, ["category", "agent", "month"]),
        (HANDOVERS, ["question", "team"]),
        (KNOWLEDGE, ["question", "month"]),
    ],
)
def test_also_in_every_group(
    boss: Client, past: Callable[..., None], path: str, groups: list[str]
) -> None:
    past(count=40)
    for group in groups:
        page = text_of(boss.get(path, {"group": group}))
        table = page.split("<tbody>")[1].split("</tbody>")[0]
        links = list_links(table)
        assert links, group
        for address, number in links[:25]:
            assert count_lines(boss, address) == number, (group, address)


def test_the_numbers_are_those_of_the_engine(
    boss: Client, past: Callable[..., None], manager: Any
) -> None:
    past()
    scope = ReportScope(user=manager, period=last_days(today_at(NOW)))
    table = ticket_numbers(scope=scope, group_by=GroupBy.QUESTION, now=NOW)
    page = text_of(boss.get(GROUPS))
    for row in table.rows:
        shown = dict(_cells(page, row.label))
        assert shown["handed_over"] == str(row.tally.numbers["handed_over"])
        assert shown["met"] == str(row.tally.numbers["met"])
        hours = row.tally.percentiles["contact_hours"][90]
        assert shown["contact_hours"] == ("–" if hours is None else f"{hours} h")
        share = row.tally.share("attainment")
        if share is not None:
            assert abs(float(shown["attainment"].rstrip("%")) - share * 100) <= 0.1


def _cells(page: str, name: str) -> list[tuple[str, str]]:
    """Codes of the columns with the texts of one row; of two columns of hours the later one."""
    table = page.split('<table class="desk-table report-table" id="report-')[1]
    codes = re.findall(r'data-code="([^"]*)"', table.split("</thead>")[0])
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1].split("</tbody>")[0], re.DOTALL)
    (row,) = [each for each in rows if f">{name}<" in each]
    cells = re.findall(r"<td[^>]*>(.*?)(?:<span class=\"report-change|</td>)", row, re.DOTALL)
    return list(zip(codes, (re.sub(r"<[^>]*>", "", cell).strip() for cell in cells), strict=True))


def test_a_row_leads_to_the_report_narrowed_to_it(
    boss: Client, past: Callable[..., None], questions: Any
) -> None:
    past()
    pk = questions["price"].pk
    page = text_of(boss.get(GROUPS))
    link = re.search(rf'href="({GROUPS}\?[^"]*question={pk}[^"]*)"', page)
    assert link is not None
    assert "group=assignee" in link[1]
    narrowed = text_of(boss.get(link[1]))
    assert "Standard question: 灵感值的价格" in narrowed
    assert f'<option value="{pk}" selected>' in narrowed


def test_every_link_of_a_page_leads_somewhere(boss: Client, past: Callable[..., None]) -> None:
    past(count=30)
    for path, groups in ((GROUPS, GroupBy), (CONTACTS, ("question", "category", "agent", "week"))):
        for group in groups:
            if group == "total":
                continue
            page = text_of(boss.get(path, {"group": group}))
            rows = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', page)
            assert rows, (path, group)
            assert boss.get(rows[0]).status_code == 200, rows[0]


def test_shows_what_is_asked_for(boss: Client, make_ticket: Callable[..., Ticket]) -> None:
    make_ticket()
    refresh_facts(now=NOW)
    page = text_of(boss.get(OVERVIEW, {"from": "2026-03-01", "to": "2026-03-04"}))
    assert 'value="2026-03-01" type="date"' in page
    assert "2026-03-01 to 2026-03-04" in page
    assert "compared with 2026-02-25 to 2026-02-28" in page
    assert re.search(r"Numbers as of .{0,200}2026-03-04 10:30:00", page)
    assert "Kept ÷ (kept + breached)" in page


def test_comparison_can_be_left_out(boss: Client, past: Callable[..., None]) -> None:
    past()
    page = text_of(boss.get(OVERVIEW))
    assert "report-change" in page
    assert "Attainment, period before" in page
    alone = text_of(boss.get(OVERVIEW, {"compare": "none"}))
    assert "report-change" not in alone
    assert "compared with" not in alone
    assert "period before" not in alone.split("</form>")[-1].split("<dl")[0]
    assert all("compare=none" in address for address, _n in list_links(alone))


def test_presets_and_tabs_keep_the_question(boss: Client, advisor: Any, counted: None) -> None:
    page = text_of(boss.get(GROUPS, {"group": "day", "assignee": advisor.pk, "compare": "none"}))
    rest = f"&group=day&compare=none&assignee={advisor.pk}"
    assert f"?from=2026-03-02&to=2026-03-04{rest}" in page
    assert re.search(rf'href="\?from=2026-02-03&to=2026-03-04{rest}" aria-current="true"', page)
    assert f'href="{CONTACTS}?from=2026-02-03&to=2026-03-04&compare=none"' in page
    assert re.search(rf'href="{GROUPS}\?[^"]+" aria-current="page"', page)


@pytest.mark.parametrize("path", PAGES)
def test_each_name_has_its_definition(boss: Client, past: Callable[..., None], path: str) -> None:
    past(count=30)
    page = text_of(boss.get(path))
    named = set(re.findall(r'href="#def-([a-z_0-9]+)"', page))
    told = re.findall(r'<dd id="def-([a-z_0-9]+)">([^<]+)</dd>', page)
    assert named
    assert named <= {code for code, _text in told}
    assert len({code for code, _text in told}) == len(told)
    for code, text in told:
        each = MEASURES.get(code) or SHARES.get(code) or HOURS[code]
        assert text == str(each.definition)


def test_what_a_measure_counts_decides_which_list_opens() -> None:
    from tickets.admin.report_parts import LISTS as opened

    assert set(opened) == set(About)


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (OVERVIEW, "Nothing was handed over in this period."),
        (GROUPS, "There was nothing in this period."),
        (CONTACTS, "There was nothing in this period."),
        (HANDOVERS, "There was nothing in this period."),
        (KNOWLEDGE, "There was nothing in this period."),
    ],
)
def test_an_empty_period_says_so(boss: Client, counted: None, path: str, words: str) -> None:
    page = text_of(boss.get(path))
    assert words in page
    assert "–" in page
    assert "data-chart-of" not in page.split(words)[0].split("</form>")[-1]
    assert "No ticket is behind this number now." in text_of(boss.get(TICKETS, {"metric": "met"}))


def test_before_anything_was_counted(boss: Client, desk: None) -> None:
    ReportState.objects.all().delete()
    for path in (OVERVIEW, GROUPS, HANDOVERS, KNOWLEDGE):
        page = text_of(boss.get(path))
        assert "have not been counted yet" in page
        assert "report-number" not in page
    assert "have not been counted yet" not in text_of(boss.get(CONTACTS))


def test_old_numbers_say_how_old_they_are(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    make_ticket()
    refresh_facts(now=NOW)
    with time_machine.travel(NOW + timedelta(seconds=75), tick=False):
        page = text_of(boss.get(OVERVIEW))
    assert 'data-age="75">75 seconds ago' in page


def test_two_years_by_day(boss: Client, past: Callable[..., None]) -> None:
    past(count=20)
    page = text_of(boss.get(GROUPS, {"group": "day", "from": "2024-03-05", "to": "2026-03-05"}))
    days = re.findall(r'<th scope="row" class="report-date" data-label="[\d-]+">', page)
    # The one that is still to come is left out.
    assert len(days) == (date(2026, 3, 4) - date(2024, 3, 5)).days + 1 == 730
    assert "report-scroll" in page


def test_the_step_follows_the_length_of_the_period(boss: Client, past: Callable[..., None]) -> None:
    past(count=20)

    def head(first: str) -> str:
        page = text_of(boss.get(OVERVIEW, {"from": first, "to": "2026-03-04"}))
        found = re.search(r'id="report-trend-title">([^<]+)<', page)
        assert found
        return found[1]

    assert [head(first) for first in ("2026-02-01", "2025-06-01", "2024-06-01")] == [
        "By day",
        "By week",
        "By month",
    ]


def test_warns_of_provisional_dates(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    at = NOW.replace(month=12, day=23)
    make_ticket(now=at)
    refresh_facts(now=at)
    with time_machine.travel(at, tick=False):
        boss.force_login(manager)
        page = text_of(boss.get(OVERVIEW))
    assert "Dates here are provisional." in page
    assert "1 ticket has a provisional due date" in page


def test_figures_are_those_of_now(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket()
    refresh_facts(now=NOW)
    assert count_lines(boss, f"{TICKETS}?metric=open_in_time") == 1
    with time_machine.travel(ticket.due_at + timedelta(seconds=1), tick=False):
        boss.force_login(manager)
        assert count_lines(boss, f"{TICKETS}?metric=breached") == 1
        assert "past due" in text_of(boss.get(f"{TICKETS}?metric=breached"))


# --- what must not be there -----------------------------------------------------------------------


def test_no_personal_data_and_nothing_internal(
    boss: Client, make_ticket: Callable[..., Ticket], manager: Any
) -> None:
    ticket = make_ticket(account_id="7654321098", problem="PROBLEM", demand="DEMAND")
    add_note(number=ticket.number, acting_user=manager, note=CANARY, now=NOW)
    refresh_facts(now=NOW)
    lists = [
        f"{path}?metric={code}"
        for code, measure in MEASURES.items()
        for path in LISTS
        if (path == TICKETS) is (measure.about in (About.TICKETS, About.BACKLOG))
    ]
    shown = "".join(text_of(boss.get(path)) for path in (*PAGES, *lists))
    assert ticket.number in shown
    for secret in ("7654321098", "13800138000", "PROBLEM", "DEMAND", CANARY):
        assert secret not in shown


def test_names_are_escaped(boss: Client, make_ticket: Callable[..., Ticket], agent: Any) -> None:
    make_ticket()
    agent.first_name = "<script>alert(1)</script>"
    agent.save()
    refresh_facts(now=NOW)
    for path in (
        f"{GROUPS}?group=agent",
        f"{GROUPS}?agent={agent.pk}",
        f"{TICKETS}?metric=open",
    ):
        page = boss.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_nothing_is_kept_and_nothing_is_inline(boss: Client, past: Callable[..., None]) -> None:
    past(count=30)
    for path in (*PAGES, f"{TICKETS}?metric=breached"):
        response = boss.get(path)
        assert "no-store" in response["Cache-Control"]
        page = response.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*src=)", page)
