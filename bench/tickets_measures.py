"""What ``bench.tickets`` measures of a desk of any size: over HTTP, then its services alone.

Figures and lists of seconds; wherever one of these gives way, the other size has its turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
from bench.tickets_table import Figures
from bench.timing import in_threads, must, percentile, say, timed

Found = dict[str, Any]

CONNECTIONS = 8
CLAIMERS = 16
TURNS = 20
"""So often the two sizes take turns at what is compared between them."""
PAGES, CLAIMS_ALONE = 10, 20
"""One after the other, at each turn."""
WARMING, PAGE_RATE = 160, 1_600
"""Pages before and while they are counted: each thread of the web opens its connection and has its
statements planned in the first ones, which a day's work knows once."""
CLAIMS_EACH = 30
READS_EACH = 40
HAND_OVERS = 1_600
ALONE = 40
EMPTY_SWEEPS = 50
MARKED = 10_000


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

    from tests.services_suite.caller import Caller

    client = Client()
    client.force_login(desk.advisors[0])
    session = client.cookies["sessionid"].value

    def browser() -> Callable[[], Any]:
        client = LeanClient(desk.port, f"Cookie: sessionid={session}")
        return partial(client.send, client.get("/admin/queue/"), 200)

    caller = Caller(desk.port)
    caller.cookie(session)
    for _warm in range(16):
        page = caller.ok(caller.get("/admin/queue/"))
    shown = page.decode().count('class="queue-number"')
    for _turn in range(TURNS):
        look = browser()  # while the other size had its turn, an idle connection was closed
        look()
        yield {"page": _repeat(look, PAGES)}
    looks = [browser() for _n in range(CONNECTIONS)]
    for count in (WARMING, PAGE_RATE):
        share = count // CONNECTIONS
        taken, seconds = in_threads([partial(_repeat, each, share) for each in looks])
    rate = len(taken) / seconds
    yield {"page_rows": shown, "pages_s": rate, "rows_s": rate * shown}


def _repeat(call: Callable[[], Any], count: int) -> list[float]:
    return [timed(call) for _n in range(count)]


def hand_overs(desk: Any, url: str, now: datetime) -> Figures:
    """Over HTTP by eight connections; then the bare transaction that writes the same rows."""
    from bench.bare import COUNT, bare_transactions
    from bench.cpu import Meter
    from bench.desk import contact_at_hand_over
    from bench.measures import _escalate
    from bench.million import copies_of_contact
    from tickets.models import Consultation

    share = HAND_OVERS // CONNECTIONS
    patterns = [contact_at_hand_over(each, now) for each in desk.agents]
    contacts = [copies_of_contact(pattern, share) for pattern in patterns]
    bare = copies_of_contact(patterns[0], COUNT * 2)
    clients = [
        LeanClient(desk.port, f"Authorization: Token {desk.token(agent)}") for agent in desk.agents
    ]
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
    from bench.desk import hand_over_of

    first_one, *requests = [client.post(*hand_over_of(each, "8")) for each in (first, *contacts)]
    client.send(first_one, 201)
    ready.wait()
    return [timed(partial(client.send, each, 201)) for each in requests]


def claims_over_http(desk: Any) -> Figures:
    """Sixteen advisors with tokens, each on a connection: the answer is the whole ticket."""

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
        must(must(each.stdout, "no pipe").readline() == "ready\n", "a process did not start")
    began = time.perf_counter()
    for each in halves:
        told = must(each.stdin, "no pipe")
        told.write("go\n")
        told.flush()
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
