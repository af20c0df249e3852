"""Everybody at every address: the answers are those of ``tests.house.matrix``, and none is missing.

The addresses are read from the URLconf: a new one without an entry fails.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.house.matrix import BODIES, MATRIX, PEOPLE, Answer, answer_of
from tests.house.sites import Address, all_routes
from tests.house.test_every_address import WALKERS, addresses  # noqa: F401 - one world for both

FIXTURES = {
    "agent": "agent",
    "colleague": "agent2",
    "advisor": "advisor",
    "teammate": "advisor2",
    "outsider": "other_advisor",
    "manager": "manager",
    "editor": "editor",
    "admin": "admin_person",
    "bot": "bot",
    "stranger": "stranger",
}
"""Who is who of the table. The ticket is the agent's hand-over in the advisor's hands."""


def test_every_address_has_an_entry_and_every_entry_an_address() -> None:
    routes = set(all_routes())
    assert sorted(routes - MATRIX.keys()) == []
    assert sorted(MATRIX.keys() - routes) == []
    assert BODIES.keys() <= MATRIX.keys()


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_what_the_table_says(
    who: str,
    request: pytest.FixtureRequest,
    addresses: list[Address],  # noqa: F811 - the fixture
) -> None:
    """GET of the ``WALKERS`` is asked, and held against the table, by ``test_every_address``."""
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    if who in FIXTURES:
        client.force_login(request.getfixturevalue(FIXTURES[who]))
    cache.clear()
    wrong = []
    for address in addresses:
        if address.route not in MATRIX:
            continue  # the test above says so
        for method in ("post",) if who in WALKERS else ("get", "post"):
            expected = MATRIX[address.route].answer(method, who)
            status, got = ask(client, method, address)
            if got is not expected:
                wrong.append(f"{method} {address.path}: {status}, the table says {expected}")
    assert wrong == []


def ask(client: Client, method: str, address: Address) -> tuple[int, Answer | None]:
    """The answer to one request, of which nothing stays behind."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = _send(client, method, address)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response.status_code, answer_of(response)


def _send(client: Client, method: str, address: Address) -> Any:
    if method == "get":
        return client.get(address.path)
    body = BODIES.get(address.route, {})
    if address.route.startswith("api/"):
        return client.post(address.path, json.dumps(body), content_type="application/json")
    return client.post(address.path, body)
