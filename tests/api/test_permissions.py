"""Who may call what: every address of the API for every role, a bot, a stranger and nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLResolver

from klingdesk.api import urlpatterns
from klingdesk.core.roles import BOT_GROUP
from tests.api.conftest import CAPTURE, Caller
from tests.conftest import NOW, PASSWORD
from tests.standings import attachment, publish
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.work import log_contact

PEOPLE = ("agent", "advisor", "manager", "editor", "admin_person", "bot", "stranger", None)

STAFF = (200, 200, 200, 200, 200, 403, 403, 401)
KNOWLEDGE = (200, 200, 200, 200, 200, 200, 403, 401)
WORKERS = (200, 200, 200, 403, 200, 403, 403, 401)
TIER2 = (403, 200, 200, 403, 200, 403, 403, 401)
OWN_CONTACT = (200, 403, 403, 403, 403, 403, 403, 401)
ASSIGNEE = (403, 200, 403, 403, 403, 403, 403, 401)
EVERYBODY = (200,) * 8


@dataclass(frozen=True)
class World:
    """A contact of ``agent`` at its hand-over, and a ticket of theirs with ``advisor``."""

    contact: int
    number: str
    digest: str


@dataclass(frozen=True)
class Call:
    """One row of the table: an endpoint, how to call it, and what each of ``PEOPLE`` gets."""

    method: str
    route: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None = None
    ticket: str = "assigned"


CONTACT = "v1/consultations/<int:consultation_id>/"
TICKET = "v1/tickets/<number>/"
START = {"channel": "chat", "utterance": "扣了两次", "question": "twice-charged"}

TABLE = (
    Call("post", "v1/auth/token/", (200, 200, 200, 200, 200, 200, 400, 400)),
    Call("get", "v1/kb/search/", KNOWLEDGE),
    Call("post", "v1/kb/searches/", (201,) * 6 + KNOWLEDGE[6:], {"query": "扣费"}),
    Call("get", "v1/kb/questions/", KNOWLEDGE),
    Call("get", "v1/kb/questions/<slug:key>/", KNOWLEDGE),
    Call("get", "v1/kb/attachments/<slug:digest>/", KNOWLEDGE),
    Call("post", "v1/consultations/", (201, 403, 403, 403, 403, 403, 403, 401), START),
    Call("get", CONTACT, (200, 403, 200, 403, 200, 403, 403, 401)),
    Call("post", CONTACT + "back/", OWN_CONTACT),
    Call("post", CONTACT + "answer/", (409, *OWN_CONTACT[1:]), {"node": "pages", "value": "no"}),
    Call("post", CONTACT + "hand-over-instead/", (409, *OWN_CONTACT[1:])),
    Call("post", CONTACT + "escalate/", (201, *OWN_CONTACT[1:]), CAPTURE),
    Call(
        "post",
        CONTACT + "finish/",
        (200, 403, 200, 403, 200, 403, 403, 401),
        {"outcome": "abandoned"},
    ),
    Call("post", CONTACT + "chase/", OWN_CONTACT, {"account_id": "770001"}),
    Call("get", "v1/tickets/", WORKERS),
    Call("post", "v1/tickets/claim-next/", (403, 200, 403, 403, 403, 403, 403, 401), {}, "queued"),
    Call("get", TICKET, WORKERS),
    Call("post", TICKET + "claim/", ASSIGNEE, {}, "queued"),
    Call("post", TICKET + "release/", TIER2),
    Call("post", TICKET + "contact/", ASSIGNEE, {"kind": "private_message", "result": "sent"}),
    Call("post", TICKET + "resolve/", ASSIGNEE, {"code": "fixed", "summary": "好了"}, "answered"),
    Call("post", TICKET + "chase/", WORKERS),
    Call("post", TICKET + "note/", WORKERS, {"note": "已核对"}),
    Call("post", TICKET + "reveal/", TIER2),
    Call("get", "v1/sla/due/", STAFF),
    Call("get", "v1/reports/sla/", (403, 403, 200, 403, 200, 403, 403, 401)),
    Call("get", "schema/", EVERYBODY),
    Call("get", "docs/", EVERYBODY),
    Call("get", "", (404,) * 8),
)


def _served(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and route of everything that the API answers."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _served(pattern.url_patterns, route)
            continue
        view = pattern.callback.view_class
        methods = [method for method in ("get", "post") if hasattr(view, method)]
        yield from ((method, route) for method in methods or ["get"])


def test_the_table_has_every_address_and_method() -> None:
    served = set(_served(urlpatterns))
    assert len(served) > 20
    assert {(call.method, call.route) for call in TABLE} == served


@pytest.fixture
def bot(person: Callable[..., Any]) -> Any:
    """A program that answers users: it may read what it may tell, and nothing else."""
    user = person("bot")
    user.groups.add(Group.objects.get(name=BOT_GROUP))
    return user


@pytest.fixture
def world(
    make_ticket: Callable[..., Ticket], at_hand_over: Callable[..., int], advisor: Any
) -> Callable[[str], World]:
    def make(state: str) -> World:
        ticket = make_ticket(account_id="770001")
        if state != "queued":
            claim(number=ticket.number, acting_user=advisor, now=NOW)
        if state == "answered":
            log_contact(
                number=ticket.number,
                acting_user=advisor,
                kind="private_message",
                result="sent",
                now=NOW,
            )
        picture = attachment("图")
        publish("shown", attachments=(picture,))
        return World(at_hand_over(), ticket.number, picture.digest)

    return make


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.route}")
def test_who_may_call_what(
    row: Call, who: str | None, request: pytest.FixtureRequest, world: Callable[[str], World]
) -> None:
    made = world(row.ticket)
    user = request.getfixturevalue(who) if who else None
    path = (
        row.route.replace("<int:consultation_id>", str(made.contact))
        .replace("<number>", made.number)
        .replace("<slug:key>", "price")
        .replace("<slug:digest>", made.digest)
    ) or "no/such/address/"
    expected = row.answers[PEOPLE.index(who)]
    response = _call(row, path, user)
    assert response.status_code == expected, response.content
    if expected == 401:
        assert response.headers["WWW-Authenticate"] == "Token"


def _call(row: Call, path: str, user: Any) -> Any:
    if not path.startswith("v1/") or "no/such" in path:
        return Client().get(f"/api/{path}")
    caller, path = Caller(user), path.removeprefix("v1/")
    if row.route == "v1/auth/token/":
        name = user.username if user else "nobody"
        return caller.post(path, {"username": name, "password": PASSWORD})
    if row.method == "post":
        return caller.post(path, row.body)
    return caller.get(path, **({"q": "扣费"} if path == "kb/search/" else {}))


@pytest.mark.parametrize("who", ["agent2", "other_advisor"])
def test_somebody_elses_objects_are_not_there(
    who: str, request: pytest.FixtureRequest, world: Callable[[str], World]
) -> None:
    """404 and never 403, so that nobody learns which numbers exist."""
    made = world("assigned")
    caller = Caller(request.getfixturevalue(who))
    ticket = f"tickets/{made.number}/"
    got = [caller.get(ticket)]
    got += [caller.post(ticket + name + "/") for name in ("claim", "release", "chase", "reveal")]
    got.append(caller.post(ticket + "note/", {"note": "?"}))
    got.append(caller.post(ticket + "contact/", {"kind": "private_message", "result": "sent"}))
    got.append(caller.post(ticket + "resolve/", {"code": "fixed", "summary": "?"}))
    if who == "agent2":
        contact = f"consultations/{made.contact}/"
        got += [caller.get(contact), caller.post(contact + "back/")]
        got.append(caller.post(contact + "escalate/", CAPTURE))
        got.append(caller.post(contact + "finish/", {"outcome": "abandoned"}))
        got.append(caller.post(contact + "chase/", {"account_id": "770001"}))
    assert {response.status_code for response in got} == {404}
    missing = caller.get("tickets/T99999999/").json()
    assert got[0].json() == missing
    assert caller.get("tickets/").json()["results"] == []


def test_a_session_works_only_with_its_csrf_token(agent: Any, questions: Any) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    browser.force_login(agent)
    assert browser.get("/api/v1/kb/questions/").status_code == 200
    body = json.dumps(START)
    refused = browser.post("/api/v1/consultations/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    token = "a" * 32
    browser.cookies["csrftoken"] = token
    sent = browser.post(
        "/api/v1/consultations/",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert sent.status_code == 201


def test_a_deactivated_person_is_out_at_once(agent: Any, as_agent: Caller, desk: None) -> None:
    assert as_agent.get("kb/questions/").status_code == 200
    agent.is_active = False
    agent.save(update_fields=["is_active"])
    assert as_agent.get("kb/questions/").status_code == 401
