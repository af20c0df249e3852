"""The feed over HTTP: a cursor that skips nothing, for whom it is, without personal data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from klingdesk.core.roles import BOT_GROUP
from tests.api.conftest import Caller
from tests.conftest import NOW
from tests.notices.targets import Target, answering, serving
from tests.tickets.services.steps import returned, taken
from tests.tickets.services.subscribers import a_subscription
from tickets.models import Consultation, EventSubscription, Intake, Ticket
from tickets.selectors import feed
from tickets.selectors.feed import feed_bounds
from tickets.services.completing import Corrections, complete
from tickets.services.event_sending import send_due
from tickets.services.events import record
from tickets.services.feed import purge_feed, sequence_events
from tickets.services.notes import add_note

Make = Callable[..., Ticket]
EVENTS = "events/"
SUBSCRIPTIONS = "events/subscriptions/"
TARGET = "https://events.example.com/in"


@pytest.fixture
def bot(desk: None) -> Any:
    user = get_user_model().objects.create_user(username="bot")
    user.groups.add(Group.objects.get(name=BOT_GROUP))
    return user


def happen(ticket: Ticket, count: int = 1) -> None:
    for _each in range(count):
        record(ticket=ticket, code="ticket.watched", acting_user=None, now=NOW)
    sequence_events(now=NOW)


# --- the cursor -----------------------------------------------------------------------------------


def test_an_empty_feed_is_read_from_its_beginning(desk: None, as_manager: Caller) -> None:
    body = as_manager.get(EVENTS).json()
    assert body == {"events": [], "next_after": 0, "oldest": 1, "newest": 0}


def test_page_by_page_everything_comes_once(
    make_ticket: Make, advisor: Any, as_manager: Caller
) -> None:
    ticket = make_ticket()
    taken(ticket, advisor)
    happen(make_ticket(), 5)
    seen, after = [], 0
    while True:
        body = as_manager.get(EVENTS, after=after, limit=3).json()
        if not body["events"]:
            break
        seen += body["events"]
        assert body["next_after"] == body["events"][-1]["position"]
        after = body["next_after"]
    assert [event["position"] for event in seen] == list(range(1, body["newest"] + 1))
    claimed = next(event for event in seen if event["code"] == "ticket.claimed")
    assert claimed == {
        "position": claimed["position"],
        "id": ticket.events.get(code="ticket.claimed").pk,
        "code": "ticket.claimed",
        "ticket": ticket.number,
        "at": "2026-03-04T10:30:00+08:00",
        "actor": "advisor",
        "old": {"status": "queued"},
        "new": {"status": "assigned", "assignee": "advisor"},
    }
    happen(ticket)
    assert [e["code"] for e in as_manager.get(EVENTS, after=after).json()["events"]] == [
        "ticket.watched"
    ]


def test_without_a_cursor_it_begins_with_the_oldest(make_ticket: Make, as_manager: Caller) -> None:
    happen(make_ticket())
    first = as_manager.get(EVENTS, limit=1).json()
    assert (first["events"][0]["position"], first["next_after"]) == (1, 1)


def test_one_ticket(make_ticket: Make, as_manager: Caller) -> None:
    one, other = make_ticket(), make_ticket()
    happen(other, 2)
    happen(one)
    body = as_manager.get(EVENTS, ticket=one.number).json()
    assert {event["ticket"] for event in body["events"]} == {one.number}
    assert len(body["events"]) == one.events.count()
    assert body["next_after"] == body["newest"]
    assert as_manager.get(EVENTS, ticket="T99999999").status_code == 404


def test_a_cursor_ahead_of_the_feed_stays_where_it_is(
    make_ticket: Make, as_manager: Caller
) -> None:
    happen(make_ticket())
    body = as_manager.get(EVENTS, after=10_000).json()
    assert (body["events"], body["next_after"]) == ([], 10_000)


def test_the_cursor_moves_through_what_is_not_for_the_caller(
    make_ticket: Make, bot: Any, calls: Callable[[Any], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "WINDOW", 4)
    happen(make_ticket(), 10)
    caller, after, answers = calls(bot), 0, 0
    while (body := caller.get(EVENTS, after=after).json())["next_after"] > after:
        assert body["events"] == []
        after, answers = body["next_after"], answers + 1
    assert after == feed_bounds().newest
    assert answers == -(-after // 4)


def test_a_cursor_that_is_too_old_is_told_what_to_do(make_ticket: Make, as_manager: Caller) -> None:
    ticket = make_ticket()
    sequence_events(now=NOW - timedelta(days=31))
    happen(ticket)
    kept = feed_bounds().newest
    purge_feed(now=NOW, days=30)
    for after in (0, kept - 2):
        refused = as_manager.get(EVENTS, after=after)
        assert (refused.status_code, refused.json()["code"]) == (410, "cursor_too_old")
        assert refused.json()["state"] == {"oldest": kept, "newest": kept}
        assert "Read the tickets anew" in refused.json()["detail"]
    for still in ({"after": kept - 1}, {}):
        assert as_manager.get(EVENTS, **still).json()["events"][0]["position"] == kept


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"after": "-1"}, "after"),
        ({"after": "x"}, "after"),
        ({"after": ""}, "after"),
        ({"after": str(2**63)}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"ticket": "x" * 21}, "ticket"),
        ({"since": "1"}, "since"),
    ],
)
def test_wrong_parameters_are_named(
    query: dict[str, str], field: str, desk: None, as_manager: Caller
) -> None:
    response = as_manager.get(EVENTS, **query)
    assert response.status_code == 400
    assert field in response.json()["errors"]


# --- who, and what --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["agent", "advisor", "editor", "stranger"])
def test_others_are_refused(
    who: str, request: pytest.FixtureRequest, calls: Callable[[Any], Caller]
) -> None:
    caller = calls(request.getfixturevalue(who))
    for address in (EVENTS, SUBSCRIPTIONS):
        assert caller.get(address).status_code == 403


def test_nobody_without_a_login(desk: None, calls: Callable[[Any], Caller]) -> None:
    assert calls(None).get(EVENTS).status_code == 401


def test_a_program_learns_what_becomes_of_the_users_it_passed_on(
    make_ticket: Make, agent: Any, advisor: Any, bot: Any, calls: Callable[[Any], Caller]
) -> None:
    own, other = make_ticket(), make_ticket()
    for ticket in (own, other):
        taken(ticket, advisor)
    contact = Consultation.objects.get(ticket=own)
    Intake.objects.create(
        bot=bot,
        external_id="1",
        channel="chat",
        text="x",
        status="taken",
        created_at=NOW,
        expires_at=NOW + timedelta(hours=1),
        ended_at=NOW,
        taken_by=agent,
        consultation=contact,
    )
    sequence_events(now=NOW)
    caller = calls(bot)
    events = caller.get(EVENTS).json()["events"]
    assert {event["ticket"] for event in events} == {own.number}
    assert len(events) == own.events.count()
    assert {event["actor"] for event in events} == {None}
    assert "advisor" not in json.dumps(events)
    assert caller.get(EVENTS, ticket=other.number).status_code == 404
    assert caller.get(SUBSCRIPTIONS).status_code == 403


def test_no_personal_data_and_no_words_of_people(
    make_ticket: Make, agent: Any, advisor: Any, as_manager: Caller
) -> None:
    canary, account, phone = "CANARY-5f1e", "7310094856", "13971203945"
    ticket = make_ticket(
        problem=f"{canary} {phone}", demand=canary, account_id=account, contact_value=phone
    )
    returned(ticket, advisor)
    corrections = Corrections(
        problem=f"{canary} {account}",
        account_id="7310094857",
        contact_channel="call_back",
        contact_value="13971203946",
        extra={"times": "3"},
    )
    complete(number=ticket.number, acting_user=agent, corrections=corrections, now=NOW)
    add_note(number=ticket.number, acting_user=agent, note=f"{canary} {phone}", now=NOW)
    sequence_events(now=NOW)
    said = as_manager.get(EVENTS, limit=200).content.decode()
    for planted in (canary, account, phone, "7310094857", "13971203946", "查不到这个号"):
        assert planted not in said
    assert '"code":"ticket.completed"' in said


def test_few_queries_however_many_events(
    make_ticket: Make, as_manager: Caller, django_assert_max_num_queries: Any
) -> None:
    happen(make_ticket(), 60)
    as_manager.get(EVENTS)
    # the token with user and roles; the bounds, the events, the bounds again
    with django_assert_max_num_queries(6):
        assert len(as_manager.get(EVENTS, limit=50).json()["events"]) == 50


# --- subscriptions --------------------------------------------------------------------------------


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]
    with serving(answering(200)) as server:
        yield server


def test_from_subscribing_to_a_replay(
    make_ticket: Make, as_manager: Caller, target: Target
) -> None:
    given = {"name": "CRM", "url": target.url, "codes": ["ticket.watched"], "team": "tier2"}
    made = as_manager.post(SUBSCRIPTIONS, given)
    assert made.status_code == 201
    body = made.json()
    assert len(body.pop("secret")) >= 40
    own = f"{SUBSCRIPTIONS}{body['id']}/"
    assert as_manager.get(own).json() == body
    assert (body["team"], body["host"], body["state"], body["behind"]) == (
        "tier2",
        "127.0.0.1",
        "on",
        0,
    )
    happen(make_ticket(), 2)
    assert as_manager.get(own).json()["behind"] == feed_bounds().newest
    send_due(now=NOW)
    assert len(json.loads(target.received[0].body)["events"]) == 2
    assert as_manager.get(own).json()["position"] == feed_bounds().newest
    assert as_manager.post(own + "off/").json()["state"] == "off"
    assert as_manager.post(own + "replay/", {"first": 1}).json()["position"] == 0
    assert as_manager.post(own + "go-on/").json()["state"] == "on"
    changed = as_manager.post(own, {"name": "CRM 2"}).json()
    assert (changed["name"], changed["codes"], changed["team"]) == ("CRM 2", [], None)
    assert len(as_manager.post(own + "rotate/").json()["secret"]) >= 40
    assert as_manager.post(own + "test/").status_code == 204
    assert as_manager.get(SUBSCRIPTIONS).json()["results"][0]["name"] == "CRM 2"
    told = as_manager.get(own).content + as_manager.get(SUBSCRIPTIONS).content
    assert b"TOPSECRETKEY" not in told


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x", "url": "http://10.0.0.1/"}, "url"),
        ({"name": "x", "url": TARGET, "codes": ["nothing"]}, "codes.0"),
        ({"name": "x", "url": TARGET, "team": "nobody"}, "team"),
        ({"name": "taken", "url": TARGET}, "name"),
        ({"name": "x", "url": TARGET, "secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_named(
    body: dict[str, Any], field: str, manager: Any, as_manager: Caller
) -> None:
    a_subscription(manager, name="taken")
    response = as_manager.post(SUBSCRIPTIONS, body)
    assert response.status_code == 400
    assert any(name.startswith(field.split(".")[0]) for name in response.json()["errors"])
    assert EventSubscription.objects.count() == 1


def test_refusals_of_actions(manager: Any, as_manager: Caller, target: Target) -> None:
    own = f"{SUBSCRIPTIONS}{a_subscription(manager, url=target.url).pk}/"
    target.behave = answering(500)
    refused = as_manager.post(own + "test/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_delivered")
    assert as_manager.post(own + "replay/", {"first": 2}).status_code == 400
    assert as_manager.post(own + "replay/", {"first": "1"}).status_code == 400
    assert as_manager.post(own + "off/", {"first": 1}).status_code == 400
    for name in ("", "off/", "go-on/", "rotate/", "test/"):
        body = {"name": "x"} if name == "" else {}
        assert as_manager.post(f"{SUBSCRIPTIONS}999999/{name}", body).status_code == 404
    assert as_manager.get(f"{SUBSCRIPTIONS}999999/").status_code == 404


def test_the_list_costs_the_same_for_many(
    manager: Any, as_manager: Caller, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        a_subscription(manager, name=str(number))
    as_manager.get(SUBSCRIPTIONS)
    with django_assert_max_num_queries(4):  # token with user and roles; bounds; subscriptions
        assert len(as_manager.get(SUBSCRIPTIONS).json()["results"]) == 5
