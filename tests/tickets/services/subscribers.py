"""Subscriptions of tests, where they lead, and what arrived there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from notices.channels.sealing import seal
from tests.conftest import NOW
from tests.notices.targets import Target, answering, serving
from tickets.models import EventSubscription, Ticket
from tickets.selectors.feed import feed_bounds
from tickets.services.events import record
from tickets.services.feed import sequence_events

SECRET = "a-secret-of-the-tests"


def a_subscription(
    person: Any, *, url: str = "https://events.example.com/in", **changes: Any
) -> EventSubscription:
    values: dict[str, Any] = {
        "name": "subscription",
        "host": "events.example.com",
        "position": feed_bounds().newest,
        **changes,
    }
    return EventSubscription.objects.create(
        sealed_url=seal(url),
        sealed_secret=seal(SECRET),
        created_by=person,
        created_at=NOW,
        changed_by=person,
        changed_at=NOW,
        **values,
    )


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]
    settings.KLINGDESK_WEBHOOK_HTTPS_ONLY = True


@pytest.fixture
def target() -> Iterator[Target]:
    with serving(answering(200)) as server:
        yield server


def happen(ticket: Ticket, count: int = 1) -> None:
    for _each in range(count):
        record(ticket=ticket, code="ticket.watched", acting_user=None, now=NOW)
    sequence_events(now=NOW)


def the_one() -> EventSubscription:
    return EventSubscription.objects.get()


def bodies(target: Target) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in target.received]


def told(target: Target) -> list[tuple[str, str]]:
    """Ticket and code of every event, in the order of arrival."""
    return [(each["ticket"], each["code"]) for body in bodies(target) for each in body["events"]]
