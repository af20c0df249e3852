"""How long open clocks take to follow an edit of the promise, and what the alarm sweep costs.

    python scripts/desk.py run -- .venv/bin/python bench/promise_change.py [--clocks 100000]

Half the clocks are promised contacts, half solutions; a tenth of the tickets has waited for the
user once. The database is its own and is dropped at the end.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

MARKED = 10_000
EMPTY_SWEEPS = 50

_HAVE_WAITED = """
INSERT INTO tickets_ticketevent (ticket_id, code, at, old, new, note)
SELECT id, step.code, created_at + step.later, '{}', jsonb_build_object('status', step.status), ''
FROM tickets_ticket CROSS JOIN LATERAL (VALUES
    (1, 'ticket.claimed', interval '10 minutes', 'assigned'),
    (2, 'ticket.waiting', interval '1 hour', 'waiting'),
    (3, 'ticket.resumed', interval '30 hours', 'assigned')
) AS step(number, code, later, status)
WHERE id % 10 = 0 ORDER BY id, step.number
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clocks", type=int, default=100_000)
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

        rows = machine(url) + measure(chosen.clocks)
        connections.close_all()
        width = max(len(what) for what, _figure in rows)
        for what, figure in rows:
            print(f"{what:{width}}  {figure}", flush=True)


def measure(clocks: int) -> list[tuple[str, str]]:
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from bench.desk import person, routed_ticket
    from bench.many_tickets import make_tickets
    from bench.timing import must
    from klingdesk.core.roles import Role
    from tickets.models import Clock

    call_command("migrate", verbosity=0)
    call_command("bootstrap", verbosity=0)
    manager = person("manager", Role.MANAGER)
    now = timezone.now()
    make_tickets(routed_ticket(person("agent", Role.AGENT), now), clocks // 2 - 1)
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_WAITED)
        cursor.execute("ANALYZE")
    running = Clock.objects.filter(stopped_at=None).count()
    must(running == clocks, f"{running} clocks run")
    return [
        *edits(manager, now, clocks),
        *sweeps(now),
    ]


def edits(manager: Any, now: datetime, clocks: int) -> list[tuple[str, str]]:
    from klingdesk.core.calendar import Override
    from tickets.models.labels import ClockKind
    from tickets.services import promise_changes

    day_off = {day: Override(False, "bench") for day in _next_working_days(now, 2)}
    policy: dict[str, Any] = {
        "kind": ClockKind.RESOLVE.value,
        "working_days": 12,
        "opens": clock_time(9),
        "closes": clock_time(18),
        "acting_user": manager,
        "now": now,
    }
    calendar: dict[str, Any] = {
        "overrides": day_off,
        "years": {},
        "acting_user": manager,
        "now": now,
    }
    rows = [
        _timed("preview of two days off", lambda: promise_changes.preview_calendar(**calendar)),
    ]
    promise_changes.change_calendar(**calendar, reason="bench")
    rows.append(_recounted("two days off", now, clocks))
    promise_changes.publish_policy(**policy, reason="bench")
    rows.append(_recounted("two days more for solutions", now, clocks))
    rows.append(_timed("a recount with nothing to do", lambda: _recount(now)))
    return rows


def sweeps(now: datetime) -> list[tuple[str, str]]:
    """First with nothing to fire, then with exactly so many breaches, then with every level."""
    from bench.timing import must, p50_p95, timed
    from tickets.models import Clock, ClockAlarm
    from tickets.services.alarms import fire_alarms

    before = Clock.objects.order_by("next_alarm_at").values_list("next_alarm_at", flat=True)[0]
    empty = [timed(lambda: fire_alarms(now=before)) for _n in range(EMPTY_SWEEPS)]
    _leave_only_breaches(before)
    levels = ClockAlarm.objects.count()
    breaches = _timed(f"a sweep that marks {MARKED:,}", lambda: fire_alarms(now=before))
    must(ClockAlarm.objects.count() == levels + MARKED, "other alarms have fired")
    return [
        (f"a sweep that finds nothing ({EMPTY_SWEEPS})", p50_p95(empty)),
        breaches,
        _timed("a sweep that fires all that is left", lambda: fire_alarms(now=now + timedelta(99))),
    ]


def _leave_only_breaches(now: datetime) -> None:
    """So many promises whose warnings have gone out, and that are a minute past due."""
    from django.db import connection

    times = {"due": now - timedelta(minutes=1), "later": now + timedelta(days=9), "count": MARKED}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_clock SET due_at = %(due)s, next_alarm_at = %(due)s, "
            "overdue_at = %(later)s "
            "WHERE id IN (SELECT id FROM tickets_clock ORDER BY id LIMIT %(count)s)",
            times,
        )
        cursor.execute(
            "INSERT INTO tickets_clockalarm (clock_id, level, fired_at) "
            "SELECT id, level, now() "
            "FROM tickets_clock, (VALUES ('due_soon'), ('last_call')) AS level(level) "
            "WHERE due_at = %(due)s",
            times,
        )
        cursor.execute("VACUUM ANALYZE tickets_clock")


def _recounted(what: str, now: datetime, clocks: int) -> tuple[str, str]:
    from bench.timing import must
    from tickets.models import PromiseChange

    row = _timed(f"recount of {clocks:,} clocks: {what}", lambda: _recount(now))
    change = PromiseChange.objects.first()
    must(change and change.done_at and change.looked_at == clocks, "some clocks did not follow")
    return (row[0], f"{row[1]}, {change.moved:,} moved") if change else row


def _recount(now: datetime) -> int:
    from tickets.services.recounting import recount_promises

    return recount_promises(now=now)


def _timed(what: str, call: Callable[[], Any]) -> tuple[str, str]:
    began = time.perf_counter()
    result = call()
    return what, f"{time.perf_counter() - began:.2f} s ({result})"


def _next_working_days(now: datetime, count: int) -> list[date]:
    from tickets.selectors.sla import working_calendar

    calendar = working_calendar()
    return [calendar.add_working_days(now.date(), number) for number in range(1, count + 1)]


if __name__ == "__main__":
    main()
