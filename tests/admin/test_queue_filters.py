"""The list's filters, orders, saved views and changes of many tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.roles import Role
from tests.conftest import NOW
from tickets.exporting.desk_tables import ticket_table
from tickets.exporting.tables import asked
from tickets.models import Clock, SavedView, Ticket
from tickets.models.labels import ClockKind
from tickets.selectors import ticket_list
from tickets.selectors.listed import ListedClock
from tickets.selectors.people import name_of
from tickets.selectors.ticket_list import Filters, View, listing, matching
from tickets.selectors.ticket_order import in_order
from tickets.services.chases import chase
from tickets.services.claims import claim
from tickets.services.watching import watch

QUEUE = "/admin/queue/"
VIEWS = "/admin/queue/views/"
BULK = "/admin/queue/bulk/"


def numbers(response: Any) -> list[str]:
    return [row.number for row in response.context["rows"]]


def test_each_filter(
    make_ticket: Any, advisor: Any, agent: Any, manager: Any, questions: Any, as_person: Any
) -> None:
    now = timezone.now()
    plain = make_ticket(now=now)
    special = make_ticket(now=now)
    claim(number=special.number, acting_user=advisor, now=now)
    chase(number=special.number, acting_user=agent, note="", now=now)
    Ticket.objects.filter(pk=special.pk).update(
        skill="refunds",
        tags=["vip"],
        question=questions["price"],
        due_at=now - timedelta(hours=1),
        next_try_at=now - timedelta(minutes=1),
    )
    Clock.objects.filter(ticket=special).update(breached_at=now + timedelta(days=30))
    client = as_person(manager)
    for name, value in {
        "status": "assigned",
        "assignee": "advisor",
        "question": "price",
        "due": "overdue",
        "chased": "1",
        "priority": "1",
        "skill": "refunds",
        "tag": "vip",
        "breached": "1",
        "tried": "1",
        "text": "价格",
    }.items():
        found = numbers(client.get(QUEUE, {"view": "open", name: value}))
        assert found == [special.number], name
    assert numbers(client.get(QUEUE, {"view": "open", "assignee": "-"})) == [plain.number]
    assert numbers(client.get(QUEUE, {"view": "open", "team": "safety"})) == []
    nonsense = {"status": "x", "due": "x", "priority": "9", "sort": "x", "chased": "7"}
    assert len(numbers(client.get(QUEUE, {"view": "open", **nonsense}))) == 2


def test_long_names_find_what_they_name(
    make_ticket: Any, manager: Any, person: Any, questions: Any, as_person: Any
) -> None:
    make_ticket()
    ticket = make_ticket()
    advisor, question = person("长" * 150, Role.ADVISOR, team="tier2"), questions["price"]
    question.key = "k" * 80
    question.save(update_fields=["key"])
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    Ticket.objects.filter(pk=ticket.pk).update(question=question, skill="s" * 40)
    client = as_person(manager)
    for name, value in {
        "assignee": advisor.get_username(),
        "question": question.key,
        "skill": "s" * 40,
    }.items():
        found = client.get(QUEUE, {"view": "open", name: value})
        assert numbers(found) == [ticket.number], name
        query = found.context["view_query"]
        assert numbers(client.get(f"{QUEUE}?{query}")) == [ticket.number], name
        table = ticket_table(asked(query, user=manager, now=NOW))
        assert [row[0] for row in table.rows()] == [ticket.number], name


@pytest.mark.parametrize("view", list(View))
def test_what_stays_composed_gives_what_the_mapper_gives(
    view: View, make_ticket: Any, person: Any, advisor: Any, agent: Any, manager: Any
) -> None:
    tickets = [make_ticket() for _ in range(4)]
    claim(number=tickets[1].number, acting_user=advisor, now=NOW)
    chase(number=tickets[2].number, acting_user=agent, note="", now=NOW)
    watch(number=tickets[2].number, acting_user=advisor, now=NOW)
    Ticket.objects.filter(pk=tickets[3].pk).update(promise=False, due_at=None)
    people = (advisor, manager, agent, person("other", Role.ADVISOR))
    for filters in (Filters(view=view), Filters(view=view, team="tier2", chased="1")):
        for user in people * 2:
            found = listing(filters, user=user, now=NOW).tickets
            expected = list(in_order(matching(filters, user=user, now=NOW), filters.order))
            assert [each.id for each in found] == [each.pk for each in expected]
            for told, ticket in zip(found, expected, strict=True):
                assert (told.number, told.status, told.due_at) == (
                    ticket.number,
                    ticket.status,
                    ticket.due_at,
                )
                assert told.question == ticket.question.title
                assert told.assignee == (name_of(ticket.assignee) if ticket.assignee else "")
                clock = ticket.clocks.get(kind=ClockKind.CONTACT)
                assert told.clock == tuple(getattr(clock, name) for name in ListedClock._fields)


@given(
    st.text(min_size=50, max_size=200),
    st.sampled_from(["text", "q", "assignee", "question", "tag"]),
)
def test_words_are_cut_where_names_are_not(value: str, name: str) -> None:
    filters = Filters.read({name: value})
    kept = filters.text if name == "q" else getattr(filters, name)
    most = 60 if name in ("text", "q") else 150
    assert kept == value.replace("\x00", "").strip()[:most]


@pytest.mark.parametrize(
    "sort", ["due", "priority", "chases", "newest", "oldest", "next_try", "resolved"]
)
def test_every_order_has_every_ticket_on_one_page_only(
    sort: str, make_ticket: Any, manager: Any, as_person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticket_list, "PAGE_SIZE", 2)
    # Statements that are composed already ask for more than a page of two.
    monkeypatch.setattr(ticket_list, "_lasting", ticket_list._lasting.__wrapped__)
    tickets = [make_ticket() for _ in range(5)]
    for place, ticket in enumerate(tickets):
        Ticket.objects.filter(pk=ticket.pk).update(
            priority=place % 2,
            chase_count=place % 3,
            next_try_at=NOW + timedelta(days=place // 2),
            resolved_at=NOW + timedelta(days=place // 2),
            due_at=ticket.due_at + timedelta(days=place // 3),
        )
    Ticket.objects.filter(pk=tickets[0].pk).update(promise=False, due_at=None)
    client, seen = as_person(manager), []
    address = f"{QUEUE}?view=all&sort={sort}"
    while address:
        response = client.get(address)
        seen += numbers(response)
        address = response.context["next_url"]
    assert sorted(seen) == [ticket.number for ticket in tickets]
    walked = [seen[0]]
    while True:
        page = client.get(f"/admin/ticket/{walked[-1]}/", {"list": f"view=all&sort={sort}"})
        if not page.context["next_url"]:
            break
        walked.append(page.context["next_url"].split("/")[3])
    assert walked == seen


@pytest.mark.parametrize("size", [3, 60])
def test_filters_cost_the_same_at_any_size(
    size: int, make_ticket: Any, manager: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    made = []
    for number in range(size):
        copy = Ticket.objects.get(pk=ticket.pk)
        copy.pk, copy.account_id = None, str(6_000_000 + number)
        made.append(copy)
    Ticket.objects.bulk_create(made)
    SavedView.objects.create(owner=manager, name="x", query="view=open", created_at=NOW)
    query = {"view": "open", "team": "tier2", "breached": "", "sort": "newest", "text": "扣"}
    client = as_person(manager)
    client.get("/admin/inbox/unread/")  # the first request of a session is written into it
    with CaptureQueriesContext(connection) as queries:
        client.get(QUEUE, query)
    assert len(queries) <= 12, [each["sql"] for each in queries]


# --- saved views ----------------------------------------------------------------------------------


def test_save_replace_rename_share_and_delete(manager: Any, advisor: Any, as_person: Any) -> None:
    client = as_person(manager)
    saved = {"list": "view=open&chased=1&after=x", "name": "催过的"}
    assert client.post(VIEWS, saved)["Location"] == f"{QUEUE}?view=open&chased=1"
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("催过的", "view=open&chased=1")
    taken = client.post(VIEWS, {**saved, "list": "view=mine"})
    assert taken.status_code == 409
    assert 'value="催过的"' in taken.content.decode()
    assert client.post(VIEWS, {**saved, "list": "view=mine", "replace": "1"}).status_code == 302
    view.refresh_from_db()
    assert view.query == "view=mine"

    one = f"{VIEWS}{view.pk}/"
    client.post(one, {"do": "rename", "name": "我的"})
    assert "我的" not in as_person(advisor).get(QUEUE).content.decode()
    client.post(one, {"do": "share"})
    assert "我的" in as_person(advisor).get(QUEUE).content.decode()
    assert as_person(advisor).post(one, {"do": "delete"}).status_code == 404
    assert as_person(advisor).post(one, {"do": "share"}).status_code == 403
    assert client.post(one, {"do": "unknown"}).status_code == 302
    client.post(one, {"do": "unshare"})
    assert "我的" not in as_person(advisor).get(QUEUE).content.decode()
    client.post(one, {"do": "delete"})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "长" * 61])
def test_a_view_needs_a_name_and_the_filters_stay(name: str, advisor: Any, as_person: Any) -> None:
    response = as_person(advisor).post(VIEWS, {"list": "view=mine&chased=1", "name": name})
    assert response.status_code == 422
    assert response.context["filters"].chased == "1"
    assert 'id="view-name-error"' in response.content.decode()


def test_a_view_never_keeps_who_was_looked_for(
    make_ticket: Any, advisor: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    query = f"view=all&found={ticket.number}"
    response = as_person(advisor).post(VIEWS, {"list": query, "name": "某人"})
    assert response.status_code == 422
    assert not SavedView.objects.exists()


# --- many at once ---------------------------------------------------------------------------------


def test_each_ticket_gets_its_own_line(
    make_ticket: Any, advisor: Any, advisor2: Any, manager: Any, as_person: Any
) -> None:
    first, second, has_it = (make_ticket() for _ in range(3))
    claim(number=has_it.number, acting_user=advisor2, now=NOW)
    chosen = [first.number, second.number, has_it.number, "T99999999", "zzz"]
    data = {"do": "person", "person": "advisor2", "reason": "休假交接", "number": chosen}
    response = as_person(manager).post(BULK, {**data, "list": "view=open"})
    page = response.content.decode()
    assert [(row.number, row.ok) for row in response.context["rows"]] == [
        (first.number, True),
        (second.number, True),
        (has_it.number, False),
        ("T99999999", False),
    ]
    assert "This advisor has the ticket already" in page
    assert "2 tickets changed." in page
    assert Ticket.objects.filter(assignee=advisor2).count() == 3
    urgent = {"do": "priority", "priority": "2", "reason": "集中投诉", "number": chosen[:2]}
    assert as_person(manager).post(BULK, urgent).context["done"] == 2
    team = {"do": "team", "team": "safety", "reason": "安全", "number": chosen[:1]}
    assert as_person(manager).post(BULK, team).context["done"] == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"do": "person", "person": "advisor", "reason": ""}, "reason"),
        ({"do": "person", "person": "", "reason": "留着"}, "person"),
        ({"do": "person", "person": "nobody", "reason": "留着"}, "person"),
        ({"do": "team", "team": "zzz", "reason": "留着"}, "team"),
        ({"do": "priority", "priority": "7", "reason": "留着"}, "priority"),
        ({"do": "", "reason": "留着"}, "do"),
    ],
)
def test_what_cannot_be_keeps_the_choice_and_the_words(
    data: dict[str, str], field: str, make_ticket: Any, advisor: Any, manager: Any, as_person: Any
) -> None:
    ticket = make_ticket()
    response = as_person(manager).post(BULK, {**data, "number": [ticket.number]})
    page = response.content.decode()
    assert response.status_code == 422
    assert f'id="bulk-{field}-error"' in page
    assert f'value="{ticket.number}" checked' in page
    assert data["reason"] in page
    ticket.refresh_from_db()
    assert (ticket.status, ticket.priority) == ("queued", 0)


def test_nothing_chosen(manager: Any, as_person: Any) -> None:
    response = as_person(manager).post(BULK, {"do": "team", "team": "safety", "reason": "x"})
    assert response.status_code == 422
    assert "Choose at least one ticket" in response.content.decode()


def test_bulk_is_for_managers(make_ticket: Any, advisor: Any, as_person: Any) -> None:
    ticket = make_ticket()
    data = {"do": "priority", "priority": "2", "reason": "x", "number": ticket.number}
    client = as_person(advisor)
    assert client.post(BULK, data).status_code == 403
    assert "bulk" not in client.get(QUEUE).content.decode()
    ticket.refresh_from_db()
    assert ticket.priority == 0
