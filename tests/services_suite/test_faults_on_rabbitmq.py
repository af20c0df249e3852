"""The scenarios of ``tests/faults``, with the worker pool and the broker of production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults import scenarios
from tests.faults.topology import Topology
from tests.services_suite.proxy import Proxy
from tickets.models import Ticket

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(
    desk_processes: Topology, agent: Any, questions: Any
) -> None:
    scenarios.killed_worker(desk_processes, agent, pool="prefork", count=200)


def test_the_sweep_routes_what_a_lost_queue_announced(
    desk_processes: Topology, agent: Any, questions: Any
) -> None:
    scenarios.emptied_broker(desk_processes, agent, count=40)


def test_two_beats_do_no_harm(desk_processes: Topology, make_ticket: Callable[..., Ticket]) -> None:
    scenarios.two_beats(desk_processes, [make_ticket() for _n in range(20)])


def test_a_broker_that_stops_answering_does_not_stop_hand_overs(
    desk_processes: Topology, agent: Any, questions: Any, broker_url: str
) -> None:
    """As RabbitMQ does with publishers when its disk or memory is full: it takes, and is silent."""
    with Proxy.of(broker_url) as proxy:
        script = scenarios.handing_over(desk_processes, agent, 40, CELERY_BROKER_URL=proxy.url)
        scenarios.eventually(
            lambda: Ticket.objects.count() > 4, 60, "the first messages are sent", script
        )
        proxy.freeze()
        assert script.process.wait(90) == 0, script.said()
    assert Ticket.objects.count() == 40
    assert scenarios.longest(script) < 3
