"""Many senders, many sweeps: each target is told each event once, and nobody waits in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from notices.models import Delivery, Notice, Webhook
from notices.models.labels import DeliveryState
from notices.rules.backoff import LONGEST_CLOSURE
from notices.services import Telling, notify_all, outbox
from notices.services.lines import line_failed
from notices.services.outbox import deliver_due
from tests.concurrency.threads import at_once
from tests.conftest import NOW
from tests.notices.conftest import texts, this_machine, webhook
from tests.notices.targets import Received, answering, serving

__all__ = ["texts", "this_machine", "webhook"]

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 120


def tellings(people: list[Any], *, reverse: bool = False) -> list[Telling]:
    found = [
        Telling("test.breach", f"event:{number}", people, params={"title": "x"})
        for number in range(EVENTS)
    ]
    return found[::-1] if reverse else found


def test_four_senders_at_once_send_everything_once(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    with serving(answering(200)) as server:
        webhook(server.url, name="one")
        webhook(server.url, name="two")
        notify_all(tellings=tellings([manager]), now=NOW)
        runs = at_once(*[partial(deliver_due, now=NOW, seconds=60)] * 4)
        keys = Counter(request.headers["idempotency-key"] for request in server.received)
    assert sum(run.sent for run in runs) == 2 * EVENTS
    assert set(keys.values()) == {1}
    assert len(keys) == 2 * EVENTS
    assert set(Delivery.objects.values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


def test_two_sweeps_that_find_the_same_tell_it_once(
    webhook: Callable[..., Webhook], manager: Any, agent: Any
) -> None:
    webhook("https://hooks.example.com/")
    tell = [
        partial(notify_all, tellings=tellings([manager, agent], reverse=number % 2 == 1), now=NOW)
        for number in range(4)
    ]
    assert all(isinstance(told, int) for told in at_once(*tell))
    assert Notice.objects.count() == 2 * EVENTS
    assert Delivery.objects.count() == EVENTS


def test_nothing_is_held_while_a_target_is_being_called(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    """The claim is committed before, so that whoever looks sees it, and no row is locked."""
    seen: list[Any] = []

    def look(peer: Any, request: Received) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM notices_delivery FOR UPDATE NOWAIT")
            seen.append(cursor.fetchone()[0])
        connection.close()
        answering(200)(peer, request)

    with serving(look) as server:
        webhook(server.url)
        notify_all(tellings=tellings([manager])[:1], now=NOW)
        assert deliver_due(now=NOW).sent == 1
    assert seen == [DeliveryState.SENDING]


def test_a_failing_target_is_tried_by_one_sender_at_a_time(
    webhook: Callable[..., Webhook], manager: Any
) -> None:
    with serving(answering(500)) as server:
        hook = webhook(server.url)
        notify_all(tellings=tellings([manager]), now=NOW)
        line_failed(f"webhook:{hook.pk}", now=NOW)
        runs = at_once(*[partial(outbox.deliver_next, now=NOW + LONGEST_CLOSURE)] * 6)
        assert len(server.received) == 1
    assert Counter(str(run) for run in runs) == {"put_off": 1, "None": 5}
