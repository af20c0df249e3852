"""``make bench-reports``: the reports over two years of a desk with a million tickets.

A made-up history is written into a database of its own, which is dropped at the end, and counted
for the reports; then every report is asked again and again: first what counts it, then the page
around it, from the request to the last line of its HTML. The table says what the goal is and
whether it was met; a load beside the figures tells whether the machine was free.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from bench import made_up
from bench.report_pages import report_pages
from bench.server import machine, own_database
from bench.timing import percentile, say, timed

TICKETS = 1_000_000
RUNS = 25
GOAL_MS, FIRST_MS = 300, 1_000
EVENTS = 1_000
REBUILD_S = 300

Row = tuple[str, str, str]
Calls = dict[str, Callable[[], Any]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.reports", description=__doc__)
    parser.add_argument("--tickets", type=int, default=TICKETS, help=f"how many ({TICKETS})")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each report ({RUNS})")
    parser.add_argument(
        "--filled", action="store_true", help="DATABASE_URL holds a history already"
    )
    chosen = parser.parse_args()
    server = os.environ.get("DATABASE_URL", "")
    if not server:
        parser.error("DATABASE_URL is not set; run: make bench-reports")
    with contextlib.nullcontext(server) if chosen.filled else own_database(server) as url:
        rows = list(measured(server, url, chosen))
    width = max(len(row[0]) for row in rows)
    for what, *figures in rows:
        print(f"{what:<{width}}  {'  '.join(f'{each:>28}' for each in figures)}", flush=True)
    return 0


def measured(server: str, url: str, chosen: argparse.Namespace) -> Iterator[Row]:
    made_up.set_up(url)
    from django.db import connection

    if not chosen.filled:
        made_up.fill(server, chosen.tickets, without_reports=True)
    yield from machine(server)
    if not chosen.filled:
        yield from rebuilding()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    yield from about()
    say("reports")
    for name, call in reports().items():
        yield timed_report(name, in_snapshot(call), chosen.runs)
    say("their pages")
    for name, call in report_pages().items():
        yield timed_report(name, call, chosen.runs)
    say("new events")
    yield from keeping_up()
    yield ("load", f"{os.getloadavg()[0]:.1f}", "")


def rebuilding() -> Iterator[Row]:
    from django.utils import timezone

    from tickets.services.report_rebuild import rebuild_reports

    say("counting all of it")
    began = time.perf_counter()
    rebuild_reports(now=timezone.now())
    taken = time.perf_counter() - began
    yield ("rebuild", f"{taken:.0f} s", goal(taken <= REBUILD_S, f"≤ {REBUILD_S} s"))


def about() -> Iterator[Row]:
    from django.db import connection

    from tickets.models import ContactFact, ReportSum, TicketFact

    yield ("tickets", f"{TicketFact.objects.count():,}", "")
    yield ("  of them not settled", f"{TicketFact.objects.filter(settled=False).count():,}", "")
    yield ("contacts", f"{ContactFact.objects.count():,}", "")
    yield ("rows of sums", f"{ReportSum.objects.count():,}", "")
    for model in (TicketFact, ContactFact, ReportSum):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
            yield (f"  {table}", f"{cursor.fetchone()[0] / 2**20:,.0f} MiB", "with indexes")


def reports() -> Calls:
    """Each report as its page asks for it, over a month and over all two years."""
    from django.contrib.auth import get_user_model
    from django.db.models import Count
    from django.utils import timezone

    from tickets.models import TicketFact
    from tickets.reports.answer_use import answer_use
    from tickets.reports.backlog import backlog
    from tickets.reports.behind import metric_contacts, metric_tickets
    from tickets.reports.contact_numbers import contact_numbers
    from tickets.reports.measures import MEASURES
    from tickets.reports.narrowing import GroupBy, ReportScope
    from tickets.reports.period import Period, last_days, today_at
    from tickets.reports.search_numbers import search_numbers
    from tickets.reports.ticket_numbers import ticket_numbers

    now = timezone.now()
    today = today_at(now)
    manager = get_user_model().objects.get(username="manager")
    month = ReportScope(user=manager, period=last_days(today))
    years = month.but(period=Period(today - timedelta(days=730), today))

    def most(column: str) -> int:
        """What most tickets have: the worst that a report can be narrowed to."""
        rows = TicketFact.objects.exclude(**{column: None}).values(column)
        return int(rows.annotate(n=Count("pk")).order_by("-n")[0][column])

    def by(scope: ReportScope, group_by: GroupBy) -> Callable[[], Any]:
        return lambda: ticket_numbers(scope=scope, group_by=group_by, now=now)

    def overview(scope: ReportScope) -> Callable[[], Any]:
        def read() -> None:
            ticket_numbers(scope=scope, group_by=GroupBy.DAY, now=now)
            ticket_numbers(scope=scope.before(), group_by=GroupBy.TOTAL, now=now)
            backlog(scope=scope, now=now)

        return read

    half = years.but(period=Period(today - timedelta(days=364), today))
    question = years.but(question=most("question"))
    team = years.but(team=most("team"))
    calls: Calls = {
        "overview, 30 days": overview(month),
        "overview, a year and the one before": overview(half),
        "by day, two years": by(years, GroupBy.DAY),
    }
    for group_by in GroupBy:
        if group_by not in (GroupBy.TOTAL, GroupBy.DAY):
            calls[f"by {group_by.value}, two years"] = by(years, group_by)
    for name, scope in (("question", question), ("team", team)):
        calls[f"one {name} by week, two years"] = by(scope, GroupBy.WEEK)
        calls[f"one {name} by advisor, two years"] = by(scope, GroupBy.ASSIGNEE)
        calls[f"one {name} by advisor, 90 days"] = by(
            scope.but(period=last_days(today, 90)), GroupBy.ASSIGNEE
        )
    calls["one team and question by week, two years"] = by(
        team.but(question=question.question), GroupBy.WEEK
    )
    calls["backlog"] = lambda: backlog(scope=years, now=now)
    for group_by in (GroupBy.QUESTION, GroupBy.AGENT, GroupBy.DAY):
        calls[f"contacts by {group_by.value}, two years"] = lambda group_by=group_by: (
            contact_numbers(scope=years, group_by=group_by, now=now)
        )
    calls["searches by day, two years"] = lambda: search_numbers(
        scope=years, group_by=GroupBy.DAY, now=now
    )
    calls["answers by use, two years"] = lambda: answer_use(scope=years, now=now)
    for code in ("tickets", "breached", "open_breached"):
        rows = metric_tickets(measure=MEASURES[code], scope=years, now=now)
        calls[f"first page of the list of {code}"] = lambda rows=rows: list(rows.all()[:51])
    talked = metric_contacts(measure=MEASURES["contacts_escalated"], scope=years, now=now)
    calls["first page of the list of contacts"] = lambda: list(talked.all()[:51])
    return calls


def in_snapshot(call: Callable[[], Any]) -> Callable[[], Any]:
    """As the pages read: READ ONLY, all of it at one moment."""
    from tickets.reports.reading import read_only

    def read() -> None:
        with read_only():
            call()

    return read


def timed_report(name: str, call: Callable[[], Any], runs: int) -> Row:
    """The first time on a new connection, then again and again."""
    from django.db import connection

    connection.close()
    first = timed(call) * 1e3
    taken = [timed(call) * 1e3 for _n in range(runs)]
    p50, p95 = percentile(taken, 50), percentile(taken, 95)
    figures = f"first {first:.0f}, p50 {p50:.0f}, p95 {p95:.0f} ms"
    met = p95 <= GOAL_MS and first <= FIRST_MS
    return (name, figures, goal(met, f"p95 ≤ {GOAL_MS}, first ≤ {FIRST_MS}"))


def keeping_up() -> Iterator[Row]:
    """What it costs to count a thousand new events, of as many tickets of the last weeks."""
    from django.utils import timezone

    from tickets.models import Ticket, TicketEvent
    from tickets.services.report_facts import refresh_facts
    from tickets.services.report_sums import sum_quiet_days

    rng = random.Random(1)
    newest = list(Ticket.objects.order_by("-pk").values_list("pk", flat=True)[:30_000])
    taken = []
    for _n in range(5):
        chosen = rng.sample(newest, EVENTS)
        Ticket.objects.filter(pk__in=chosen).update(chase_count=1)
        TicketEvent.objects.bulk_create(
            TicketEvent(ticket_id=pk, code="ticket.noted", at=timezone.now()) for pk in chosen
        )
        taken.append(timed(lambda: refresh_facts(now=timezone.now())))
    each = percentile(taken, 50)
    yield (f"count {EVENTS:,} events", f"{each * 1e3:.0f} ms", goal(each <= 15, "≤ 15 s"))
    idle = timed(lambda: refresh_facts(now=timezone.now()))
    yield ("count nothing", f"{idle * 1e3:.0f} ms", "")
    quiet = timedelta(0)
    summed = timed(lambda: sum_quiet_days(now=timezone.now(), quiet=quiet))
    yield ("sum up the days of these", f"{summed * 1e3:.0f} ms", "")


def goal(met: bool, what: str) -> str:
    return f"{what}: {'met' if met else 'MISSED'}"


if __name__ == "__main__":
    raise SystemExit(main())
