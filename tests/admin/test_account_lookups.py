"""A masked account ID leaves a few digits open: nobody tries them all out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.services.rates import permits
from tests.conftest import NOW
from tickets.models import Ticket

FIND = "/admin/queue/find/"
PALETTE = "/admin/palette/"
TICKETS = "/api/v1/tickets/"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    permits.forget()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    permits.forget()


@pytest.fixture
def limit(settings: Any) -> Callable[[int], None]:
    def put(most: int) -> None:
        settings.KLINGDESK_ACCOUNT_LOOKUPS = most

    return put


def logged_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def statuses(client: Client, account: str = "880001") -> list[int]:
    """Of the queue's search, the palette and the API."""
    return [
        client.post(FIND, {"text": account}).status_code,
        client.post(PALETTE, {"q": account}).status_code,
        client.get(TICKETS, {"account_id": account}).status_code,
    ]


def test_pages_and_api_count_together(
    advisor: Any,
    advisor2: Any,
    make_ticket: Callable[..., Ticket],
    limit: Any,
    at_now: time_machine.Traveller,
) -> None:
    make_ticket()
    limit(3)
    client = logged_in(advisor)
    assert statuses(client) == [302, 200, 200]
    assert statuses(client) == [429, 429, 429]
    assert statuses(logged_in(advisor2)) == [302, 200, 200], "people are counted apart"
    at_now.shift(timedelta(hours=1))
    assert statuses(client) == [302, 200, 200]


def test_the_refusal_says_when_to_come_back(
    advisor: Any, make_ticket: Callable[..., Ticket], limit: Any
) -> None:
    make_ticket()
    limit(1)
    client = logged_in(advisor)
    client.post(FIND, {"text": "880001"})
    words = "You have looked up too many accounts. Wait 30 minutes, then look again."
    page = client.post(FIND, {"text": "880001", "list": "view=mine"}).content.decode()
    assert words in page
    assert 'value="880001"' in page
    assert client.post(PALETTE, {"q": "880001"}).json() == {"detail": words}
    refused = client.get(TICKETS, {"account_id": "880001"})
    assert refused.json()["code"] == "throttled"
    assert words in refused.json()["detail"]
    assert refused.headers["Retry-After"] == "1800"


def test_numbers_of_tickets_and_words_are_not_counted(
    advisor: Any, make_ticket: Callable[..., Ticket], limit: Any
) -> None:
    number = make_ticket().number
    limit(1)
    client = logged_in(advisor)
    for _ in range(3):
        assert client.post(FIND, {"text": number}).status_code == 302
        assert client.post(FIND, {"text": "扣了多次"}).status_code == 302
        assert client.post(PALETTE, {"q": number}).status_code == 200
        assert client.get(PALETTE, {"q": "880001"}).status_code == 200, "looks up no account"
        assert client.get(TICKETS).status_code == 200
    assert client.post(FIND, {"text": "880001"}).status_code == 302


def test_without_a_limit_nothing_is_counted(
    advisor: Any, make_ticket: Callable[..., Ticket], limit: Any
) -> None:
    make_ticket()
    limit(0)
    client = logged_in(advisor)
    assert [statuses(client) for _ in range(3)] == [[302, 200, 200]] * 3


def test_contacts_are_counted_for_themselves(
    agent: Any, at_hand_over: Callable[[], int], limit: Any
) -> None:
    limit(1)  # so two in contacts
    client = logged_in(agent)
    contact = at_hand_over()
    where = f"/admin/console/contacts/{contact}/"
    headers = {"HX-Request": "true"}
    told = "You have looked up too many accounts."

    def typed() -> str:
        given = {"account_id": "880001"}
        return client.post(f"{where}account/", given, headers=headers).content.decode()

    assert [told in typed() for _ in range(4)] == [False, False, True, True]
    chase = {"account_id": "880002", "node": "tier2"}
    page = client.post(f"{where}chase/", chase, headers=headers)
    assert page.status_code == 422
    assert told in page.content.decode()
    assert "880002" in page.content.decode()
    refused = client.post(
        f"/api/v1/consultations/{contact}/chase/",
        {"account_id": "880002", "note": ""},
        content_type="application/json",
    )
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert "Retry-After" in refused.headers
    assert client.post(PALETTE, {"q": "880001"}).status_code == 200
