"""What a ticket costs, and what that means for many a day: the table of ``docs/growth.md``.

    python scripts/desk.py run -- .venv/bin/python -m bench.growth [--history 100000]

Three measurements on a database of its own, which is dropped at the end: rows and bytes of a
made-up history, before and after half of it is archived; whole lives of tickets over the API in
one process, with the work of the sweeps that belongs to them; claim-next and the sweeps beside
that history. What is computed from them says so.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

LIVES = 200
PEAK = 2.2
"""The busiest hour beside the mean of a day: the steepest of ``tickets.demo.intake``."""
BUSY = 0.6
"""A core is taken to be full at this share, so that nobody waits long."""
A_DAY = (10_000, 100_000, 1_000_000)
TABLES = (
    *("ticket", "ticketevent", "clock", "clockalarm", "contactattempt", "consultation", "flowrun"),
    *("runstep", "ticketfact", "contactfact", "reportsum", "feedentry", "archivedticket"),
)


@dataclass
class Cost:
    """Of one life: milliseconds of CPU, statements, bytes of WAL."""

    python_ms: float
    postgres_ms: float
    statements: float
    wal: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--history", type=int, default=100_000)
    parser.add_argument("--lives", type=int, default=LIVES)
    chosen = parser.parse_args()
    from bench.desk import environment
    from bench.server import machine, make_durable, own_database

    server = os.environ["DATABASE_URL"]
    make_durable(server)
    with own_database(server) as url, tempfile.TemporaryDirectory(prefix="kd-bench-") as name:
        os.environ.update(environment(url, Path(name)))
        import django

        django.setup()
        from django.db import connections

        for what, figure in machine(url):
            print(f"{what}: {figure}")
        measure(chosen.history, chosen.lives)
        print("load after:", ", ".join(f"{load:.1f}" for load in os.getloadavg()))
        from kb.selectors.search import holder

        holder.stop()  # it would go on asking a database that is gone
        connections.close_all()


def measure(history: int, lives: int) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from bench.desk import person
    from klingdesk.core.roles import Role

    call_command("migrate", verbosity=0)
    call_command("bootstrap", verbosity=0)
    people = {role: person(role.value, role) for role in (Role.AGENT, Role.ADVISOR)}
    now = timezone.now()
    made, took = _timed(lambda: _history(history, now))
    print(f"\nmade-up history: {history} tickets in {took:.0f} s; facts in {made:.0f} s")
    live = _sizes()
    _print_sizes("a ticket at work", live, history)
    cost = _lives(people[Role.AGENT], people[Role.ADVISOR], lives, now)
    _print_cost(cost)
    _beside(people[Role.ADVISOR], now)
    archived = _archive(history, now)
    # Sums of days are as many as days and questions, people, teams: they do not grow with tickets.
    per_ticket = sum(size for name, size in live.items() if name != "reportsum") / history
    _print_computed(per_ticket, archived, cost)


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = call()
    return result, time.perf_counter() - began


def _history(tickets: int, now: datetime) -> float:
    """Seconds that the facts of the reports took."""
    from tickets.demo.loading import make_history
    from tickets.services.report_rebuild import rebuild_reports

    make_history(
        tickets=tickets,
        seed=1,
        days=730,
        until=now.replace(microsecond=0),
        close_after_days=7,
        talks_each=1.0,
        walked=1.0,
    )
    return _timed(lambda: rebuild_reports(now=now))[1]


# --- bytes ----------------------------------------------------------------------------------------


def _sizes() -> dict[str, int]:
    """Bytes of each table with its indexes, after VACUUM."""
    with _cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            "SELECT substr(relname, 9), pg_total_relation_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relname = ANY(%s)",
            [[f"tickets_{name}" for name in TABLES]],
        )
        return {name: size for name, size in cursor.fetchall() if size > 100_000}


def _print_sizes(title: str, sizes: dict[str, int], tickets: int) -> None:
    print(f"\n| {title} | rows | bytes with indexes |\n|---|---|---|")
    with _cursor() as cursor:
        for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
            cursor.execute(f"SELECT count(*) FROM tickets_{name}")
            rows = cursor.fetchone()[0]
            print(f"| {name} | {rows / tickets:.2f} | {size / tickets:,.0f} |")
    print(f"| together | | {sum(sizes.values()) / tickets:,.0f} |")


def _archive(history: int, now: datetime) -> float:
    """Bytes of an archived ticket; prints how fast they go."""
    from tickets.models import ArchivedTicket
    from tickets.services.archiving import archive_tickets

    with _cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        before = cursor.fetchone()[0]
    done, took = _timed(lambda: archive_tickets(now=now, older_than_months=12))
    with _cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", [before])
        wal = int(cursor.fetchone()[0])
    size = _sizes()["archivedticket"] / ArchivedTicket.objects.count()
    rate = done.tickets / took
    print(f"\narchived: {done.tickets} of {history} tickets, {rate:.0f} a second, {done.kept} kept")
    print(f"an archived ticket: {size:,.0f} bytes with index; WAL {wal / done.tickets:,.0f} bytes")
    return float(size)


# --- lives ----------------------------------------------------------------------------------------


def _lives(agent: Any, advisor: Any, count: int, now: datetime) -> Cost:
    """``count`` tickets from the first word to the closed ticket, over the API in this process;
    then the sweeps that belong to them."""
    from django.db import connection

    programs = {who: _program(person) for who, person in (("agent", agent), ("advisor", advisor))}
    for number in range(10):
        _life(programs, number)
    statements = 0

    def counted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    with _cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_current_wal_lsn()")
        backend, before = cursor.fetchone()
    python, postgres = time.process_time(), _cpu_of(backend)
    with connection.execute_wrapper(counted):
        for number in range(10, 10 + count):
            _life(programs, number)
        _sweep(now)
    python, postgres = time.process_time() - python, _cpu_of(backend) - postgres
    with _cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", [before])
        wal = float(cursor.fetchone()[0])
    return Cost(python / count * 1e3, postgres / count * 1e3, statements / count, wal / count)


def _program(user: Any) -> Any:
    from rest_framework.test import APIClient

    program = APIClient(HTTP_HOST="127.0.0.1", HTTP_X_FORWARDED_PROTO="https")
    program.force_authenticate(user)
    return program


def _life(programs: dict[str, Any], number: int) -> None:
    """A search, a contact of four requests, a hand-over, its routing, and six of tier 2."""
    from bench.timing import must
    from tickets.models import Ticket

    def ok(who: str, method: str, path: str, body: Any = None) -> Any:
        send = getattr(programs[who], method)
        answer = send(f"/api/v1/{path}", body, format="json" if method == "post" else None)
        must(answer.status_code < 300, f"{path} answered {answer.status_code}: {answer.content!r}")
        return answer.json()

    ok("agent", "get", "kb/search/?q=重复扣费")
    contact = ok(
        *("agent", "post", "consultations/"),
        {"channel": "phone", "utterance": "扣了两次", "question": "double-charge"},
    )
    path = f"consultations/{contact['id']}/"
    ok("agent", "post", path + "answer/", {"node": "several-pages", "value": "yes"})
    ok("agent", "post", path + "answer/", {"node": "refresh", "value": "yes"})
    done = ok("agent", "post", path + "escalate/", _captured(number))
    ticket = done["ticket"]["number"]
    _route(int(ticket[1:]))
    ok("advisor", "get", "tickets/?status=queued&limit=20")
    ok("advisor", "post", f"tickets/{ticket}/claim/", {})
    ok("advisor", "get", f"tickets/{ticket}/")
    ok(
        *("advisor", "post", f"tickets/{ticket}/contact/"),
        {"kind": "private_message", "result": "sent", "note": "已说明"},
    )
    solved = {"code": "refunded", "summary": "已退回多扣的灵感值"}
    ok("advisor", "post", f"tickets/{ticket}/resolve/", solved)
    Ticket.objects.filter(pk=int(ticket[1:])).update(  # a week passes
        resolved_at=datetime.now().astimezone() - timedelta(days=8)
    )


def _captured(number: int) -> dict[str, Any]:
    return {
        "problem": "一个视频扣了两次灵感值",
        "demand": "退回多扣的灵感值",
        "account_id": str(77_000_000 + number),
        "contact_channel": "private_message",
        "extra": {"times_charged": "2", "charged_at": "2026-01-05 20:15", "work": "小猫视频"},
    }


def _route(ticket: int) -> None:
    from django.utils import timezone

    from tickets.services.routing import route_tickets

    route_tickets(ticket_ids=[ticket], now=timezone.now())


def _sweep(now: datetime) -> None:
    from django.utils import timezone

    from tickets.services.closing import close_resolved
    from tickets.services.feed import sequence_events
    from tickets.services.report_facts import refresh_facts

    close_resolved(now=timezone.now(), after_days=7)
    sequence_events(now=timezone.now())
    refresh_facts(now=timezone.now())


def _cpu_of(pid: int) -> float:
    """Seconds of CPU of a server process of this machine; zero for one that is elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _print_cost(cost: Cost) -> None:
    print("\n| one ticket, from the first word to its closing | |\n|---|---|")
    print(f"| Python, ms of CPU | {cost.python_ms:.0f} |")
    print(f"| PostgreSQL, ms of CPU | {cost.postgres_ms:.0f} |")
    print(f"| statements | {cost.statements:.0f} |")
    print(f"| WAL, bytes | {cost.wal:,.0f} |")


def _beside(advisor: Any, now: datetime) -> None:
    """What the size of the tables costs those that look through them all."""
    from django.utils import timezone

    from bench.timing import p50_p95, timed
    from tickets.services.alarms import fire_alarms
    from tickets.services.claims import claim_next
    from tickets.services.closing import close_resolved

    taken = [
        timed(lambda: claim_next(acting_user=advisor, now=timezone.now())) for _n in range(100)
    ]
    print(f"\nclaim-next beside the history: {p50_p95(taken)}")
    for name, sweep in (
        ("alarm sweep", lambda: fire_alarms(now=timezone.now())),
        ("closing sweep", lambda: close_resolved(now=timezone.now(), after_days=7)),
    ):
        sweep()
        print(f"{name} that finds nothing: {p50_p95([timed(sweep) for _n in range(50)])}")


# --- computed -------------------------------------------------------------------------------------


def _print_computed(per_ticket: float, archived: float, cost: Cost) -> None:
    print("\n| computed | " + " | ".join(f"{count:,} a day" for count in A_DAY) + " |")
    print("|---" * (len(A_DAY) + 1) + "|")
    rows: list[tuple[str, Callable[[int], str]]] = [
        ("tickets a second, mean", lambda n: f"{n / 86_400:.2f}"),
        ("tickets a second, busiest hour", lambda n: f"{_peak(n):.2f}"),
        ("disk a month, at work", lambda n: _gigabytes(n * 30 * per_ticket)),
        ("disk of 12 months at work", lambda n: _gigabytes(n * 365 * per_ticket)),
        ("disk of a year of archive", lambda n: _gigabytes(n * 365 * archived)),
        ("WAL a day", lambda n: _gigabytes(n * cost.wal)),
        ("cores of Python, busiest hour", lambda n: _cores(_peak(n) * cost.python_ms)),
        ("cores of PostgreSQL, busiest hour", lambda n: _cores(_peak(n) * cost.postgres_ms)),
        ("commits and statements a second", lambda n: f"{_peak(n) * cost.statements:,.0f}"),
    ]
    for what, figure in rows:
        print(f"| {what} | " + " | ".join(figure(count) for count in A_DAY) + " |")


def _peak(a_day: int) -> float:
    return a_day / 86_400 * PEAK


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.1f} GB"


def _cores(milliseconds_a_second: float) -> str:
    return f"{milliseconds_a_second / 1e3 / BUSY:.1f}"


@contextmanager
def _cursor() -> Iterator[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        yield cursor


if __name__ == "__main__":
    main()
