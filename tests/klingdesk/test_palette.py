"""The palette over HTTP: who finds what, masked as everywhere, cheap, and nothing stays behind."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import StandardQuestion
from klingdesk.palette.finding import account_found, tickets_found
from klingdesk.palette.places import PLACES, places_for
from tests.conftest import CANARY, NOW
from tests.house.sites import all_routes
from tickets.models import ArchivedTicket, Consultation, Team, Ticket
from tickets.services.claims import claim

PALETTE = "/admin/palette/"
ROLES = ("agent", "advisor", "manager", "editor", "admin_person")
MOST_QUERIES = 9
# session, person, groups; version of the search index, and in tests what it holds (synonyms,
# phrasings, questions); the questions that were hit; the ticket, or one in the archive.


@pytest.fixture
def ask(client: Client) -> Callable[..., dict[str, list[dict[str, str]]]]:
    """What somebody is answered, by kind of group; ``post``: as the script sends numbers."""

    def asked(user: Any, typed: str = "", *, post: bool = False, **more: str) -> Any:
        client.force_login(user)
        send = client.post if post else client.get
        answer = send(PALETTE, {"q": typed, **more}, headers={"accept-language": "en"})
        assert answer.status_code == 200
        return {group["kind"]: group["items"] for group in answer.json()["groups"]}

    return asked


def urls(items: list[dict[str, str]]) -> list[str]:
    return [item["url"] for item in items]


def labels(items: list[dict[str, str]]) -> list[str]:
    return [item["label"] for item in items]


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_everybody_is_offered_the_pages_that_open_for_them_and_no_other(
    role: str, request: pytest.FixtureRequest, client: Client, ask: Any
) -> None:
    user = request.getfixturevalue(role)
    client.raise_request_exception = False
    offered = set(urls(ask(user)["pages"]))
    opens = {
        each.url for each in _existing() if client.get(each.url, follow=True).status_code == 200
    }
    assert offered <= opens
    # A list of what there is to administer opens for everybody, and is empty for most.
    assert opens - offered <= {"/admin/site/"}


def _existing() -> list[Any]:
    everybody = {role for place in PLACES for role in place.roles}
    return places_for(everybody)


NO_PLACES = {
    "/",
    "/admin/",  # leads to one of them
    "/admin/jsi18n/",
    "/admin/account/two-step/",  # a step of "My login"
    "/admin/password_change/",
    "/admin/password_change/done/",
    "/admin/palette/",
    "/admin/calendar/notice/",
}


def test_no_page_is_forgotten(admin_person: Any, client: Client, questions: Any) -> None:
    """Whatever an administrator can open without knowing a number of something is offered."""
    client.force_login(admin_person)
    offered = {each.url for each in _existing()}
    forgotten = []
    for route in all_routes():
        path = f"/{route}"
        if "<" in route or "(" in route or not route.startswith("admin/") or path in offered:
            continue
        answer = client.get(path)
        is_page = answer.status_code == 200 and b"</html>" in answer.content
        if is_page and path not in NO_PLACES and not _is_part(path):
            forgotten.append(path)
    assert forgotten == []


def _is_part(path: str) -> bool:
    """Lists of the stock admin that belong to a page, forms for something new, design samples."""
    parts = ("/add/", "/list/", "/tickets/", "/searches/", "/new/", "/design/", "/help/")
    return path.startswith(("/admin/kb/", "/admin/tickets/", "/admin/auth/")) or any(
        part in path for part in parts
    )


def test_pages_are_found_by_pinyin_and_say_their_keys(
    chinese: None, advisor: Any, client: Client
) -> None:
    client.force_login(advisor)
    answer = client.get(PALETTE, {"q": "gongdan"}, headers={"accept-language": "zh-hans"})
    first = answer.json()["groups"][0]
    assert first["kind"] == "pages"
    assert first["items"][0]["url"] == "/admin/queue/"
    assert first["items"][0]["press"] == "g q"


def test_keys_of_pages_are_one_for_each() -> None:
    for roles in ({role for place in PLACES for role in place.roles}, PLACES[2].roles):
        keys = [place.key for place in places_for(roles) if place.key]
        assert len(keys) == len(set(keys))


# --- questions -------------------------------------------------------------------------------


def test_a_question_leads_where_the_person_works_with_it(
    ask: Any, questions: Any, agent: Any, editor: Any, manager: Any
) -> None:
    pk = StandardQuestion.objects.get(key="twice-charged").pk
    where = {
        agent: "/admin/console/questions/twice-charged/",
        editor: f"/admin/kb/standardquestion/{pk}/change/",
        manager: "/admin/queue/?view=open&question=twice-charged",
    }
    for person, url in where.items():
        first = ask(person, "灵感值重复扣除")["questions"][0]
        assert (first["url"], first["key"]) == (url, "question:twice-charged")
    assert ask(agent, "lingganzhi chongfu kouchu")["questions"][0]["url"] == where[agent]


def test_a_retired_question_is_not_found_nor_remembered(
    ask: Any, questions: Any, agent: Any
) -> None:
    assert "recent" in ask(agent, recent="question:price")
    StandardQuestion.objects.filter(key="price").update(status="retired")
    assert "recent" not in ask(agent, recent="question:price")
    found = ask(agent, "灵感值的价格").get("questions", [])
    assert "question:price" not in [item["key"] for item in found]


# --- tickets and accounts --------------------------------------------------------------------


def test_a_ticket_is_found_by_its_number_by_whoever_may_see_it(
    ask: Any,
    make_ticket: Callable[..., Ticket],
    request: pytest.FixtureRequest,
) -> None:
    ticket = make_ticket()
    for name, sees in {
        "agent": True,
        "agent2": False,
        "advisor": True,
        "other_advisor": False,
        "manager": True,
        "editor": False,
    }.items():
        for typed in (ticket.number, ticket.number.lower(), str(ticket.pk)):
            found = ask(request.getfixturevalue(name), typed).get("tickets", [])
            assert urls(found) == ([f"/admin/ticket/{ticket.number}/"] if sees else []), name


def test_an_account_is_looked_up_by_post_alone_and_comes_back_masked(
    ask: Any, make_ticket: Callable[..., Ticket], request: pytest.FixtureRequest
) -> None:
    ticket = make_ticket(account_id="7310094856")
    for name, sees in {"advisor": True, "manager": True, "other_advisor": False}.items():
        person = request.getfixturevalue(name)
        assert "account" not in ask(person, "7310094856")
        found = ask(person, "ID: 7310094856", post=True).get("account", [])
        assert bool(found) is sees, name
        if sees:
            assert "731****856" in found[0]["label"]
            assert found[0]["url"] == f"/admin/queue/?view=all&found={ticket.number}"
            assert urls(found[1:]) == [f"/admin/ticket/{ticket.number}/"]
        assert "7310094856" not in json.dumps(found)
    # Tier 1 has no list of tickets: what an agent handed over is named one by one.
    assert urls(ask(request.getfixturevalue("agent"), "7310094856", post=True)["account"]) == [
        f"/admin/ticket/{ticket.number}/"
    ]
    assert "account" not in ask(request.getfixturevalue("agent2"), "7310094856", post=True)


def test_an_agent_finds_the_own_running_contact_of_an_account(
    ask: Any, at_hand_over: Callable[..., int], agent: Any, agent2: Any, manager: Any
) -> None:
    contact = at_hand_over()
    Consultation.objects.filter(pk=contact).update(account_id="7310094856")
    assert urls(ask(agent, "7310094856", post=True)["account"]) == [
        f"/admin/console/contacts/{contact}/"
    ]
    for person in (agent2, manager):
        assert "account" not in ask(person, "7310094856", post=True)


def test_nothing_that_was_written_into_a_ticket_is_told(
    ask: Any, make_ticket: Callable[..., Ticket], request: pytest.FixtureRequest
) -> None:
    ticket = make_ticket(
        account_id="7310094856",
        contact_value="13971203945",
        problem="PLANTED-problem",
        demand="PLANTED-demand",
    )
    claim(
        number=ticket.number,
        acting_user=request.getfixturevalue("advisor"),
        now=ticket.created_at,
    )
    typed = (ticket.number, "7310094856", "13971203945", "PLANTED", CANARY, "灵感值", "")
    for name in (*ROLES, "agent2", "other_advisor"):
        for words in typed:
            for post in (False, True):
                told = json.dumps(ask(request.getfixturevalue(name), words, post=post))
                for secret in (CANARY, "7310094856", "13971203945", "PLANTED"):
                    assert secret not in told, (name, words)


def test_what_was_typed_is_in_no_log(
    ask: Any, advisor: Any, make_ticket: Any, caplog: pytest.LogCaptureFixture
) -> None:
    make_ticket(account_id="7310094856")
    with caplog.at_level(logging.DEBUG):
        for logger in ("django.request", "django.server", "kb", "tickets", "klingdesk"):
            caplog.set_level(logging.DEBUG, logger=logger)
        ask(advisor, "7310094856", post=True)
        ask(advisor, "没有这样的问题 zzz")
    told = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert not any("7310094856" in record.getMessage() for record in told)
    assert not any("zzz" in record.getMessage() for record in told)


# --- the field when it is empty --------------------------------------------------------------


def test_what_was_chosen_lately_comes_first_as_far_as_it_is_still_open_to_the_person(
    ask: Any, questions: Any, agent: Any
) -> None:
    keys = "question:price,place:queue,place:console,do:theme,question:none,nonsense,place:console"
    found = ask(agent, recent=keys)
    assert [item["key"] for item in found["recent"]] == [
        "question:price",
        "place:console",
        "do:theme",
    ]
    assert list(found) == ["recent", "pages", "actions"]


@pytest.mark.parametrize(
    "typed", ["\x00", "T" * 5_000, "%", "' or 1=1", "9" * 40, "T9999999999999999999"]
)
@pytest.mark.parametrize("post", [False, True])
def test_whatever_is_typed_gives_an_answer(
    typed: str, post: bool, ask: Any, advisor: Any, questions: Any
) -> None:
    ask(advisor, typed, post=post, recent=typed)


def test_nobody_without_a_role_learns_anything(
    client: Client, stranger: Any, questions: Any
) -> None:
    for send in (client.get, client.post):
        answer = send(PALETTE, {"q": "灵感值"})
        assert answer.status_code in (302, 401)
        assert b"question" not in answer.content or answer.status_code == 401
    client.force_login(stranger)
    assert client.get(PALETTE, {"q": "灵感值"}).status_code in (302, 403)


# --- what it costs ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["agent", "manager"])
def test_one_answer_costs_a_handful_of_queries(
    name: str, request: pytest.FixtureRequest, client: Client, make_ticket: Callable[..., Ticket]
) -> None:
    ticket = make_ticket(account_id="7310094856")
    client.force_login(request.getfixturevalue(name))
    for typed in ("", "灵感值重复扣除", ticket.number, "7310094856"):
        client.post(PALETTE, {"q": typed})  # the first request of a session notes that it is used
        with CaptureQueriesContext(connection) as queries:
            client.post(PALETTE, {"q": typed, "recent": "question:price"})
        assert len(queries) <= MOST_QUERIES, [each["sql"] for each in queries]


MANY = 2_000
MOST_READ = 60
"""Rows that a node of a plan may read, of ``MANY``."""


@pytest.fixture
def many_others(make_ticket: Callable[..., Ticket], stranger: Any) -> None:
    """As many tickets and contacts of a colleague and another team, known to the planner."""
    pattern = make_ticket(account_id="8800112233")
    team = Team.objects.create(slug="elsewhere", name="elsewhere")
    values = {
        each.attname: getattr(pattern, each.attname)
        for each in Ticket._meta.concrete_fields
        if not each.primary_key
    } | {"handed_over_by_id": stranger.pk, "team_id": team.pk}
    made = Ticket.objects.bulk_create(
        Ticket(**{**values, "account_id": str(5_000_000 + number)}) for number in range(MANY)
    )
    Consultation.objects.bulk_create(
        Consultation(
            agent=stranger,
            channel="phone",
            question_id=pattern.question_id,
            account_id=each.account_id,
            ticket=each,
            status="escalated",
            started_at=NOW,
            finished_at=NOW,
        )
        for each in made
    )
    ArchivedTicket.objects.bulk_create(
        ArchivedTicket(
            pk=each.pk + 10 * MANY,
            question_id=pattern.question_id,
            status="closed",
            team=team,
            account_id=each.account_id,
            handed_over_by=stranger,
            reporters=[stranger.pk],
            document={},
            created_at=NOW,
            ended_at=NOW,
            archived_at=NOW + timedelta(days=1),
        )
        for each in made
    )
    with connection.cursor() as cursor:
        for model in (Ticket, Consultation, ArchivedTicket):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def rows_read(plan: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Each node of a plan that was run, with the rows that it looked at."""
    dropped = sum(count for key, count in plan.items() if key.startswith("Rows Removed by"))
    yield plan["Node Type"], (plan["Actual Rows"] + dropped) * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from rows_read(below)


@pytest.mark.parametrize("name", ["agent", "advisor", "manager"])
def test_among_many_tickets_few_are_read(
    name: str,
    request: pytest.FixtureRequest,
    make_ticket: Callable[..., Ticket],
    many_others: None,
) -> None:
    """No query walks through all tickets, contacts or archived tickets, whoever asks."""
    ticket = make_ticket(account_id="7310094856")
    user = request.getfixturevalue(name)
    with CaptureQueriesContext(connection) as queries:
        tickets_found(ticket.number, user=user)
        tickets_found("T99999999", user=user)
        account_found("7310094856", user=user)
    asked = [each["sql"] for each in queries if 'FROM "tickets_' in each["sql"]]
    assert len(asked) >= 3
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            (((plan,),),) = cursor.fetchall()
            worst = max(rows_read(plan["Plan"]), key=lambda node: node[1])
            assert worst[1] <= MOST_READ, (worst, sql)
