"""Targets that hang, fail or never stop talking, and a sender that is killed: with real processes.

Afterwards every notice was delivered or lies with the dead letters; nothing is in between.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from klingdesk.core.roles import Role
from notices.models import Delivery, Webhook
from notices.models.labels import DeliveryState
from notices.rules.backoff import MOST_ATTEMPTS
from notices.services.notifying import notify
from notices.services.webhooks import WebhookForm, add_webhook
from tests.faults.conftest import test_database_environment as environment_of_test
from tests.faults.topology import eventually, told_topology
from tests.notices.targets import Endless, Received, answering, serving, silent

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

MOST_MEGABYTES = 40
"""What a sender may grow by: the target says ten thousand of them."""


class HangsOnce:
    """Says nothing to the first request, and answers every later one."""

    def __init__(self, stop: threading.Event) -> None:
        self.asked = threading.Event()
        self._hang, self._answer = silent(stop), answering(200)

    def __call__(self, peer: socket.socket, request: Received) -> None:
        first = not self.asked.is_set()
        self.asked.set()
        (self._hang if first else self._answer)(peer, request)


@pytest.fixture
def hook(person: Any, settings: Any) -> Any:
    settings.KLINGDESK_WEBHOOK_ALLOW = ["127.0.0.1/32"]
    manager = person("manager", Role.MANAGER)

    def make(name: str, url: str) -> Webhook:
        form = WebhookForm(
            name=name, kind="generic", audience="desk", topics=["tickets.breaches"], url=url
        )
        return add_webhook(acting_user=manager, form=form, now=timezone.now())[0]

    return make


def test_each_notice_is_delivered_or_dead_whatever_its_target_does(
    hook: Any, person: Any, tmp_path: Path
) -> None:
    stop = threading.Event()
    hanging, endless = HangsOnce(stop), Endless()
    environment = environment_of_test() | {"KLINGDESK_WEBHOOK_ALLOW": "127.0.0.1/32"}
    with (
        told_topology(environment, tmp_path) as processes,
        serving(hanging) as hangs,
        serving(endless) as talks,
        serving(answering(500)) as fails,
        serving(answering(200)) as works,
    ):
        idle = processes.run("idle", "-m", "tests.faults.deliver", "0", "1")
        for name, target in (("a", hangs), ("b", talks), ("c", fails), ("d", works)):
            hook(name, target.url)
        notify(
            recipients=[person("advisor", Role.ADVISOR)],
            code="sla.contact.breached",
            event="one",
            params={"ticket": "T00000001", "question": "x", "due": "x"},
            audiences=["desk"],
            now=timezone.now(),
        )
        assert Delivery.objects.count() == 4

        doomed = processes.start("doomed", "-m", "tests.faults.deliver", "0", "1")
        eventually(hanging.asked.is_set, 60, "the first target was called", doomed)
        doomed.kill()
        assert Delivery.objects.filter(state=DeliveryState.SENDING).count() == 1

        said = processes.run("sender", "-m", "tests.faults.deliver", "3", "16")
        stop.set()

    ended = dict(Delivery.objects.values_list("webhook__name", "state"))
    assert ended == {
        "a": DeliveryState.SENT,
        "b": DeliveryState.SENT,
        "c": DeliveryState.DEAD,
        "d": DeliveryState.SENT,
    }
    keys = {request.headers["idempotency-key"] for request in hangs.received}
    assert (len(hangs.received), len(keys)) == (2, 1)
    assert len(fails.received) == MOST_ATTEMPTS
    assert len(works.received) == len(talks.received) == 1
    assert endless.sent < 2**27
    peaks = [float(each.rpartition("PEAK ")[2]) for each in (idle, said)]
    assert peaks[1] - peaks[0] < MOST_MEGABYTES, peaks
