"""The composition of ``deploy/compose.yaml`` as plain processes: two of each, and one of each dies.

A proxy in front of two webs, workers by queue, two beats, the PostgreSQL server and RabbitMQ.
Under a crowd that works through the proxy, a web, a worker and a beat are killed with SIGKILL and
started again. Whatever was answered with success is there, once.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.crowd import Crowd
from tests.faults.topology import Running, Topology, eventually, free_port, told_topology
from tests.services_suite.balancer import Balancer
from tests.services_suite.caller import Caller, logged_in
from tests.services_suite.conftest import answers, own_database, production_environment, ready

pytestmark = pytest.mark.services

HAND_OVERS, CLAIMS = 120, 30


@dataclass(slots=True)
class Composed:
    processes: Topology
    database_url: str
    ports: tuple[int, int]
    webs: list[Running]
    workers: list[Running]
    beats: list[Running]
    proxy: Balancer
    tokens: dict[str, str]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self, query: str) -> int:
        return int(self.rows(query)[0][0])


@pytest.fixture(scope="module")
def composed(broker_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    folder = tmp_path_factory.mktemp("composed")
    with own_database(os.environ["DATABASE_URL"]) as url:
        environment = production_environment(url, broker_url, folder)
        with told_topology(environment, folder) as processes:
            ports = (free_port(), free_port())
            with Balancer.to(ports) as proxy:
                yield _start(processes, url, ports, proxy)


def _start(processes: Topology, url: str, ports: tuple[int, int], proxy: Balancer) -> Composed:
    password = secrets.token_urlsafe(12)
    processes.manage("migrate", "--noinput")
    processes.manage("bootstrap")
    processes.manage("collectstatic", "--noinput")
    people = ("agent1", "agent2", "advisor1", "advisor2")
    processes.run("people", "-m", "tests.services_suite.people", password, *people)
    processes.purge()
    webs = [processes.served_web(port) for port in ports]
    workers = [processes.queue_worker("routing,celery"), processes.queue_worker(ALL)]
    beats = [processes.beat(), processes.beat()]
    for port, web in zip(ports, webs, strict=True):
        eventually(lambda port=port: answers(port), 60, "/healthz answers", web)  # type: ignore[misc]
        eventually(lambda port=port: ready(port), 60, "/readyz answers", web)  # type: ignore[misc]
    tokens = {name: logged_in(proxy.port, name, password).token for name in people}
    return Composed(processes, url, ports, webs, workers, beats, proxy, tokens)


ALL = "reports,routing,celery"


def test_one_of_each_dies_under_load_and_nothing_is_lost(composed: Composed) -> None:
    crowd = Crowd(composed.proxy.port, composed.tokens, hand_overs=HAND_OVERS, claims=CLAIMS)
    crowd.begin()
    web, worker = composed.webs[1], composed.workers[0]
    eventually(lambda: len(crowd.told.handed_over) >= 15, 120, "the crowd is at work")
    eventually(lambda: "escalate/ 201" in web.said(), 120, "the web that will die is at work", web)
    routed = "tickets.route_tickets"
    eventually(lambda: routed in worker.said(), 120, "so is the worker that will die", worker)

    web.kill()
    _expect_more(crowd, "a web is gone")
    assert not answers(composed.ports[1])
    assert Caller(composed.proxy.port).get("/readyz").status == 200

    worker.kill()
    composed.beats[0].kill()
    _expect_more(crowd, "a worker and a beat are gone")
    composed.webs[1] = composed.processes.served_web(composed.ports[1])
    composed.workers[0] = composed.processes.queue_worker("routing,celery")
    composed.beats[0] = composed.processes.beat()

    eventually(lambda: not crowd.is_busy, 400, "the crowd is done", *composed.webs)
    assert crowd.told.unexpected == []
    eventually(lambda: ready(composed.ports[1]), 120, "the web is back", composed.webs[1])
    _assert_nothing_lost(composed, crowd)


def _expect_more(crowd: Crowd, what: str) -> None:
    """The others go on: some more is answered with success."""
    before = crowd.told.count
    eventually(lambda: crowd.told.count >= before + 12, 120, f"work goes on although {what}")


def _assert_nothing_lost(composed: Composed, crowd: Crowd) -> None:
    told = crowd.told.handed_over
    assert len(told) == len(set(told)) >= HAND_OVERS
    eventually(
        lambda: composed.count("SELECT count(*) FROM tickets_ticket WHERE status = 'new'") == 0,
        60,
        "everything is routed",
        *composed.workers,
        *composed.beats,
    )
    numbers = {f"T{key:08d}" for (key,) in composed.rows("SELECT id FROM tickets_ticket")}
    assert set(told) <= numbers
    # What was done and never answered is there too, but no more than was interrupted.
    assert len(numbers) - len(told) <= crowd.told.interrupted
    routed = Counter(
        key
        for (key,) in composed.rows(
            "SELECT ticket_id FROM tickets_ticketevent WHERE code = 'ticket.routed'"
        )
    )
    assert sorted(routed.values()) == [1] * len(numbers)
    claimed = Counter(number for number, _name in crowd.told.claimed)
    assert set(claimed.values()) == {1}, "nobody is given what somebody else has"
    clocks = composed.rows("SELECT kind, count(*) FROM tickets_clock GROUP BY kind ORDER BY kind")
    assert clocks == [("contact", len(numbers)), ("resolve", len(numbers))]


def test_each_queue_is_served_and_a_quorum_queue(composed: Composed, broker_url: str) -> None:
    from amqp.exceptions import PreconditionFailed
    from kombu import Connection

    for name in ("celery", "routing", "reports"):
        with Connection(broker_url) as connection:
            channel = connection.channel()
            assert channel.queue_declare(name, passive=True).consumer_count >= 1
            with pytest.raises(PreconditionFailed, match="quorum"):
                channel.queue_declare(
                    name, durable=True, auto_delete=False, arguments={"x-queue-type": "classic"}
                )
    task = "tickets.count_for_reports"
    routing, everything = composed.workers
    eventually(lambda: task in everything.said(), 60, "reports are counted", everything)
    assert task not in routing.said()


def test_a_request_is_found_again_by_its_id_in_the_webs_log(composed: Composed) -> None:
    caller = Caller(composed.proxy.port, composed.tokens["agent1"])
    caller.header("X-Request-ID", "found-again-1")
    assert caller.get("kb/search/", q="扣了两份点数").status == 200
    time.sleep(0.2)
    lines = [line for web in composed.webs for line in web.said().splitlines()]
    (line,) = [line for line in lines if "found-again-1" in line and "klingdesk.requests" in line]
    assert '"route": "api/v1/kb/search/"' in line
    assert "扣了" not in line
