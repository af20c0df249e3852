"""Getting a token, using it, guessing at it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from knox.models import get_token_model

from tests.api.conftest import Caller
from tests.conftest import PASSWORD


def ask(caller: Caller, username: str, password: str = PASSWORD) -> Any:
    return caller.post("auth/token/", {"username": username, "password": password})


def test_a_token_is_kept_as_a_hash_only(agent: Any) -> None:
    token = ask(Caller(None), "agent").json()["token"]
    record = get_token_model().objects.get()
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
    assert not get_token_model().objects.exists()


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
    records = get_token_model().objects
    _record, short = records.create(user=agent, expiry=timedelta(hours=1))
    _record, other = records.create(user=agent, expiry=timedelta(hours=3))
    for hours, opens in ((0, True), (1, False)):
        at_now.shift(timedelta(hours=hours))
        got = Client(headers={"authorization": f"Token {short}"}).get("/api/v1/kb/questions/")
        assert (got.status_code == 200) is opens
    kept = Client(headers={"authorization": f"token {other}"}).get("/api/v1/kb/questions/")
    assert kept.status_code == 200
    assert records.count() == 2
