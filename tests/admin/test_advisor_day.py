"""The advisor's day: short lists that are the lists of the queue, and numbers that stay fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.chases import chase
from tickets.services.claims import claim
from tickets.services.completing import Corrections, complete
from tickets.services.notes import add_note
from tickets.services.returns import return_ticket

DAY = "/admin/day/"
COUNTS = "/admin/day/counts/"
MOST_QUERIES = 12
# session, person, groups; unread notices for the header; the ids of all lists in one; their
# tickets; clocks; policy, calendar corrections, calendar years; the latest unread notices.


def lists(response: Any) -> dict[str, list[str]]:
    return {each.name: [line.number for line in each.lines] for each in response.context["lists"]}


def test_advisors_land_here_and_others_stay_out(
    advisor: Any, agent: Any, manager: Any, as_person: Any
) -> None:
    assert as_person(advisor).get("/admin/")["Location"] == DAY
    assert as_person(agent).get(DAY).status_code == 403
    assert as_person(agent).get(COUNTS).status_code == 403
    assert as_person(manager).get(DAY).status_code == 403


def test_each_list_and_the_list_behind_it(
    make_ticket: Any, advisor: Any, advisor2: Any, agent: Any, as_person: Any
) -> None:
    now = timezone.now()
    today, soon, tried, asked, back, theirs = (make_ticket(now=now) for _ in range(6))
    for ticket in (today, tried, asked, back):
        claim(number=ticket.number, acting_user=advisor, now=now)
    claim(number=theirs.number, acting_user=advisor2, now=now)
    for ticket, left in ((today, timedelta()), (theirs, timedelta()), (soon, timedelta(hours=40))):
        Ticket.objects.filter(pk=ticket.pk).update(due_at=now + left)
    for ticket in (tried, asked, back):
        Ticket.objects.filter(pk=ticket.pk).update(due_at=now + timedelta(days=9))
    Ticket.objects.filter(pk=tried.pk).update(next_try_at=now - timedelta(minutes=5))
    chase(number=asked.number, acting_user=agent, note="", now=now)
    missing = [{"field": "", "label": "截图", "why": "没有"}]
    number = back.number
    return_ticket(number=number, acting_user=advisor, reason="缺", missing=missing, now=now)
    complete(number=number, acting_user=agent, corrections=Corrections(), note="已补充", now=now)
    client = as_person(advisor)
    response = client.get(DAY)
    assert lists(response) == {
        "due_today": [today.number],
        "next_tries": [tried.number],
        "due_soon": [today.number, soon.number],
        "chased": [asked.number],
        "came_back": [back.number],
    }
    for each in response.context["lists"]:
        behind = client.get(each.url)
        assert [line.number for line in behind.context["rows"]] == lists(response)[each.name]
        assert each.count == str(len(each.lines))


def test_mentions_are_there_and_lead_to_the_ticket(
    make_ticket: Any, advisor: Any, advisor2: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    add_note(number=ticket.number, acting_user=advisor2, note="@advisor 看一下", now=NOW)
    page = as_person(advisor).get(DAY)
    assert page.context["unread"] == "1"
    assert f'href="/admin/ticket/{ticket.number}/"' in page.content.decode()


def test_query_budget(make_ticket: Any, advisor: Any, agent: Any, as_person: Any) -> None:
    for _ in range(8):
        ticket = make_ticket()
        claim(number=ticket.number, acting_user=advisor, now=NOW)
        chase(number=ticket.number, acting_user=agent, note="", now=NOW)
    client = as_person(advisor)
    client.get("/admin/inbox/unread/")  # the first request of a session is written into it
    with CaptureQueriesContext(connection) as queries:
        response = client.get(DAY)
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]
    chased = next(each for each in response.context["lists"] if each.name == "chased")
    assert (chased.count, len(chased.lines), chased.is_alarm) == ("8", 5, True)


def test_numbers_are_sent_only_when_they_change(
    make_ticket: Any, advisor: Any, agent: Any, as_person: Any
) -> None:
    ticket = make_ticket(now=timezone.now())
    client = as_person(advisor)
    first = client.get(COUNTS)
    assert first.json()["waiting"] == "1"
    again = client.get(COUNTS, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    chase(number=ticket.number, acting_user=agent, note="", now=timezone.now())
    changed = client.get(COUNTS, headers={"if-none-match": first["ETag"]})
    assert changed.json()["chased"] == "1"
    shown = set(first.json())
    page = client.get(DAY).content.decode()
    for name in shown - {"waiting", "mine"}:
        assert f'data-live="{name}"' in page
