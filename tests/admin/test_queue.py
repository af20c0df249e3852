"""Tier 2's queue: who sees what, in which order, and how much it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.conftest import CANARY, NOW
from tickets.models import Clock, Ticket, TicketEvent
from tickets.services.chases import chase
from tickets.services.claims import claim
from tickets.services.watching import watch
from tickets.services.work import log_contact, resolve

QUEUE = "/admin/queue/"
TAKE = "/admin/queue/take/"
FIND = "/admin/queue/find/"
MOST_QUERIES = 12
# session, person, groups; unread notices for the header; everything to choose from in one; the
# tickets with question, team and assignee; their clocks; policy, calendar corrections, calendar
# years; the bounded counts of both tabs in one.


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Stop the clock of the pages at an instant."""

    def stop(now: Any) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now)

    return stop


def numbers(response: Any) -> list[str]:
    return [row.number for row in response.context["rows"]]


# --- who --------------------------------------------------------------------------------------


def test_addresses() -> None:
    assert reverse("admin:queue") == QUEUE
    assert reverse("admin:queue_take") == TAKE


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("advisor", 200),
        ("manager", 200),
        ("admin_person", 200),
        ("agent", 403),
        ("editor", 403),
        ("stranger", 302),
        (None, 302),
    ],
)
def test_only_tier_2_sees_the_queue(
    who: str | None, status: int, request: pytest.FixtureRequest, desk: None
) -> None:
    client = Client()
    if who is not None:
        client.force_login(request.getfixturevalue(who))
    response = client.get(QUEUE)
    assert response.status_code == status
    if status == 302:
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 403), ("editor", 403), ("stranger", 401), (None, 401)],
)
def test_nobody_else_takes(
    who: str | None, status: int, request: pytest.FixtureRequest, make_ticket: Any
) -> None:
    ticket = make_ticket()
    client = Client()
    if who is not None:
        client.force_login(request.getfixturevalue(who))
    assert client.post(TAKE).status_code == status
    ticket.refresh_from_db()
    assert ticket.status == "queued"


def test_an_advisor_of_another_team_sees_nothing_of_it(
    other_advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    client = as_person(other_advisor)
    found = {"found": ticket.number, "view": "all"}
    for query in ({}, {"q": ticket.number}, found, {"team": "tier2"}, {"view": "all"}):
        response = client.get(QUEUE, query)
        assert numbers(response) == []
    assert client.post(FIND, {"text": ticket.account_id}).status_code == 422
    assert ticket.number not in client.get(QUEUE, {"view": "all"}).content.decode()


# --- what, in which order -----------------------------------------------------------------------


def test_sorted_by_due_then_priority_then_age(
    advisor: Any, agent: Any, make_ticket: Any, as_person: Any
) -> None:
    later = make_ticket(now=NOW + timedelta(days=1))
    older = make_ticket()
    younger = make_ticket()
    urgent = make_ticket()
    chase(number=urgent.number, acting_user=agent, note="", now=NOW)
    response = as_person(advisor).get(QUEUE)
    assert numbers(response) == [urgent.number, older.number, younger.number, later.number]


def test_time_left_in_words_and_colour(
    advisor: Any, make_ticket: Any, as_person: Any, clock_at: Any
) -> None:
    make_ticket()  # due on Monday 2026-03-09, 18:00
    seen = []
    for hours in (0, 48, 72, 126, 128, 152):
        clock_at(NOW + timedelta(hours=hours))
        promise = as_person(advisor).get(QUEUE).context["rows"][0].promise
        seen.append((promise.words, promise.level))
    assert seen == [
        ("3 working days left", "ok"),
        ("1 working day left", "ok"),  # Friday 10:30: more than one working day of time
        ("1 working day left", "warn"),  # Saturday
        ("1 h left", "warn"),
        ("breached", "bad"),  # no working time has passed since
        ("breached by 1 working day", "bad"),
    ]


def test_a_kept_promise_is_not_called_breached(
    advisor: Any, make_ticket: Any, as_person: Any, clock_at: Any
) -> None:
    ticket = make_ticket()
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="call_back", result="reached", now=NOW
    )
    clock_at(NOW + timedelta(days=20))
    (row,) = as_person(advisor).get(QUEUE, {"view": "mine"}).context["rows"]
    assert (row.promise.words, row.promise.level) == ("promise kept", "ok")


def test_the_views(
    advisor: Any, advisor2: Any, manager: Any, make_ticket: Any, as_person: Any
) -> None:
    now = timezone.now()
    waiting, mine, others, done = (make_ticket() for _ in range(4))
    claim(number=mine.number, acting_user=advisor, now=now)
    claim(number=others.number, acting_user=advisor2, now=now)
    claim(number=done.number, acting_user=advisor, now=now)
    log_contact(
        number=done.number, acting_user=advisor, kind="private_message", result="sent", now=now
    )
    resolve(number=done.number, acting_user=advisor, code="fixed", summary="好了", now=now)
    client = as_person(advisor)
    assert numbers(client.get(QUEUE)) == [waiting.number]
    assert numbers(client.get(QUEUE, {"view": "mine"})) == [mine.number]
    assert numbers(client.get(QUEUE, {"view": "resolved"})) == [done.number]
    still_open = [waiting.number, mine.number, others.number]
    for person in (advisor, manager):
        assert numbers(as_person(person).get(QUEUE, {"view": "open"})) == still_open
    assert numbers(client.get(QUEUE, {"view": "all"})) == [*still_open, done.number]
    assert numbers(client.get(QUEUE, {"view": "reach"})) == [waiting.number, mine.number]
    assert numbers(client.get(QUEUE, {"view": "watched"})) == []
    watch(number=others.number, acting_user=advisor, now=now)
    assert numbers(client.get(QUEUE, {"view": "watched"})) == [others.number]
    tabs = {tab.view: tab.count for tab in client.get(QUEUE).context["tabs"]}
    assert tabs == {
        "waiting": "1",
        "mine": "1",
        "open": "",
        "watched": "",
        "resolved": "",
        "all": "",
    }


def test_resolved_a_week_ago_is_not_recent(advisor: Any, make_ticket: Any, as_person: Any) -> None:
    then = timezone.now() - timedelta(days=8)
    ticket = make_ticket(now=then)
    claim(number=ticket.number, acting_user=advisor, now=then)
    log_contact(
        number=ticket.number, acting_user=advisor, kind="private_message", result="sent", now=then
    )
    resolve(number=ticket.number, acting_user=advisor, code="fixed", summary="好了", now=then)
    assert numbers(as_person(advisor).get(QUEUE, {"view": "resolved"})) == []


def test_account_ids_are_masked_even_for_the_assignee(
    advisor: Any, manager: Any, make_ticket: Any, as_person: Any
) -> None:
    ticket = make_ticket(account_id="1234567890")
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    for user, view in ((advisor, "mine"), (manager, "open")):
        page = as_person(user).get(QUEUE, {"view": view}).content.decode()
        assert "123****890" in page
        assert "1234567890" not in page


def test_nothing_internal_and_nothing_unescaped(
    advisor: Any, make_ticket: Any, as_person: Any, questions: Any
) -> None:
    questions["twice-charged"].title = "<script>alert(1)</script>"
    questions["twice-charged"].save(update_fields=["title"])
    make_ticket()
    page = as_person(advisor).get(QUEUE, {"q": '"><script>alert(2)</script>'}).content.decode()
    page += as_person(advisor).get(QUEUE).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert CANARY not in page


# --- search -----------------------------------------------------------------------------------


def test_a_number_with_its_letter_opens_the_ticket(
    advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    for text in (ticket.number, f"  t{ticket.pk} "):
        response = as_person(advisor).get(QUEUE, {"q": text})
        assert response.status_code == 302
        assert response["Location"] == f"/admin/ticket/{ticket.number}/"


def test_digits_find_number_and_account(
    advisor: Any, advisor2: Any, make_ticket: Any, as_person: Any
) -> None:
    first = make_ticket(account_id="7001234")
    second = make_ticket(account_id="7009999")
    claim(number=first.number, acting_user=advisor2, now=NOW)
    client = as_person(advisor)
    for text, ticket in (("ID: 7001234", first), (str(second.pk), second), (" 7009999 ", second)):
        response = client.post(FIND, {"text": text})
        assert response["Location"] == f"/admin/ticket/{ticket.number}/"


def test_an_account_id_never_stands_in_an_address(
    advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    old = make_ticket(account_id="7001234")
    for service, more in ((claim, {}), (log_contact, {"kind": "call_back", "result": "reached"})):
        service(number=old.number, acting_user=advisor, now=NOW, **more)
    resolve(number=old.number, acting_user=advisor, code="fixed", summary="好了", now=NOW)
    new = make_ticket(account_id="7001234", now=NOW + timedelta(days=1))
    client = as_person(advisor)
    response = client.post(FIND, {"text": "7001234"})
    assert "7001234" not in response["Location"]
    listed = client.get(response["Location"])
    assert sorted(numbers(listed)) == [old.number, new.number]
    assert "7001234" not in listed.content.decode()
    assert numbers(client.get(QUEUE, {"q": "7001234"})) == []


@pytest.mark.parametrize("text", ["T99999999", "9" * 60, "13800138000", "５"])
def test_a_search_without_a_find_says_so_and_keeps_the_text(
    text: str, advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    make_ticket()
    response = as_person(advisor).post(FIND, {"text": text, "list": "view=mine"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "No ticket that you may see" in page
    assert f'value="{text}"' in page


@pytest.mark.parametrize(("text", "count"), [("扣了多次", 1), ("nobody", 0), ("'; drop table", 0)])
def test_words_look_in_standard_questions(
    text: str, count: int, advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    make_ticket()
    client = as_person(advisor)
    response = client.post(FIND, {"text": text, "list": "view=all"}, follow=True)
    assert response.redirect_chain[0][0].startswith(f"{QUEUE}?view=all&text=")
    assert len(numbers(response)) == count
    assert client.post(FIND, {"text": "\x00"}, follow=True).status_code == 200
    assert client.get(FIND).status_code == 302


# --- pages and cost -----------------------------------------------------------------------------


def clone(ticket: Ticket, count: int) -> None:
    """Many copies of a queued ticket with its clock, two at each due date."""
    ticket = Ticket.objects.get(pk=ticket.pk)
    clocks = list(ticket.clocks.all())
    same = {field.attname: getattr(ticket, field.attname) for field in ticket._meta.fields}
    made = []
    for number in range(count):
        due = ticket.due_at + timedelta(minutes=number // 2)
        own = {"id": None, "account_id": str(5_000_000 + number), "due_at": due}
        made.append(Ticket(**{**same, **own}))
    Ticket.objects.bulk_create(made)
    copies = []
    for copy in made:
        for clock in clocks:
            values = {field.attname: getattr(clock, field.attname) for field in clock._meta.fields}
            due = copy.due_at if clock.kind == "contact" else clock.due_at
            copies.append(Clock(**{**values, "id": None, "ticket_id": copy.pk, "due_at": due}))
    Clock.objects.bulk_create(copies)


def test_every_ticket_is_on_exactly_one_page(
    advisor: Any, agent: Any, make_ticket: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    clone(ticket, 119)
    urgent = Ticket.objects.order_by("-pk")[1]
    chase(number=urgent.number, acting_user=agent, note="", now=NOW)
    client = as_person(advisor)
    seen, address = [], QUEUE
    while address:
        response = client.get(address)
        seen += numbers(response)
        address = response.context["next_url"]
    assert len(seen) == 120
    expected = Ticket.objects.order_by("due_at", "-priority", "pk")
    assert seen == [row.number for row in expected]


@pytest.mark.parametrize(
    "after",
    ["nonsense", "2026-99-99T00:00:00_0_1", "-_0_1", "2026-03-09T10:00:00_0_1", "%00", "_" * 500],
)
def test_a_cursor_that_is_none_gives_a_page(
    after: str, advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    make_ticket()
    for view in ("waiting", "mine", "resolved"):
        assert as_person(advisor).get(QUEUE, {"after": after, "view": view}).status_code == 200


@pytest.mark.parametrize("size", [5, 500])
@pytest.mark.parametrize("view", ["waiting", "mine", "open", "resolved"])
def test_query_budget_at_any_size(
    size: int, view: str, manager: Any, make_ticket: Any, as_person: Any
) -> None:
    clone(make_ticket(), size - 1)
    if view == "mine":
        Ticket.objects.update(status="assigned", assignee=manager)
    elif view == "resolved":
        Ticket.objects.update(
            status="resolved",
            resolved_at=timezone.now(),
            resolution_code="fixed",
            resolution_summary="x",
        )
    client = as_person(manager)
    client.get("/admin/inbox/unread/")  # the first request of a session is written into it
    with CaptureQueriesContext(connection) as queries:
        response = client.get(QUEUE, {"view": view})
    assert len(response.context["rows"]) == min(size, 50)
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


def test_badges_stop_counting(advisor: Any, make_ticket: Any, as_person: Any) -> None:
    clone(make_ticket(), 150)
    assert as_person(advisor).get(QUEUE).context["tabs"][0].count == "99+"


# --- taking -------------------------------------------------------------------------------------


def test_take_the_next_one(advisor: Any, make_ticket: Any, as_person: Any) -> None:
    make_ticket(now=NOW + timedelta(days=1))
    first = make_ticket()
    response = as_person(advisor).post(TAKE)
    assert response.status_code == 302
    assert response["Location"] == f"/admin/ticket/{first.number}/"
    first.refresh_from_db()
    assert (first.status, first.assignee) == ("assigned", advisor)


def test_an_empty_queue_is_no_error(advisor: Any, as_person: Any) -> None:
    client = as_person(advisor)
    response = client.post(TAKE, follow=True)
    assert response.redirect_chain == [(QUEUE, 302)]
    assert "Nothing is waiting in your teams" in response.content.decode()


def test_taking_from_one_team(advisor: Any, make_ticket: Any, as_person: Any) -> None:
    make_ticket()
    client = as_person(advisor)
    assert client.post(TAKE, {"team": "safety"}).status_code == 404  # not a member
    assert client.post(TAKE, {"team": "\x00"}).status_code == 404
    assert client.post(TAKE, {"team": "tier2"}).status_code == 302
    assert Ticket.objects.filter(assignee=advisor).count() == 1


def test_a_manager_without_a_team_gets_no_button(
    manager: Any, make_ticket: Any, as_person: Any
) -> None:
    make_ticket()
    client = as_person(manager)
    assert TAKE not in client.get(QUEUE).content.decode()
    assert client.post(TAKE).status_code == 403
    assert not Ticket.objects.filter(assignee=manager).exists()


def test_reading_changes_nothing_and_taking_needs_a_token(
    advisor: Any, make_ticket: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    events = TicketEvent.objects.count()
    client = as_person(advisor)
    for query in ({}, {"view": "mine"}, {"view": "resolved"}, {"q": ticket.number}):
        client.get(QUEUE, query)
    assert client.get(TAKE)["Location"] == QUEUE
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(advisor)
    assert strict.post(TAKE).status_code == 403
    ticket.refresh_from_db()
    assert ticket.status == "queued"
    assert TicketEvent.objects.count() == events
