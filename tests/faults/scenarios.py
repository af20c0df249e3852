"""What must hold when processes and brokers fail; run against every broker there is.

Each scenario gets the desk's processes (none is started yet), an agent, and an empty broker. It
looks at the database that they share.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from django.db import connection, transaction

from tests.concurrency.threads import wait_until_blocked
from tests.faults.topology import Running, Topology, eventually
from tickets.models import Clock, ClockAlarm, Heartbeat, Team, Ticket, TicketEvent
from tickets.services import heartbeats

FIRST_ACCOUNT = 6_000_001
CLOSED_PORT = "amqp://guest:guest@127.0.0.1:9//"


def handing_over(desk: Topology, agent: Any, count: int, **more: str) -> Running:
    argv = ("-m", "tests.faults.hand_over_many", agent.username, str(count), str(FIRST_ACCOUNT))
    return desk.start("hand-overs", *argv, **more)


def longest(script: Running) -> float:
    """Seconds that the slowest of its hand-overs took."""
    found = re.search(r"^done ([0-9.]+)$", script.said(), re.MULTILINE)
    assert found, script.said()
    return float(found.group(1))


def routed_times() -> Counter[int]:
    """How often each ticket was routed, by ticket."""
    events = TicketEvent.objects.filter(code="ticket.routed")
    return Counter(events.values_list("ticket", flat=True))


def assert_each_routed_once(count: int) -> None:
    assert Ticket.objects.count() == count
    assert set(Ticket.objects.values_list("status", "team__slug")) == {("queued", "tier2")}
    assert routed_times() == Counter(Ticket.objects.values_list("pk", flat=True))
    assert Clock.objects.filter(stopped_at=None).count() == 2 * count


def killed_worker(desk: Topology, agent: Any, *, pool: str, count: int) -> None:
    """SIGKILL with tasks in hand; without any sweep the messages alone bring everything back."""
    worker = desk.worker(pool)
    script = handing_over(desk, agent, count)
    eventually(lambda: len(routed_times()) >= count // 10, 90, "the first are routed", script)

    with transaction.atomic():
        # Routing refers to the team, so its commits wait here: tasks are in hand, none is done.
        list(Team.objects.select_for_update())
        wait_until_blocked(4)
        worker.kill()
    assert script.process.wait(120) == 0, script.said()
    assert "the next sweep takes over" not in script.said()  # every message was sent
    assert Ticket.objects.count() == count
    left = Ticket.objects.filter(status="new").count()
    assert 0 < left < count

    again = desk.worker(pool)
    eventually(
        lambda: not Ticket.objects.filter(status="new").exists(), 90, "nothing is left", again
    )
    assert_each_routed_once(count)


def emptied_broker(desk: Topology, agent: Any, *, count: int) -> None:
    """Every message is lost before a worker ran: the sweep finds what they announced."""
    assert handing_over(desk, agent, count).process.wait(120) == 0
    assert desk.purge() > 0  # hints travel together: one message may name several tickets
    worker, beat = desk.worker(), desk.beat()
    eventually(
        lambda: not Ticket.objects.filter(status="new").exists(), 90, "all swept", worker, beat
    )
    assert_each_routed_once(count)


def absent_broker(desk: Topology, agent: Any, *, count: int) -> None:
    """The broker cannot be reached: hand-overs are saved all the same, and swept later."""
    script = handing_over(desk, agent, count, CELERY_BROKER_URL=CLOSED_PORT)
    assert script.process.wait(120) == 0, script.said()
    # Long numbers are masked in logs.
    unsent = re.findall(r"no hint tickets.route_tickets\(([^)]+)\) sent", script.said())
    assert len(re.findall(r"\d+|#", " ".join(unsent))) == count, "each ticket is named"
    # The person at the screen notices nothing of it.
    assert longest(script) < 3
    assert Ticket.objects.filter(status="new").count() == count
    worker, beat = desk.worker(), desk.beat()
    eventually(
        lambda: not Ticket.objects.filter(status="new").exists(), 90, "all swept", worker, beat
    )
    assert_each_routed_once(count)


def two_beats(desk: Topology, tickets: list[Ticket]) -> None:
    """Two beats and two workers sweep every second; all alarms of ``tickets`` have long come."""
    running = [desk.worker(), desk.worker(), desk.beat(), desk.beat()]
    seen: set[Any] = set()

    def swept_often() -> bool:
        seen.update(Heartbeat.objects.filter(name=heartbeats.SLA).values_list("at", flat=True))
        return len(seen) >= 8

    eventually(swept_often, 90, "eight alarm sweeps", *running)
    levels = ("due_soon", "last_call", "breached", "overdue_day")
    events = TicketEvent.objects.filter(code__startswith="sla.").values_list("ticket", "code")
    assert Counter(events) == Counter(
        (ticket.pk, f"sla.{level}") for ticket in tickets for level in levels for _clock in range(2)
    )
    assert ClockAlarm.objects.count() == 2 * len(levels) * len(tickets)
    ran = sum(each.said().count("Task tickets.sweep_sla") for each in running[:2])
    assert ran > len(seen), "two beats send more sweeps than there are seconds"


def install_pgmq() -> None:
    """The message queue's own schema in the test database, once."""
    import pgmq

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pgmq.meta')")
        if cursor.fetchone()[0] is None:
            pgmq.install_pgmq_from_sql(conn=connection.connection)
