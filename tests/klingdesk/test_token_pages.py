"""API tokens on the pages: one's own on “My login”, a program's on its page for administrators."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def mine(client: Client, agent: Any) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def as_admin(client: Client, admin_person: Any) -> Client:
    client.force_login(admin_person)
    return client


def text_of(response: Any) -> str:
    return str(response.content.decode())


def shown_token(html: str) -> str | None:
    found = re.search(r'class="desk-token">([0-9a-f]{64})<', html)
    return found[1] if found else None


def make(client: Client, address: str, **more: Any) -> Any:
    body = {"name": "看板", "days": "7", "scopes": ["kb:read", "tickets:read"], **more}
    return client.post(address, body, headers=ENGLISH)


def test_a_token_is_shown_once_and_works(mine: Client, agent: Any) -> None:
    answer = make(mine, reverse("admin:account_tokens"))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    token = shown_token(text_of(answer))
    row = ApiToken.objects.get()
    assert (row.user, row.created_by, row.name) == (agent, agent, "看板")
    assert row.scopes == ["kb:read", "tickets:read"]
    got = Client(headers={"authorization": f"Token {token}"}).get("/api/v1/tickets/")
    assert got.status_code == 200
    again = text_of(mine.get(reverse("admin:account"), headers=ENGLISH))
    assert token is not None
    assert token not in again
    assert f"…{token[-4:]}" in again
    assert "kb:read, tickets:read" in again
    assert row.digest not in again


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"days": "0"}, "Give a number from 1 to 365."),
        ({"days": "9999"}, "Give a number from 1 to 365."),
        ({"days": "abc"}, "Give a number from 1 to 365."),
        ({"name": "x" * 81}, "At most 80 characters."),
        ({"scopes": []}, "Choose one or more of"),
        ({"scopes": ["reports:read"]}, "Choose one or more of"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    more: dict[str, Any], message: str, mine: Client
) -> None:
    answer = make(mine, reverse("admin:account_tokens"), **more)
    html = text_of(answer)
    assert answer.status_code == 400
    assert message in html
    assert shown_token(html) is None
    assert f'value="{more.get("name", "看板")}"' in html
    chosen = re.findall(r'value="([a-z:]+)" checked', html)
    assert chosen == [
        name for name in more.get("scopes", ["kb:read", "tickets:read"]) if name != "reports:read"
    ]
    assert not ApiToken.objects.exists()


def test_only_scopes_that_lead_anywhere_are_offered(mine: Client) -> None:
    """Those that only read are chosen beforehand."""
    html = text_of(mine.get(reverse("admin:account"), headers=ENGLISH))
    chosen = re.findall(r'value="([a-z:]+)" checked', html)
    assert chosen == ["kb:read", "contacts:read", "tickets:read", "promise:read", "intake:read"]
    assert 'value="contacts:write"' in html
    assert 'value="reports:read"' not in html


def test_a_program_is_offered_what_it_is_for(as_admin: Client, bot: Any) -> None:
    html = text_of(as_admin.get(reverse("admin:person_login", args=[bot.pk]), headers=ENGLISH))
    chosen = re.findall(r'value="([a-z:]+)" checked', html)
    assert chosen == re.findall(r'name="scopes" value="([a-z:]+)"', html)
    assert "intake:write" in chosen


def test_one_s_own_token_is_revoked_and_nobody_else_s(
    mine: Client, agent: Any, agent2: Any
) -> None:
    (own, _one), (other, _two) = ApiToken.objects.create(agent), ApiToken.objects.create(agent2)
    address = reverse("admin:account_tokens")
    for reference in (other.reference, "no-uuid", own.reference, own.reference):
        assert mine.post(address, {"revoke": str(reference)}).status_code == 302
    assert list(ApiToken.objects.all()) == [other]


def test_an_administrator_makes_and_revokes_a_program_s_token(
    as_admin: Client, admin_person: Any, bot: Any
) -> None:
    address = reverse("admin:person_tokens", args=[bot.pk])
    answer = make(as_admin, address, scopes=["intake:write"])
    token = shown_token(text_of(answer))
    row = ApiToken.objects.get()
    assert (row.user, row.created_by, row.scopes) == (bot, admin_person, ["intake:write"])
    sent = Client(headers={"authorization": f"Token {token}"}).post(
        "/api/v1/intake/",
        {"external_id": "1", "channel": "chat", "text": "转人工"},
        content_type="application/json",
    )
    assert sent.status_code == 201
    page = text_of(as_admin.get(reverse("admin:person_login", args=[bot.pk]), headers=ENGLISH))
    assert admin_person.username in page
    as_admin.post(address, {"revoke": str(row.reference)})
    assert not ApiToken.objects.exists()
    assert LogEntry.objects.filter(object_id=str(bot.pk)).count() == 2


def test_an_administrator_makes_no_token_of_a_person(as_admin: Client, agent: Any) -> None:
    row, _token = ApiToken.objects.create(agent)
    address = reverse("admin:person_tokens", args=[agent.pk])
    assert make(as_admin, address).status_code == 403
    assert as_admin.post(address, {"revoke": str(row.reference)}).status_code == 403
    assert ApiToken.objects.count() == 1
    page = text_of(as_admin.get(reverse("admin:person_login", args=[agent.pk]), headers=ENGLISH))
    assert f"…{row.last_shown}" in page
    assert "Make a token" not in page


def test_a_token_wrongly_asked_for_leaves_no_entry(as_admin: Client, bot: Any) -> None:
    answer = make(as_admin, reverse("admin:person_tokens", args=[bot.pk]), days="0")
    assert answer.status_code == 400
    assert not LogEntry.objects.exists()


def test_what_my_login_costs(mine: Client, agent: Any, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        ApiToken.objects.create(agent, created_by=agent)
    mine.get(reverse("admin:account"))
    # session, user, roles, standing, notices; device, sessions, codes, tokens
    with django_assert_max_num_queries(10):
        mine.get(reverse("admin:account"))
