"""``make bench``: one table of figures. See bench/README.md for how to read it."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from bench.server import machine, make_durable, own_database
from bench.timing import say
from tests.faults.topology import topology

FEW = 100
MANY = 100_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--tickets", type=int, default=MANY, help="open tickets (100000)")
    chosen = parser.parse_args()
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        parser.error("DATABASE_URL is not set; run: make bench")
    make_durable(server)
    with own_database(server) as url, tempfile.TemporaryDirectory(prefix="kd-bench-") as name:
        print_table(run(url, Path(name), chosen.tickets))
    return 0


def run(url: str, folder: Path, tickets: int) -> list[tuple[str, str]]:
    """All measures in an order in which none spoils the next one."""
    from bench.desk import environment, open_desk, routed_ticket

    ours = environment(url, folder)
    os.environ.update(ours)
    rows = machine(url)
    with topology(dict(os.environ), folder) as processes:
        import django

        django.setup()
        from django.db import connections
        from django.utils import timezone

        from bench import flow_runs, measures
        from bench.many_tickets import make_tickets
        from tickets.models import Ticket

        say("a desk with its starter knowledge base")
        desk = open_desk(processes)
        now = timezone.now()
        pattern = routed_ticket(desk.agents[0], now)
        with desk.serving():
            say(f"the queue with {FEW} tickets")
            make_tickets(pattern, FEW - 1)
            few = measures.queue_page(desk)
            say("hand-overs and searches")
            rows += measures.single_hand_overs(desk, now)
            rows += measures.hand_overs(desk, now)
            rows += measures.hand_over_queries(desk, now)
            rows += measures.searches(desk, now)
            say("steps of flows")
            rows += flow_runs.steps(desk, now)
            say(f"{tickets:,} open tickets")
            began = time.perf_counter()
            make_tickets(pattern, tickets - Ticket.objects.count())
            say(f"made in {time.perf_counter() - began:.0f} s; the queue, claims")
            rows += few + measures.queue_page(desk)
            rows += measures.claims(desk, now)
        say(f"{flow_runs.RUNS:,} runs: replay and numbers")
        rows += flow_runs.many_runs(desk, now)
        say("the alarm sweep")
        rows += measures.alarm_sweep(desk, now + timedelta(days=60))
        connections.close_all()
    return rows


def print_table(rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    width = max(len(what) for what, _figure in rows)
    for what, figure in rows:
        print(f"{what:<{width}}  {figure}")


if __name__ == "__main__":
    sys.exit(main())
