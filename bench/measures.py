"""What is measured. Each measure returns rows of the table: what, and the figure in words."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from bench.desk import BODY, Desk, contact_at_hand_over, hand_over_of
from bench.timing import in_threads, must, p50_p95, timed
from tests.services_suite.caller import Caller

Rows = list[tuple[str, str]]

CONNECTIONS = 8
HAND_OVERS = 320
SINGLE = 20
SEARCHES = 400
PAGES = 60
CLAIMS = 1_600
MOST_QUERIES = 8
TRANSACTION = ("BEGIN", "COMMIT")


def hand_overs(desk: Desk, now: datetime) -> Rows:
    """Over HTTP to two gunicorn processes with four threads each, while a worker routes."""
    share = HAND_OVERS // CONNECTIONS
    contacts = [[contact_at_hand_over(agent, now) for _n in range(share)] for agent in desk.agents]

    def work(number: int) -> Callable[[], list[float]]:
        caller = desk.caller(desk.agents[number])
        caller.get("kb/questions/")  # the connection is open

        return lambda: [timed(partial(_escalate, caller, each, "8")) for each in contacts[number]]

    taken, seconds = in_threads([work(number) for number in range(CONNECTIONS)])
    return [
        (
            f"hand-over over HTTP ({HAND_OVERS}, {CONNECTIONS} connections)",
            f"{len(taken) / seconds:.0f}/s, {p50_p95(taken)}",
        ),
        ("  until it stands in its team's queue", p50_p95(_routing_delays("8"))),
    ]


def _escalate(caller: Caller, contact: int, first_digit: str) -> None:
    caller.ok(caller.post(*hand_over_of(contact, first_digit)), 201)


def single_hand_overs(desk: Desk, now: datetime) -> Rows:
    """One after the other, each after the one before it was routed: the desk has nothing to do."""
    caller = desk.caller(desk.agents[0])
    taken = []
    for _n in range(SINGLE):
        contact = contact_at_hand_over(desk.agents[0], now)
        taken.append(timed(partial(_escalate, caller, contact, "6")))
        delays = _routing_delays("6")
    return [
        (f"hand-over over HTTP ({SINGLE}, one at a time)", p50_p95(taken)),
        ("  until it stands in its team's queue", p50_p95(delays)),
    ]


def _routing_delays(first_digit: str) -> list[float]:
    """Seconds from hand-over to routing of the tickets of such accounts; waits for the last."""
    from django.db.models import F

    from tests.faults.topology import eventually
    from tickets.models import Ticket

    made = Ticket.objects.filter(account_id__startswith=first_digit)
    eventually(lambda: not made.filter(status="new").exists(), 60, "all are routed")
    waits = made.values_list(F("routed_at") - F("created_at"), flat=True)
    return [wait.total_seconds() for wait in waits]


def hand_over_queries(desk: Desk, now: datetime) -> Rows:
    """The statements that one hand-over request sends, with authentication, to PostgreSQL."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from knox.models import get_token_model

    agent = desk.agents[0]
    _record, token = get_token_model().objects.create(user=agent)
    client = Client(headers={"authorization": f"Token {token}"})
    counted = []
    for _warm in range(2):  # the second one has the flow in memory, as a running process does
        contact = contact_at_hand_over(agent, now)
        body = json.dumps({**BODY, "account_id": str(9_000_000 + contact)})
        with CaptureQueriesContext(connection) as seen:
            response = client.post(
                f"/api/v1/consultations/{contact}/escalate/", body, content_type="application/json"
            )
        must(response.status_code == 201, f"a hand-over answered {response.content!r}")
        counted = [query["sql"] for query in seen if query["sql"] not in TRANSACTION]
    must(len(counted) <= MOST_QUERIES, f"{len(counted)} queries: {counted}")
    return [("queries of a hand-over over HTTP", f"{len(counted)} (at most {MOST_QUERIES})")]


def _utterances() -> list[str]:
    """Known phrasings, each with a character lost, as they come over the telephone. Seeded."""
    from kb.models import Phrasing

    draw = random.Random(26)
    texts = list(Phrasing.objects.order_by("pk").values_list("text", flat=True))
    words = []
    for _n in range(SEARCHES):
        text = draw.choice(texts)
        at = draw.randrange(len(text))
        words.append(text[:at] + text[at + 1 :] or text)
    return words


def searches(desk: Desk, now: datetime) -> Rows:
    from kb.models import Phrasing, StandardQuestion
    from kb.selectors.search import search_questions

    words = _utterances()
    caller = desk.caller(desk.agents[0])
    for warm in words[:20]:
        caller.ok(caller.get("kb/search/", q=warm))
        search_questions(warm)
    http = [timed(partial(caller.get, "kb/search/", q=word)) for word in words]
    inside = [timed(partial(search_questions, word)) for word in words]
    base = f"{StandardQuestion.objects.count()} questions, {Phrasing.objects.count()} phrasings"
    return [
        (f"search over HTTP ({base})", p50_p95(http)),
        ("search in process", p50_p95(inside)),
    ]


def queue_page(desk: Desk) -> Rows:
    """The advisor's queue over HTTP with a session, and the statements it sends."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tickets.models import Ticket

    client = Client()
    client.force_login(desk.advisors[0])
    with CaptureQueriesContext(connection) as seen:
        must(client.get("/admin/queue/").status_code == 200, "the queue page does not answer")
    browser = Caller(desk.port)
    browser.cookie(client.cookies["sessionid"].value)

    def look() -> None:
        browser.ok(browser.get("/admin/queue/"))

    for _warm in range(8):
        look()
    taken = [timed(look) for _n in range(PAGES)]
    waiting = Ticket.objects.filter(status="queued").count()
    return [
        (f"queue page over HTTP ({waiting:,} waiting)", f"{p50_p95(taken)}, {len(seen)} queries")
    ]


def claims(desk: Desk, now: datetime) -> Rows:
    """Eight advisors in eight threads of one process, each with a connection of its own."""
    from django.db import connection

    from tickets.models import Ticket
    from tickets.services.claims import claim_next

    waiting = Ticket.objects.filter(status="queued").count()

    def work(advisor: Any) -> Callable[[], list[float]]:
        def take() -> None:
            must(claim_next(acting_user=advisor, now=now), "the queue was empty too early")

        def run() -> list[float]:
            try:
                return [timed(take) for _n in range(CLAIMS // len(desk.advisors))]
            finally:
                connection.close()

        return run

    taken, seconds = in_threads([work(advisor) for advisor in desk.advisors])
    what = f"claim-next, 8 threads ({CLAIMS:,} of {waiting:,} waiting)"
    return [(what, f"{len(taken) / seconds:.0f}/s, {p50_p95(taken)}")]


def alarm_sweep(desk: Desk, later: datetime) -> Rows:
    """Every clock is long overdue: one sweep has to fire all four levels of each."""
    from tickets.models import Clock, ClockAlarm, TicketEvent
    from tickets.models.labels import AlarmLevel

    running = Clock.objects.filter(stopped_at=None).count()
    said = desk.processes.run(
        "sweep", "-m", "bench.sweep_once", later.isoformat(), seconds=1_800
    ).split()
    fired, seconds, before, peak = int(said[-4]), *map(float, said[-3:])
    levels = len(AlarmLevel.values)
    codes = [f"sla.{level}" for level in AlarmLevel.values]
    told = TicketEvent.objects.filter(code__in=codes).count()
    rows = ClockAlarm.objects.count()
    must(fired == rows == told == running * levels, f"{fired} fired, {rows} rows, {told} events")
    must(not Clock.objects.filter(breached_at=None).exists(), "a late clock is not breached")
    memory = (
        f"process {before:.0f} MB before, {peak:.0f} MB at its peak; the work is the database's"
    )
    return [
        (
            f"alarm sweep of {running:,} open tickets",
            f"{seconds:.1f} s for {fired:,} alarms ({levels} levels each)",
        ),
        ("memory of that sweep", memory),
    ]
