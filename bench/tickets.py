"""``make bench-tickets``: the desk with a million tickets, beside one with ten thousand.

Each size is filled into a database of its own, which is dropped at the end; then both do the same
in turn, so that a machine that is slower for a minute is slower for both. The table says what the
goal is and whether it was met; a load beside the figures tells whether the machine was free.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.lean_client import LeanClient
from bench.server import machine, make_durable, own_database
from bench.tickets_table import Figures, table
from bench.timing import must

Found = dict[str, Any]
FOUND = "FOUND "

FEW, MANY = 10_000, 1_000_000
CONNECTIONS = 8
CLAIMERS = 16
TURNS = 20
"""So often the two sizes take turns at what is compared between them."""
PAGES, CLAIMS_ALONE = 10, 20
"""One after the other, at each turn."""
PAGE_RATE = 160
CLAIMS_EACH = 30
READS_EACH = 40
HAND_OVERS = 1_600
ALONE = 40
EMPTY_SWEEPS = 50
MARKED = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.tickets", description=__doc__)
    parser.add_argument("--few", type=int, default=FEW, help=f"tickets to compare with ({FEW})")
    parser.add_argument("--many", type=int, default=MANY, help=f"tickets ({MANY})")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        parser.error("DATABASE_URL is not set; run: make bench-tickets")
    if chosen.size:
        with own_database(server) as url, tempfile.TemporaryDirectory(prefix="kd-bench-") as name:
            for found in measured(server, url, name, chosen.size):
                print(f"\n{FOUND}{json.dumps(found)}", flush=True)
                if not sys.stdin.readline():  # nobody wants more
                    return 1
        return 0
    few, many = in_turn(chosen.few, chosen.many)
    rows = [*machine(server), *table(few, many)]
    width = max(len(row[0]) for row in rows)
    for what, *figures in rows:
        print(f"{what:<{width}}  {'  '.join(figures)}", flush=True)
    return 0


def in_turn(*counts: int) -> list[Figures]:
    """The figures of each size. What took its seconds one by one is told by percentiles."""
    from bench.timing import percentile

    sizes = [one_size(count) for count in counts]
    all_found: list[dict[str, Any]] = [{} for _count in counts]
    for both in zip(*sizes, strict=True):
        for found, more in zip(all_found, both, strict=True):
            for name, value in more.items():
                found[name] = found.get(name, []) + value if isinstance(value, list) else value
    for found in all_found:
        for name in [name for name, value in found.items() if isinstance(value, list)]:
            found |= {f"{name}_p{share}": percentile(found[name], share) for share in (50, 95)}
            del found[name]
    return all_found


def one_size(count: int) -> Iterator[Found]:
    """What ``measured`` finds, in a process of its own: Django knows one database."""
    argv = [sys.executable, "-m", "bench.tickets", "--size", str(count)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - pipes
        for line in process.stdout:
            if line.startswith(FOUND):
                yield json.loads(line.removeprefix(FOUND))
                process.stdin.write("more\n")
                process.stdin.flush()
    must(process.returncode == 0, f"{count:,} tickets were not measured to the end")


def measured(server: str, url: str, folder: str, count: int) -> Iterator[Found]:
    """Figures, and lists of seconds; between two of them the other size has its turn."""
    from bench.desk import environment
    from tests.faults.topology import topology

    os.environ.update(environment(url, Path(folder)))
    with topology(dict(os.environ), Path(folder)) as processes:
        import django

        django.setup()
        from django.db import connections
        from django.utils import timezone

        from bench.desk import open_desk, person, routed_ticket
        from bench.million import catch_up, make_desk_of
        from klingdesk.core.roles import Role
        from tickets.services.alarms import fire_alarms

        desk = open_desk(processes)
        more = (person(f"advisor{n}", Role.ADVISOR) for n in range(len(desk.advisors), CLAIMERS))
        desk.advisors += more
        now = timezone.now()
        pattern = routed_ticket(desk.agents[0], now)
        began = time.perf_counter()
        make_durable(server, durable=False)  # while it is filled
        made = make_desk_of(pattern, count, [each.pk for each in desk.advisors], server)
        filled = time.perf_counter() - began
        fire_alarms(now=now)
        say(f"{made.tickets:,} tickets, {made.open:,} open, in {filled:.0f} s")
        began = time.perf_counter()
        catch_up(now)
        say(f"counted and told in {time.perf_counter() - began:.0f} s")
        make_durable(server)
        yield {"tickets": made.tickets, "open": made.open, "fill": filled}
        yield from while_serving(desk, url, now)
        yield from in_process(desk)
        connections.close_all()


def while_serving(desk: Any, url: str, now: datetime) -> Iterator[Found]:
    """What is asked over HTTP; web, worker and beat run."""
    with desk.serving():
        yield from queue_pages(desk)
        say("hand-overs")
        yield hand_overs(desk, url, now)
        say("claims over HTTP")
        yield claims_over_http(desk)
        yield memory(desk)


def in_process(desk: Any) -> Iterator[Found]:
    say("reads, claims, sweeps, recount")
    yield queue_rows(desk)
    yield from claims(desk)
    yield sweeps()
    yield recount(desk.manager)


def queue_pages(desk: Any) -> Iterator[Found]:
    """The queue as HTML with an advisor's session: one after the other, then by eight at once."""
    from django.test import Client

    from bench.timing import in_threads
    from tests.services_suite.caller import Caller

    client = Client()
    client.force_login(desk.advisors[0])
    session = client.cookies["sessionid"].value

    def browser() -> Callable[[], Any]:
        caller = Caller(desk.port)
        caller.cookie(session)
        return lambda: caller.ok(caller.get("/admin/queue/"))

    look = browser()
    for _warm in range(16):
        page = look()
    shown = page.decode().count('class="queue-number"')
    for _turn in range(TURNS):
        look = browser()  # while the other size had its turn, an idle connection was closed
        look()
        yield {"page": _repeat(look, PAGES)}
    looks = [browser() for _n in range(CONNECTIONS)]
    share = PAGE_RATE // CONNECTIONS
    taken, seconds = in_threads([partial(_repeat, each, share) for each in looks])
    rate = len(taken) / seconds
    yield {"page_rows": shown, "pages_s": rate, "rows_s": rate * shown}


def _repeat(call: Callable[[], Any], count: int) -> list[float]:
    from bench.timing import timed

    return [timed(call) for _n in range(count)]


def hand_overs(desk: Any, url: str, now: datetime) -> Figures:
    """Over HTTP by eight connections; then the bare transaction that writes the same rows."""
    from bench.bare import COUNT, bare_transactions
    from bench.cpu import Meter
    from bench.desk import contact_at_hand_over
    from bench.measures import _escalate
    from bench.million import copies_of_contact
    from bench.timing import percentile, timed
    from tickets.models import Consultation

    share = HAND_OVERS // CONNECTIONS
    patterns = [contact_at_hand_over(each, now) for each in desk.agents]
    contacts = [copies_of_contact(pattern, share) for pattern in patterns]
    bare = copies_of_contact(patterns[0], COUNT * 2)
    clients = [LeanClient(desk.port, desk.token(agent)) for agent in desk.agents]
    ready = threading.Barrier(CONNECTIONS + 1)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        works = [
            pool.submit(_hand_over_all, *each, ready)
            for each in zip(clients, patterns, contacts, strict=True)
        ]
        ready.wait()
        meter = Meter(desk.processes.started)
        began = time.perf_counter()
        taken = [each for work in works for each in work.result()]
        seconds = time.perf_counter() - began
        spent = meter.spent()
    last = Consultation.objects.get(pk=contacts[-1][-1]).ticket_id
    assert last is not None  # noqa: S101 - every hand-over was answered 201
    alone, _seconds = bare_transactions(url, last, bare[:COUNT], 1)
    together, bare_seconds = bare_transactions(url, last, bare[COUNT:], CONNECTIONS)
    pattern = contact_at_hand_over(desk.agents[0], now)
    caller = desk.caller(desk.agents[0])
    one = [
        timed(partial(_escalate, caller, each, "6")) for each in copies_of_contact(pattern, ALONE)
    ]
    return {
        "hand_s": len(taken) / seconds,
        "hand_p95": percentile(taken, 95),
        "hand_p50_alone": percentile(one, 50),
        "bare_s": len(together) / bare_seconds,
        "bare_p50_alone": percentile(alone, 50),
        "hand_load": os.getloadavg()[0],
        **{f"hand_cpu_{name}": used / len(taken) for name, used in spent.items()},
    }


def _hand_over_all(
    client: LeanClient, first: int, contacts: list[int], ready: threading.Barrier
) -> list[float]:
    """The first one opens the connection (an idle one would be closed) and is not counted."""
    from bench.desk import BODY
    from bench.timing import timed

    first_one, *requests = [
        client.post(
            f"/api/v1/consultations/{each}/escalate/", {**BODY, "account_id": f"8{each:06d}"}
        )
        for each in (first, *contacts)
    ]
    client.send(first_one, 201)
    ready.wait()
    return [timed(partial(client.send, each, 201)) for each in requests]


def claims_over_http(desk: Any) -> Figures:
    """Sixteen advisors with tokens, each on a connection: the answer is the whole ticket."""
    from bench.timing import in_threads

    def work(caller: Any) -> list[float]:
        take = partial(caller.post, "tickets/claim-next/")
        return _repeat(lambda: caller.ok(take()), CLAIMS_EACH // 3)

    callers = [desk.caller(advisor) for advisor in desk.advisors]
    taken, seconds = in_threads([partial(work, caller) for caller in callers])
    return {"claims_http_s": len(taken) / seconds}


def claims(desk: Any) -> Iterator[Found]:
    """The service alone: one advisor, then sixteen connections of two processes at once."""
    from django.utils import timezone

    from tickets.models import TicketEvent
    from tickets.services.claims import claim_next

    def take() -> None:
        taken = claim_next(acting_user=desk.advisors[0], now=timezone.now())
        must(taken, "the queue was empty too early")

    for _warm in range(8):
        take()
    for _turn in range(TURNS):
        yield {"claim": _repeat(take, CLAIMS_ALONE)}
    before = TicketEvent.objects.filter(code="ticket.claimed").count()
    took, seconds = by_two_processes("claim", CLAIMS_EACH, desk.advisors)
    written = TicketEvent.objects.filter(code="ticket.claimed").count() - before
    written -= CLAIMERS  # each took one to get warm
    must(written == len(took) == CLAIMERS * CLAIMS_EACH, f"{written} tickets were taken")
    yield {"claims_s": len(took) / seconds}


def by_two_processes(what: str, count: int, people: list[Any]) -> tuple[list[float], float]:
    """A call of ``bench.service_many`` for all people at once; seconds of each, and in all."""

    names = [person.username for person in people]
    argv = [sys.executable, "-m", "bench.service_many", what, str(count)]
    halves = [
        subprocess.Popen(
            [*argv, *names[start::2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for start in range(2)
    ]
    for each in halves:
        must(each.stdout and each.stdout.readline() == "ready\n", "a process did not start")
    began = time.perf_counter()
    for each in halves:
        assert each.stdin is not None  # noqa: S101 - a pipe
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [each.communicate()[0] for each in halves]
    seconds = time.perf_counter() - began
    return [value for text in said for value in json.loads(text.rpartition("DONE ")[2])], seconds


def queue_rows(desk: Any) -> Figures:
    """A page of the queue as its selectors read it, without the page: sixteen connections."""
    taken, seconds = by_two_processes("read", READS_EACH, desk.advisors)
    return {"reads_s": len(taken) / seconds}


def sweeps() -> Figures:
    """The alarm sweep with nothing to do, and with exactly so many breaches."""
    from django.utils import timezone

    from bench.million import leave_breaches
    from bench.timing import percentile, timed
    from tickets.models import Clock, ClockAlarm
    from tickets.services.alarms import fire_alarms

    now = timezone.now()
    fire_alarms(now=now)
    empty = [timed(lambda: fire_alarms(now=now)) for _n in range(EMPTY_SWEEPS)]
    marked = min(MARKED, Clock.objects.filter(stopped_at=None, paused_since=None).count() // 3)
    marked = leave_breaches(now, marked)
    before = ClockAlarm.objects.count()
    began = time.perf_counter()
    fire_alarms(now=now)
    seconds = time.perf_counter() - began
    fired = ClockAlarm.objects.count() - before
    must(fired == marked, f"{fired} alarms have fired instead of {marked}")
    return {"sweep_empty_p95": percentile(empty, 95), "sweep_marks": marked, "sweep_s": seconds}


def recount(manager: Any) -> Figures:
    """Two days off: every open clock is counted anew."""
    from django.utils import timezone

    from klingdesk.core.calendar import Override
    from tickets.models import Clock
    from tickets.selectors.sla import working_calendar
    from tickets.services.promise_changes import change_calendar
    from tickets.services.recounting import recount_promises

    now = timezone.now()
    running = Clock.objects.filter(stopped_at=None).count()
    calendar = working_calendar()
    days: list[date] = [calendar.add_working_days(now.date(), number) for number in (1, 2)]
    change_calendar(
        overrides={day: Override(False, "bench") for day in days},
        years={},
        acting_user=manager,
        now=now,
        reason="bench",
    )
    counted, seconds = _timed_count(lambda: recount_promises(now=now))
    must(counted == running, f"{counted} of {running} clocks were counted")
    return {"recounted": counted, "recount_s": seconds}


def memory(desk: Any) -> Figures:
    """Resident megabytes of the web (both processes and their parent), the worker and beat."""
    found: Figures = {}
    for running in desk.processes.started:
        if running.process.poll() is None:
            found[f"mb_{running.name}"] = _megabytes(running.process.pid)
    return found


def _megabytes(group: int) -> float:
    """Proportional where the kernel tells (shared pages are divided), of a process group."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            if int(stat.read_text().rpartition(")")[2].split()[2]) != group:
                continue
            smaps = (stat.parent / "smaps_rollup").read_text()
            total += next(
                int(line.split()[1]) for line in smaps.splitlines() if line.startswith("Pss:")
            )
    return total / 1024


def _timed_count(call: Callable[[], int]) -> tuple[int, float]:
    began = time.perf_counter()
    count = call()
    return count, time.perf_counter() - began


def say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
