"""Everything is killed while people work: nothing that anybody was told is lost or done twice."""

from __future__ import annotations

import itertools
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from tests.faults.conftest import SHORT
from tests.faults.crowd import Crowd
from tests.faults.server import Server, own_server
from tests.faults.topology import Running, Topology, eventually, free_port, told_topology
from tests.notices.targets import Received, Target, answering, serving
from tests.services_suite.caller import Caller

# Among the services: it takes minutes, so it is no part of what developers run all day.
pytestmark = [pytest.mark.faults, pytest.mark.services]

HAND_OVERS, CLAIMS = 260, 120  # and a contact for each claim: 500 in all
ALL = HAND_OVERS + 2 * CLAIMS


@dataclass(slots=True)
class Desk:
    server: Server
    processes: Topology
    tokens: dict[str, str]
    port: int
    targets: list[Target]

    def web(self) -> Running:
        web = self.processes.web(self.port)
        eventually(self.answers, 60, "the web answers", web)
        return web

    def answers(self) -> bool:
        try:
            return Caller(self.port).get("/healthz").status == 200
        except OSError:
            return False


@pytest.fixture
def desk_of_its_own(tmp_path: Path) -> Iterator[Desk]:
    with own_server() as server:
        environment = {
            **{name: value for name, value in os.environ.items() if "KLINGDESK" not in name},
            **SHORT,
            "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
            "DATABASE_URL": server.cluster.url,
            "CELERY_BROKER_URL": server.cluster.broker_url,
            "KLINGDESK_MODE": "production",
            "KLINGDESK_SECRET_KEY": secrets.token_urlsafe(60),
            "KLINGDESK_ALLOWED_HOSTS": "127.0.0.1",
            "KLINGDESK_PLAIN_HTTP": "1",
            "KLINGDESK_STATIC_ROOT": str(tmp_path / "static"),
            "KLINGDESK_LOG_LEVEL": "WARNING",
            "KLINGDESK_WEBHOOK_ALLOW": "127.0.0.1/32",
            "KLINGDESK_OUTBOX_SWEEP_SECONDS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        with (
            told_topology(environment, tmp_path) as processes,
            serving(answering(200)) as works,
            serving(Moody()) as moody,
            serving(answering(500)) as fails,
        ):
            processes.manage("migrate", "--noinput")
            processes.manage("bootstrap")
            urls = [works.url, moody.url, fails.url]
            said = processes.run("people", "-m", "tests.faults.desk_people", "4", "3", *urls)
            tokens = json.loads(said.rpartition("TOKENS ")[2])
            yield Desk(server, processes, tokens, free_port(), [works, moody, fails])


class Moody:
    """Refuses the first requests, whatever they bring, and takes all that come later."""

    def __init__(self) -> None:
        self._count = itertools.count()
        self._well, self._ill = answering(200), answering(503)

    def __call__(self, peer: socket.socket, request: Received) -> None:
        (self._ill if next(self._count) < 4 else self._well)(peer, request)


def test_whatever_is_killed_what_was_answered_is_there_and_was_done_once(
    desk_of_its_own: Desk, tmp_path: Path
) -> None:
    desk, processes = desk_of_its_own, desk_of_its_own.processes
    crowd = Crowd(desk.port, desk.tokens, hand_overs=HAND_OVERS, claims=CLAIMS)
    web, worker, beat = desk.web(), processes.worker(), processes.beat()
    crowd.begin()

    reach(crowd, 12)
    web.kill()
    web = desk.web()
    reach(crowd, 26)
    worker.kill()
    beat.kill()
    reach(crowd, 36)
    processes.purge()  # what the messages announced, nobody hears of
    worker, beat = processes.worker(), processes.beat()
    reach(crowd, 52)
    desk.server.kill()
    desk.server.start()
    # Whatever ended with the database is started again, as any supervisor does.
    worker = worker if worker.process.poll() is None else processes.worker()
    beat = beat if beat.process.poll() is None else processes.beat()
    reach(crowd, 70)
    worker.kill()
    second_beat, workers = processes.beat(), [processes.worker(), processes.worker()]
    while crowd.is_busy:
        time.sleep(0.1)

    told = crowd.told
    assert told.unexpected == []
    assert told.count >= ALL - told.interrupted
    assert len(told.handed_over) == len(set(told.handed_over)) == HAND_OVERS
    assert len({number for number, _name in told.claimed}) == len(told.claimed) == CLAIMS
    eventually(lambda: unrouted(desk) == 0, 60, "all are routed", second_beat, *workers)
    file = tmp_path / "told.json"
    file.write_text(json.dumps({**asdict(told), "claimed": dict(told.claimed)}))
    sound(desk, file)
    notices_arrive(desk, file, most=len(told.chased) + told.interrupted)

    # Two machines sweep at once, and their clocks are a month ahead.
    ahead = [
        processes.start("ahead", "-m", "tests.faults.sweep_ahead", "30", "3") for _n in range(2)
    ]
    assert [each.process.wait(90) for each in ahead] == [0, 0]
    fired = sum(int(each.said().rpartition("FIRED ")[2]) for each in ahead)
    assert sound(desk, file)["alarms"] >= fired > 0
    # In truth nothing is late: who answers the user now has kept the promise.
    number, advisor = next(each for each in told.claimed if each[0] not in told.answered)
    caller = Caller(desk.port, desk.tokens[advisor])
    reached = {"kind": "call_back", "result": "reached"}
    caller.ok(caller.post(f"tickets/{number}/contact/", reached))
    events = caller.ok(caller.get(f"tickets/{number}/"))["events"]
    assert [event["code"] for event in events if event["code"] in ("sla.met", "sla.missed")] == [
        "sla.met"
    ]


def notices_arrive(desk: Desk, file: Path, *, most: int) -> None:
    """Once the night and all attempts are over, what was told was told to both targets that
    answer, once each, and waits with the dead letters for the one that does not."""
    desk.processes.run("sender", "-m", "tests.faults.deliver", "3", "48", seconds=120)
    counts = sound(desk, file)
    told_of = counts["out_dead"]  # of a ticket that no team had yet its team was not told
    assert 0 < told_of <= most
    assert counts == {**counts, "out_sent": 2 * told_of}
    assert not counts.keys() & {"out_pending", "out_sending"}
    for target in desk.targets[:2]:
        keys = {request.headers["idempotency-key"] for request in target.received}
        assert len(keys) == told_of


def reach(crowd: Crowd, share: int) -> None:
    """People have done so many per cent."""
    count = ALL * share // 100
    eventually(lambda: crowd.told.count >= count or not crowd.is_busy, 180, f"{count} answers")
    assert crowd.told.unexpected == []


def unrouted(desk: Desk) -> int:
    import psycopg

    with psycopg.connect(desk.server.cluster.dsn()) as connection:
        found = connection.execute("SELECT count(*) FROM tickets_ticket WHERE status = 'new'")
        row = found.fetchone()
    assert row is not None
    return int(row[0])


def sound(desk: Desk, file: Path) -> dict[str, int]:
    said = desk.processes.run("sound", "-m", "tests.faults.sound", str(file), seconds=90)
    counts: dict[str, int] = json.loads(said.rpartition("SOUND ")[2])
    return counts
