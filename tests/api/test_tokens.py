"""Getting a token, using it, guessing at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts.models import ApiToken
from accounts.scope_words import SCOPE_WORDS
from accounts.scopes import Scope, in_order, scopes_of
from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.terms import Ending, Terms, tell_ending, terms_of
from kb.api.tokens import DeskTokenAuthentication
from klingdesk.core.roles import Role, is_bot, roles_of
from tests.api.conftest import Caller
from tests.conftest import PASSWORD
from tickets.models import Consultation


def ask(caller: Caller, username: str, password: str = PASSWORD) -> Any:
    return caller.post("auth/token/", {"username": username, "password": password})


def test_a_token_is_kept_as_a_hash_only(agent: Any) -> None:
    token = ask(Caller(None), "agent").json()["token"]
    record = ApiToken.objects.get()
    assert record.user == agent
    assert len(token) == 64
    assert token not in {record.digest, record.token_key}
    agent.refresh_from_db()
    assert agent.last_login == timezone.now()


def test_all_ways_to_fail_look_the_same(agent: Any, stranger: Any) -> None:
    """No telling apart of an unknown name, a wrong password, a person without a role."""
    caller = Caller(None)
    agent2 = ask(caller, "agent", "wrong")
    answers = [agent2, ask(caller, "nobody"), ask(caller, "stranger")]
    agent.is_active = False
    agent.save(update_fields=["is_active"])
    answers.append(ask(caller, "agent"))
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "wrong_credentials"
    assert not ApiToken.objects.exists()


def test_attempts_are_limited_whatever_the_caller_says_of_proxies(desk: None) -> None:
    statuses = [
        ask(Caller(None, **{"x-forwarded-for": f"10.0.0.{number}"}), "agent", "guess").status_code
        for number in range(11)
    ]
    assert statuses == [400] * 5 + [429] * 6
    refused = ask(Caller(None), "agent")
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60
    assert refused.json()["code"] == "throttled"


def test_many_names_are_not_tried_quickly_either(desk: None) -> None:
    statuses = [ask(Caller(None), f"name-{number}", "guess").status_code for number in range(11)]
    assert statuses == [400] * 10 + [429]


def test_the_limit_passes(desk: None, at_now: time_machine.Traveller) -> None:
    for _ in range(11):
        ask(Caller(None), "agent", "guess")
    at_now.shift(timedelta(minutes=16))
    assert ask(Caller(None), "agent", "guess").status_code == 400


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "agent", "password": 1}, {"password"}),
        ({"username": "a\u0000", "password": "x"}, {"username"}),
        ({"username": "x" * 151, "password": "x"}, {"username"}),
        ({"username": "a", "password": "x" * 1_001}, {"password"}),
        ({"username": "a", "password": "x", "ttl": 0}, {"ttl"}),
    ],
)
def test_wrong_bodies_are_refused(body: dict[str, Any], fields: set[str], desk: None) -> None:
    response = Caller(None).post("auth/token/", body)
    assert (response.status_code, set(response.json()["errors"])) == (400, fields)


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token a b",
        "Token " + "0" * 64,
        "Token \xff",
        "Token \x00",
        "Token " + "一".encode().decode("latin-1"),
        "Token " + "0" * 7_000,
        "Bearer " + "0" * 64,
        "Basic YWdlbnQ6eA==",
        "x",
    ],
)
def test_headers_that_open_nothing(header: str, desk: None) -> None:
    response = Client(headers={"authorization": header}).get("/api/v1/kb/questions/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Token"


def test_an_expired_token_opens_nothing_and_reading_writes_nothing(
    agent: Any, at_now: time_machine.Traveller, desk: None
) -> None:
    records = ApiToken.objects
    _record, short = records.create(user=agent, expiry=timedelta(hours=1))
    _record, other = records.create(user=agent, expiry=timedelta(hours=3))
    for hours, opens in ((0, True), (1, False)):
        at_now.shift(timedelta(hours=hours))
        got = Client(headers={"authorization": f"Token {short}"}).get("/api/v1/kb/questions/")
        assert (got.status_code == 200) is opens
    kept = Client(headers={"authorization": f"token {other}"}).get("/api/v1/kb/questions/")
    assert kept.status_code == 200
    assert records.count() == 2


# --- what a token is for --------------------------------------------------------------------------


def wanting(caller: Caller, **more: Any) -> Any:
    return caller.post("auth/token/", {"username": "agent", "password": PASSWORD, **more})


def test_a_token_has_a_name_scopes_and_an_end(agent: Any, at_now: time_machine.Traveller) -> None:
    body = wanting(Caller(None), name="Wallboard", scopes=["kb:read"], days=3).json()
    record = ApiToken.objects.get()
    assert (record.name, record.scopes, record.created_by) == ("Wallboard", ["kb:read"], agent)
    assert record.expiry == timezone.now() + timedelta(days=3)
    assert body["token"].endswith(record.last_shown)
    assert (body["name"], body["scopes"]) == ("Wallboard", ["kb:read"])
    assert parse_datetime(body["expires_at"]) == record.expiry


def test_without_a_word_it_is_for_what_the_role_can_use(agent: Any, settings: Any) -> None:
    body = wanting(Caller(None)).json()
    assert body["scopes"] == in_order(scopes_of({Role.AGENT}))
    assert "reports:read" not in body["scopes"]
    lives = ApiToken.objects.get().expiry - timezone.now()
    assert lives == timedelta(days=settings.KLINGDESK_TOKEN_DAYS)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"scopes": ["reports:read"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"name": "x" * 81}, "name"),
    ],
)
def test_tokens_that_nobody_gets(more: dict[str, Any], field: str, agent: Any) -> None:
    response = wanting(Caller(None), **more)
    assert (response.status_code, set(response.json()["errors"])) == (400, {field})
    assert not ApiToken.objects.exists()


def limited(user: Any, *scopes: str) -> Caller:
    caller = Caller(None)
    _row, token = ApiToken.objects.create(user, scopes=list(scopes))
    caller.client = Client(headers={**caller.headers, "authorization": f"Token {token}"})
    return caller


def test_a_token_opens_what_it_is_for_and_nothing_else(agent: Any, questions: Any) -> None:
    caller = limited(agent, "kb:read")
    assert caller.get("kb/questions/").status_code == 200
    start = {"channel": "chat", "utterance": "扣了两次"}
    for refused in (caller.get("tickets/"), caller.post("consultations/", start)):
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert "contacts:write" in caller.post("consultations/", start).json()["detail"]
    assert not Consultation.objects.exists()


def test_a_scope_gives_no_role(agent: Any) -> None:
    refused = limited(agent, "reports:read").get("reports/sla/")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


def test_revealing_takes_a_scope_of_its_own(make_ticket: Any, manager: Any) -> None:
    number = make_ticket().number
    caller = limited(manager, "tickets:read", "tickets:write")
    body = {"what": ["account_id"], "reason": "回拨"}
    assert caller.post(f"tickets/{number}/reveal/", body).json()["code"] == "scope_missing"
    assert caller.post(f"tickets/{number}/watch/").status_code == 200


def test_a_session_is_for_everything(agent: Any, client: Client) -> None:
    client.force_login(agent)
    assert client.get("/api/v1/tickets/").status_code == 200


def test_every_operation_says_which_scope_it_needs() -> None:
    silent = []
    for route, view in api_views():
        for method in ("get", "post"):
            terms = terms_of(view, method)
            if terms is not None and terms.scope is None and view.authentication_classes:
                silent.append(f"{method} {route}")
    assert silent == []


def api_views() -> Iterator[tuple[str, Any]]:
    found = list(all_routes_with_views())
    assert len(found) > 30
    yield from found


def all_routes_with_views() -> Iterator[tuple[str, Any]]:
    from klingdesk.api import v1

    def walk(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, route)
            else:
                yield route, pattern.callback.view_class

    yield from walk(v1, "")


def test_every_scope_is_asked_for_by_some_operation_and_has_words() -> None:
    asked = {
        terms.scope
        for _route, view in api_views()
        for method in ("get", "post")
        if (terms := terms_of(view, method)) is not None
    }
    assert asked - {None} == set(Scope) == set(SCOPE_WORDS)


def test_authentication_is_one_query(
    agent: Any, bot: Any, django_assert_num_queries: Any, desk: None
) -> None:
    for user, known in ((agent, {Role.AGENT}), (bot, frozenset())):
        _row, token = ApiToken.objects.create(user)
        with django_assert_num_queries(1):
            found, _token = DeskTokenAuthentication().authenticate_credentials(token.encode())
            assert (roles_of(found), is_bot(found)) == (known, user == bot)


def test_a_deactivated_person_s_token_opens_nothing(agent: Any) -> None:
    caller = Caller(agent)
    agent.is_active = False
    agent.save(update_fields=["is_active"])
    assert caller.get("kb/questions/").status_code == 401


# --- operations that go away ----------------------------------------------------------------------


def test_an_operation_that_goes_away_says_so() -> None:
    ending = Ending(
        since=datetime(2026, 3, 1, tzinfo=UTC),
        sunset=datetime(2026, 9, 1, tzinfo=UTC),
        instead="https://desk.example/api/docs/",
    )
    response = Response()
    tell_ending(response, Terms(Scope.KB_READ, ending))
    assert response.headers["Deprecation"] == "@1772323200"
    assert response.headers["Sunset"] == "Tue, 01 Sep 2026 00:00:00 GMT"
    assert response.headers["Link"].startswith("<https://desk.example/api/docs/>")

    class Old(DeskView):
        authentication_classes = ()
        permission_classes = ()

        @operation("Something old", ok={200: None}, scope=Scope.KB_READ, ending=ending)
        def get(self, request: Any) -> Response:
            return Response({})

    answer = Old.as_view()(APIRequestFactory().get("/"))
    assert answer.headers["Sunset"] == "Tue, 01 Sep 2026 00:00:00 GMT"
    assert "Deprecation" not in Caller(None).client.get("/api/v1/kb/questions/").headers


# --- tokens from before ---------------------------------------------------------------------------


def test_tokens_of_the_version_before_go_on(agent: Any, desk: None) -> None:
    migration = import_module("accounts.migrations.0002_api_tokens")
    row, token = ApiToken.objects.create(agent, scopes=["kb:read"])
    columns = "digest, token_key, user_id, created, expiry"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE knox_authtoken AS SELECT {columns} FROM accounts_apitoken")
        ApiToken.objects.all().delete()
        for _again in range(2):
            cursor.execute(migration.KEEP_TOKENS)
    kept = ApiToken.objects.get()
    assert (kept.user, kept.expiry, set(kept.scopes)) == (agent, row.expiry, set(Scope))
    headers = {"authorization": f"Token {token}"}
    assert Client(headers=headers).get("/api/v1/tickets/").status_code == 200
    assert "knox_authtoken" not in connection.introspection.table_names()
