"""Policies and the list of changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from klingdesk.core.calendar import Override
from tests.admin.promise_desk import browser, confirm
from tests.conftest import DUE, NOW
from tickets.admin import promise_change_pages
from tickets.models import PromiseChange, SlaPolicy, Ticket, TicketEvent
from tickets.services.promise_changes import change_calendar
from tickets.services.recounting import recount_promises

POLICIES = "/admin/promise/policies/"
CONTACT = f"{POLICIES}contact/"
CHANGES = "/admin/promise/changes/"
MOST_QUERIES = 12


def version(**changes: Any) -> dict[str, Any]:
    values = {"working_days": "2", "opens": "09:00", "closes": "18:00", "reason": "as agreed"}
    return {**values, **changes}


@pytest.fixture
def moved(make_ticket: Callable[..., Ticket], manager: Any) -> PromiseChange:
    """A day off that has moved three tickets, both clocks of each."""
    for _n in range(3):
        make_ticket()
    change = change_calendar(
        overrides={date(2026, 3, 6): Override(False, "moving house")},
        years={},
        acting_user=manager,
        reason="we move",
        now=NOW,
    )
    recount_promises(now=NOW + timedelta(minutes=1))
    change.refresh_from_db()
    return change


def test_both_policies_with_their_history(boss: Client) -> None:
    assert confirm(boss, CONTACT, version()).status_code == 302
    page = boss.get(POLICIES)
    contact, resolve = page.context["policies"]
    assert [row.version for row in (contact["newest"], *contact["former"])] == [2, 1]
    assert [row.version for row in (resolve["newest"], *resolve["former"])] == [1]
    html = page.content.decode()
    for text in ("as agreed", "First contact", "Solution", "09:00–18:00", "manager"):
        assert text in html


@time_machine.travel(DUE - timedelta(hours=4), tick=False)
def test_the_effect_comes_before_the_deed(make_ticket: Callable[..., Ticket], manager: Any) -> None:
    make_ticket()
    client = browser(manager)
    form = client.get(CONTACT).content.decode()
    assert 'value="3"' in form
    assert 'value="09:00"' in form
    page = client.post(CONTACT, version(look="1"))
    assert "1 ticket moves, 1 becomes breached" in page.content.decode()
    assert "breached by it" in page.content.decode()
    assert SlaPolicy.objects.count() == 2
    assert confirm(client, CONTACT, version()).status_code == 302
    newest = SlaPolicy.objects.filter(kind="contact").latest("version")
    assert (newest.version, newest.working_days, newest.reason) == (2, 2, "as agreed")
    assert newest.author == manager


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"working_days": ""}, "working_days"),
        ({"working_days": "0"}, "working_days"),
        ({"working_days": "251"}, "working_days"),
        ({"working_days": "2.5"}, "working_days"),
        ({"opens": "noon"}, "opens"),
        ({"closes": ""}, "closes"),
        ({"closes": "08:00"}, "closes"),
        ({"opens": "09:00:30"}, "closes"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 301}, "reason"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    boss: Client, wrong: dict[str, str], field: str
) -> None:
    page = boss.post(CONTACT, version(**wrong, look="1"))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in page.content.decode()
    assert not PromiseChange.objects.exists()


def test_what_is_in_force_is_told(boss: Client) -> None:
    page = boss.post(CONTACT, version(working_days="3", look="1"))
    assert page.status_code == 409
    assert "in force already" in page.content.decode()
    assert "as agreed" in page.content.decode()


def test_a_version_published_in_between_shows_the_effect_again(boss: Client) -> None:
    shown = boss.post(CONTACT, version(look="1")).context["effect"].shown
    assert confirm(boss, CONTACT, version(working_days="4")).status_code == 302
    page = boss.post(CONTACT, version(confirm="1", shown=shown))
    assert page.status_code == 409
    assert "changed meanwhile" in page.content.decode()
    assert SlaPolicy.objects.filter(kind="contact").count() == 2


@pytest.mark.parametrize("address", [f"{POLICIES}lunch/", f"{CHANGES}4711/"])
def test_what_is_not_there(boss: Client, address: str) -> None:
    assert boss.get(address).status_code == 404


@pytest.mark.parametrize(
    "address", [POLICIES, CONTACT, CHANGES, "/admin/promise/changes/1/", "/admin/calendar/notice/"]
)
@pytest.mark.parametrize("who", ["agent", "advisor", "editor"])
def test_managers_only(address: str, who: str, request: pytest.FixtureRequest) -> None:
    client = browser(request.getfixturevalue(who))
    assert client.get(address).status_code == 403
    assert client.post(address, version(confirm="1")).status_code in {403, 405}


@pytest.mark.parametrize("name", ["slapolicy", "calendaroverride", "calendaryear"])
def test_there_is_no_way_around(name: str, admin_person: Any) -> None:
    client = browser(admin_person)
    assert client.get(f"/admin/tickets/{name}/").status_code == 404
    assert client.get(f"/admin/tickets/{name}/add/").status_code == 404


def test_changes_say_what_and_how_far(boss: Client, moved: PromiseChange) -> None:
    assert (moved.looked_at, moved.moved) == (6, 6)
    assert confirm(boss, CONTACT, version()).status_code == 302
    html = boss.get(CHANGES).content.decode()
    for text in (
        "we move",
        "2026-03-06",
        "day off (moving house)",
        "version 1: 3 working days, 09:00–18:00",
        "version 2: 2 working days, 09:00–18:00",
        "in progress",
        "done",
    ):
        assert text in html


def test_the_tickets_that_moved_in_pages(
    boss: Client, moved: PromiseChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promise_change_pages, "PER_PAGE", 4)
    url = f"{CHANGES}{moved.pk}/"
    first = boss.get(url)
    rest = boss.get(url, {"after": first.context["following"]})
    rows = [*first.context["moved"], *rest.context["moved"]]
    assert (len(first.context["moved"]), len(rows)) == (4, 6)
    expected = {(t.number, kind) for t in Ticket.objects.all() for kind in ("contact", "resolve")}
    assert {(row.number, row.kind) for row in rows} == expected
    assert rest.context["following"] == 0
    assert next(row for row in rows if row.kind == "contact").old_due_at == DUE
    for odd in ("x", "-1", "9" * 30):
        assert len(boss.get(url, {"after": odd}).context["moved"]) == 4


def test_queries(boss: Client, moved: PromiseChange) -> None:
    for address in (POLICIES, CONTACT, CHANGES, f"{CHANGES}{moved.pk}/"):
        with CaptureQueriesContext(connection) as seen:
            assert boss.get(address).status_code == 200
        assert len(seen) <= MOST_QUERIES, (address, len(seen))


def test_moved_tickets_are_found_by_their_index(boss: Client, moved: PromiseChange) -> None:
    with CaptureQueriesContext(connection) as seen:
        boss.get(f"{CHANGES}{moved.pk}/")
    asked = next(q["sql"] for q in seen if "sla.moved" in q["sql"])
    # Among as many other events, and known to the planner, only that index is any good.
    ticket = Ticket.objects.latest("pk")
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, code="ticket.noted", at=NOW) for _n in range(3_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticketevent")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "event_by_change" in plan
