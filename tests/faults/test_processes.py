"""Killed workers, lost messages, an absent broker, two beats: with PostgreSQL as the broker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults import scenarios
from tests.faults.topology import Topology
from tickets.models import Ticket

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(
    desk_processes: Topology, agent: Any, questions: Any
) -> None:
    scenarios.killed_worker(desk_processes, agent, pool="threads", count=200)


def test_the_sweep_routes_what_a_lost_queue_announced(
    desk_processes: Topology, agent: Any, questions: Any
) -> None:
    scenarios.emptied_broker(desk_processes, agent, count=40)


def test_a_hand_over_needs_no_broker(desk_processes: Topology, agent: Any, questions: Any) -> None:
    scenarios.absent_broker(desk_processes, agent, count=4)


def test_two_beats_do_no_harm(desk_processes: Topology, make_ticket: Callable[..., Ticket]) -> None:
    scenarios.two_beats(desk_processes, [make_ticket() for _n in range(20)])
