"""The manager's pages of event subscriptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notices.channels.sealing import unseal
from tests.conftest import NOW
from tests.notices.targets import Target, answering, serving
from tests.tickets.services.subscribers import a_subscription
from tickets.admin.subscription_pages import PER_PAGE
from tickets.models import EventSubscription, Ticket
from tickets.rules.event_facts import FACTS
from tickets.services.event_sending import LOST, send_due
from tickets.services.feed import sequence_events

URL = "https://events.example.com/in?key=TOPSECRETKEY"


@pytest.fixture
def client(manager: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(manager)
    return client


@pytest.fixture
def target(settings: Any) -> Iterator[Target]:
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]
    with serving(answering(200)) as server:
        yield server


def page_of(response: Any) -> str:
    return unescape(response.content.decode())


def address(name: str, subscription: EventSubscription | None = None) -> str:
    return reverse(f"admin:{name}", args=[subscription.pk] if subscription else [])


def act(client: Client, subscription: EventSubscription, do: str, **more: str) -> Any:
    return client.post(address("subscription_act", subscription), {"do": do, **more}, follow=True)


def test_an_empty_list_says_what_it_is_for_and_offers_every_event(client: Client) -> None:
    page = page_of(client.get(address("subscriptions")))
    assert "No program is subscribed yet" in page
    for code in FACTS:
        assert f'value="{code}"' in page
    assert address("webhooks") in page


def test_the_way_there_is_beside_the_webhooks_for_managers(client: Client, agent: Any) -> None:
    assert address("subscriptions") in page_of(client.get(address("webhooks")))
    client.force_login(agent)
    assert address("subscriptions") not in page_of(client.get(address("inbox")))
    assert client.get(address("subscriptions")).status_code == 403


def test_the_secret_is_shown_once(client: Client) -> None:
    posted = {"name": "CRM", "url": URL, "codes": ["sla.met"], "team": "tier2"}
    shown = client.post(address("subscriptions"), posted)
    made = EventSubscription.objects.get()
    secret = unseal(made.sealed_secret)
    assert shown.status_code == 200
    assert secret in page_of(shown)
    assert "no-store" in shown["Cache-Control"]
    assert (made.codes, made.team.slug if made.team else "") == (["sla.met"], "tier2")
    for name in ("subscriptions", "subscription"):
        page = page_of(client.get(address(name, made if name == "subscription" else None)))
        assert "CRM" in page
        assert secret not in page
        assert "TOPSECRETKEY" not in page
    rotated = act(client, made, "rotate")
    made.refresh_from_db()
    assert unseal(made.sealed_secret) != secret
    assert unseal(made.sealed_secret) in page_of(rotated)


def test_what_was_typed_stays_when_it_is_refused(client: Client) -> None:
    posted = {
        "name": "CRM",
        "url": "http://10.0.0.1/secret",
        "codes": ["sla.met", "nothing"],
        "team": "safety",
    }
    refused = client.post(address("subscriptions"), posted)
    page = page_of(refused)
    assert refused.status_code == 422
    assert "The subscription was not saved." in page
    assert "Choose among the events that are shown." in page
    assert 'value="CRM"' in page
    assert 'value="http://10.0.0.1/secret"' in page
    assert 'value="sla.met" checked' in page
    assert 'value="safety" selected' in page
    assert 'id="subscription-url-error"' in page
    assert not EventSubscription.objects.exists()


def test_a_change_keeps_what_was_typed_too(client: Client, manager: Any) -> None:
    one, _other = a_subscription(manager), a_subscription(manager, name="taken")
    refused = client.post(address("subscription", one), {"name": "taken", "codes": "sla.met"})
    assert refused.status_code == 422
    assert "This name is taken." in page_of(refused)
    assert 'value="sla.met" checked' in page_of(refused)
    saved = client.post(address("subscription", one), {"name": "new"}, follow=True)
    assert "Saved." in page_of(saved)
    one.refresh_from_db()
    assert (one.name, one.codes) == ("new", [])


def test_lag_error_and_next_try_are_shown(
    client: Client, manager: Any, make_ticket: Callable[..., Ticket], target: Target
) -> None:
    target.behave = answering(503)
    subscription = a_subscription(manager, url=target.url, position=0)
    make_ticket()
    behind = sequence_events(now=NOW)
    send_due(now=NOW)
    subscription.refresh_from_db()
    for name in ("subscriptions", "subscription"):
        page = page_of(client.get(address(name, subscription if name == "subscription" else None)))
        assert "HTTP 503" in page
        assert "Cannot be reached" in page
        assert re.search(rf"<(td|dd)[^>]*>{behind}</\1>", page)
        assert "2026-03-04 10:30:" in page  # in the desk's zone


def test_pause_go_on_replay_and_test(
    client: Client, manager: Any, make_ticket: Callable[..., Ticket], target: Target
) -> None:
    make_ticket()
    sequence_events(now=NOW)
    subscription = a_subscription(manager, url=target.url)
    assert "Nothing more is sent there." in page_of(act(client, subscription, "off"))
    EventSubscription.objects.update(state="paused", last_error=LOST)
    paused = page_of(client.get(address("subscription", subscription)))
    assert "Repair what the last error says" in paused
    assert "older than the feed keeps" in paused
    assert "It goes on from where it stopped." in page_of(act(client, subscription, "go_on"))
    done = act(client, subscription, "replay", first="1")
    assert "The events are told once more." in page_of(done)
    subscription.refresh_from_db()
    assert (subscription.state, subscription.position) == ("on", 0)
    assert "The test has arrived." in page_of(act(client, subscription, "test"))
    assert len(target.received) == 1


@pytest.mark.parametrize("first", ["", "x", "0", "999", "-1", "1" * 30])
def test_a_position_that_is_none_is_refused_and_stays(
    first: str, client: Client, manager: Any
) -> None:
    subscription = a_subscription(manager)
    refused = act(client, subscription, "replay", first=first)
    assert refused.status_code == 422
    assert "Give a position from 1 to 1." in page_of(refused)
    assert f'name="first" value="{first}"' in page_of(refused)


def test_a_test_that_does_not_arrive_says_why(client: Client, manager: Any, target: Target) -> None:
    target.behave = answering(404)
    refused = act(client, a_subscription(manager, url=target.url), "test")
    assert refused.status_code == 409
    assert "The test did not arrive: HTTP 404" in page_of(refused)


def test_one_that_is_not_there(client: Client, manager: Any) -> None:
    gone = a_subscription(manager)
    gone_pages = [address("subscription", gone), address("subscription_act", gone)]
    gone.delete()
    assert client.get(gone_pages[0]).status_code == 404
    assert client.post(gone_pages[1], {"do": "off"}).status_code == 404


def test_the_pages_cost_the_same_for_many(
    client: Client, manager: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        a_subscription(manager, name=str(number))
    client.get(address("subscriptions"))
    # session, account, roles; unread and undelivered of the frame; its banner; bounds,
    # subscriptions, teams
    with django_assert_max_num_queries(12):
        client.get(address("subscriptions"))


def test_many_come_in_pages(client: Client, manager: Any) -> None:
    for number in range(PER_PAGE + 1):
        a_subscription(manager, name=f"program-{number:03}")
    first = page_of(client.get(address("subscriptions")))
    assert first.count('class="notices-topic"') == PER_PAGE
    assert 'href="?page=2"' in first
    second = page_of(client.get(address("subscriptions"), {"page": "2"}))
    assert second.count('class="notices-topic"') == 1
    assert f"program-{PER_PAGE:03}" in second


def test_one_is_deleted_after_a_question_and_stays_on_record(client: Client, manager: Any) -> None:
    subscription = a_subscription(manager, name="Old CRM", position=7)
    asked = page_of(act(client, subscription, "delete"))
    assert "Delete “Old CRM”?" in asked
    assert EventSubscription.objects.exists()
    done = page_of(act(client, subscription, "delete", confirm="1"))
    assert not EventSubscription.objects.exists()
    assert "The subscription “Old CRM” was deleted." in done
    assert "told up to position 7" in done
    assert "TOPSECRETKEY" not in done
    # What was deleted is gone for whoever still has its page open.
    assert client.get(address("subscription", subscription)).status_code == 404
    assert act(client, subscription, "delete", confirm="1").status_code == 404
    # Its name is free again, and a sender that is under way finds nothing to mark.
    assert a_subscription(manager, name="Old CRM").pk != subscription.pk


def test_only_managers_delete(client: Client, manager: Any, agent: Any) -> None:
    subscription = a_subscription(manager)
    client.force_login(agent)
    assert act(client, subscription, "delete", confirm="1").status_code == 403
    assert EventSubscription.objects.exists()
