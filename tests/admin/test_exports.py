"""The pages of exports: offered below tables, watched, fetched, cancelled; by their owner only."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.models import Export
from tickets.models.export import ExportState
from tickets.reports.measures import MEASURES, About
from tickets.reports.plans import SHEETS
from tickets.services.exports import MOST_WAITING, cancel_export, request_export, run_exports
from tickets.services.report_facts import refresh_facts

PAGE = "/admin/exports/"
NEW = "/admin/exports/new/"
STATE = "/admin/exports/state/"
MOST_QUERIES = 8
# session, person, groups; unread notices for the header; calendar corrections and years for the
# banner of the promise; the exports.


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def ask(user: Any, kind: str = "tickets", query: str = "view=all") -> Export:
    return request_export(
        acting_user=user, kind=kind, query=query, file_format="csv", language="en", now=NOW
    )


@pytest.mark.django_db(transaction=True)
def test_from_the_list_to_the_file(make_ticket: Any, manager: Any, as_person: Any) -> None:
    ticket, browser = make_ticket(account_id="7310094856"), as_person(manager)
    listing = browser.get("/admin/queue/?view=open&status=queued&sort=newest")
    assert b'action="/admin/exports/new/"' in listing.content
    query = listing.context["view_query"]
    answer = browser.post(NEW, {"kind": "tickets", "query": query, "format": "csv"})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    export = Export.objects.get()
    assert (export.query, export.language) == ("view=open&status=queued&sort=newest", "en")
    page = browser.get(PAGE)
    (row,) = page.context["rows"]
    assert row.is_undone
    assert b"data-exports-url" in page.content

    run_exports(now=NOW)
    page = browser.get(PAGE)
    (row,) = page.context["rows"]
    assert row.is_ready
    assert "1 rows" in row.progress
    assert b"data-exports-url" not in page.content  # nothing to wait for any more
    file = browser.get(f"/admin/exports/{export.pk}/file/")
    assert file.status_code == 200
    assert file["Content-Disposition"].startswith("attachment; filename=")
    text = b"".join(file.streaming_content)
    assert ticket.number.encode() in text
    assert b"7310094856" not in text


@pytest.mark.parametrize("who", ["agent", "advisor", "manager", "editor", "admin_person"])
def test_everybody_has_a_list_of_their_own(
    who: str, manager: Any, request: pytest.FixtureRequest, as_person: Any
) -> None:
    user = request.getfixturevalue(who)
    ask(manager)
    page = as_person(user).get(PAGE)
    assert page.status_code == 200
    assert len(page.context["rows"]) == (1 if user == manager else 0)


@pytest.mark.django_db(transaction=True)
def test_another_manager_and_an_administrator_get_nothing(
    manager: Any, admin_person: Any, person: Any, as_person: Any
) -> None:
    done, waiting = ask(manager), None
    run_exports(now=NOW)
    waiting = ask(manager)
    for other in (admin_person, person("manager2", Role.MANAGER)):
        browser = as_person(other)
        assert browser.get(f"/admin/exports/{done.pk}/file/").status_code == 404
        assert browser.post(f"/admin/exports/{waiting.pk}/cancel/").status_code == 404
        assert browser.get(STATE).json() == {"exports": []}
    waiting.refresh_from_db()
    assert waiting.state == ExportState.QUEUED


def test_progress_is_told_until_nothing_changes(manager: Any, as_person: Any) -> None:
    export, browser = ask(manager), as_person(manager)
    Export.objects.update(
        state="running",
        claimed_until=NOW,
        started_at=NOW,
        rows_done=12_000,
        rows_total=1_000_000,
    )
    answer = browser.get(STATE)
    assert answer.json()["exports"] == [
        {
            "id": export.pk,
            "state": "running",
            "progress": "12,000 of 1,000,000 rows",
            "done": 12_000,
            "total": 1_000_000,
        }
    ]
    again = browser.get(STATE, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304
    Export.objects.update(rows_done=13_000)
    assert browser.get(STATE, headers={"if-none-match": answer["ETag"]}).status_code == 200


def test_cancelling(manager: Any, as_person: Any) -> None:
    export, browser = ask(manager), as_person(manager)
    where = f"/admin/exports/{export.pk}/cancel/"
    assert browser.get(where).status_code == 405
    assert browser.post(where)["Location"] == PAGE
    late = browser.post(where)
    assert late.status_code == 409
    assert "has ended already" in late.content.decode()
    (row,) = late.context["rows"]
    assert row.state == ExportState.CANCELLED


@pytest.mark.parametrize(
    ("posted", "status", "words"),
    [
        ({"kind": "nonsense", "format": "csv"}, 422, "There is no such table."),
        ({"kind": "tickets", "format": "pdf"}, 422, "Choose csv or xlsx."),
        ({"kind": "consultations", "format": "csv", "query": "from=x"}, 422, "Write a date"),
        ({"kind": "searches", "format": "csv"}, 403, ""),
    ],
)
def test_what_is_refused_is_said(
    posted: dict[str, str], status: int, words: str, agent: Any, as_person: Any
) -> None:
    answer = as_person(agent).post(NEW, posted)
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Export.objects.exists()


def test_too_many_are_refused(manager: Any, as_person: Any) -> None:
    for _number in range(MOST_WAITING):
        ask(manager)
    answer = as_person(manager).post(NEW, {"kind": "tickets", "format": "csv", "query": ""})
    assert answer.status_code == 409
    assert "Wait for them, or cancel one." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_not_there(
    manager: Any, as_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, export = as_person(manager), ask(manager)
    early = browser.get(f"/admin/exports/{export.pk}/file/")
    assert early.status_code == 409
    run_exports(now=NOW)
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=25))
    browser = as_person(manager)
    late = browser.get(f"/admin/exports/{export.pk}/file/")
    assert late.status_code == 410
    assert "Export the table again." in late.content.decode()
    assert late.context["rows"][0].state == ExportState.EXPIRED


def test_failures_are_told_in_the_readers_language(manager: Any, as_person: Any) -> None:
    ask(manager)
    Export.objects.update(state="failed", error="too_slow", finished_at=NOW)
    (row,) = as_person(manager).get(PAGE).context["rows"]
    assert "Narrow the filters" in row.progress
    assert not row.is_ready


def test_the_page_costs_the_same_however_many(manager: Any, as_person: Any) -> None:
    browser = as_person(manager)
    ask(manager)
    browser.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get(PAGE)
    for _number in range(6):
        ask(manager)
    with CaptureQueriesContext(connection) as many:
        browser.get(PAGE)
    assert len(one) == len(many) <= MOST_QUERIES, [each["sql"] for each in many]


def test_a_cancelled_one_can_be_asked_for_again(manager: Any, as_person: Any) -> None:
    export, browser = ask(manager), as_person(manager)
    cancel_export(acting_user=manager, export_id=export.pk, now=NOW)
    page = browser.get(PAGE).content.decode()
    assert "Export again" in page
    assert f'value="{export.query}"' in page


# --- the tables of the reports --------------------------------------------------------------------


def rows_of(browser: Client, export: Export) -> list[list[str]]:
    file = browser.get(f"/admin/exports/{export.pk}/file/")
    assert file.status_code == 200, export.error
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.django_db(transaction=True)
def test_every_table_and_list_of_the_reports(
    make_ticket: Any, manager: Any, as_person: Any
) -> None:
    tickets = [make_ticket() for _number in range(2)]
    refresh_facts(now=NOW)
    period = "from=2026-03-01&to=2026-03-04"
    wanted = {code: ("report", f"sheet={code}&{period}") for code in SHEETS}
    kinds = {
        About.TICKETS: "report_tickets",
        About.BACKLOG: "report_tickets",
        About.CONTACTS: "report_contacts",
        About.SEARCHES: "report_searches",
    }
    for measure in ("handed_over", "open", "contacts_escalated", "searches"):
        kind = kinds[MEASURES[measure].about]
        wanted[f"behind {measure}"] = (kind, f"metric={measure}&{period}")
    browser = as_person(manager)
    found = {}
    for name, (kind, query) in wanted.items():
        export = ask(manager, kind, query)
        run_exports(now=NOW)
        export.refresh_from_db()
        assert export.state == ExportState.DONE, (name, export.error)
        found[name] = rows_of(browser, export)
        assert len(found[name]) == export.rows_done + 1
        assert {len(row) for row in found[name]} == {len(found[name][0])}, name
    header, *rows, total = found["promise"]
    handed_over = header.index("Handed over")
    assert [row[handed_over] for row in rows] == [total[handed_over]] == ["2"]
    numbers = {ticket.number for ticket in tickets}
    assert {row[0] for row in found["behind handed_over"][1:]} == numbers
    assert {row[0] for row in found["behind open"][1:]} == numbers
    assert len(found["behind contacts_escalated"]) == 3
    assert len(found["behind searches"]) == 1
