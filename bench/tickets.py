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
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.server import machine, make_durable, own_database
from bench.tickets_measures import CLAIMERS, Found, in_process, while_serving
from bench.tickets_table import Figures, table
from bench.timing import must, percentile, say

FOUND = "FOUND "

FEW, MANY = 10_000, 1_000_000


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
        said, told = must(process.stdout, "no pipe"), must(process.stdin, "no pipe")
        for line in said:
            if line.startswith(FOUND):
                yield json.loads(line.removeprefix(FOUND))
                told.write("more\n")
                told.flush()
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


if __name__ == "__main__":
    sys.exit(main())
