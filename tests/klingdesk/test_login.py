"""Logging in: throttled by address and name, and a changed password ends its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from knox.models import AuthToken

from tests.conftest import PASSWORD

LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def attempt(client: Client, name: str, password: str) -> bool:
    """Whether the attempt let somebody in."""
    answer = client.post(LOGIN, {"username": name, "password": password, "next": "/admin/"})
    return answer.status_code == 302


def test_guessing_ends_after_ten_tries_even_with_the_right_password(
    client: Client, agent: Any, agent2: Any
) -> None:
    for number in range(10):
        assert not attempt(client, "agent", f"guess-{number}")
    assert not attempt(client, "agent", PASSWORD)
    answer = client.post(LOGIN, {"username": "AGENT", "password": PASSWORD})
    assert "尝试次数过多" in answer.content.decode() or b"Too many tries" in answer.content
    assert attempt(client, "agent2", PASSWORD), "a colleague behind the same address gets in"


def test_a_changed_password_ends_the_tokens(client: Client, agent: Any, agent2: Any) -> None:
    _row, token = AuthToken.objects.create(agent)
    AuthToken.objects.create(agent2)
    client.force_login(agent)
    header = {"Authorization": f"Token {token}"}
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 200
    wrong = {"old_password": "no", "new_password1": "a", "new_password2": "b"}
    client.post("/admin/password_change/", wrong)
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 200
    fresh = "a-longer-secret-7"
    client.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh},
    )
    assert Client().get("/api/v1/tickets/", headers=header).status_code == 401
    assert AuthToken.objects.filter(user=agent2).count() == 1
