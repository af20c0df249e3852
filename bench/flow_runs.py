"""Runs of flows: one step as an agent takes it, ten thousand of them replayed and counted.

The runs are copied inside the database from some that were really walked, as in
``many_tickets``. Their flow is that of ``flow_speed``: three stretches with a form, a table, a
branch, a text and a question each, so that a run has fifteen steps, three of them with values.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bench.desk import Desk
from bench.flow_speed import big_flow
from bench.timing import must, p50_p95, timed
from tests.services_suite.caller import Caller

Rows = list[tuple[str, str]]

RUNS = 10_000
PATTERNS = 40
STRETCHES = 3
STEPS = 200
QUESTION = "second-subscription"
FORM = {"holds_plan": "monthly", "holds_tier": "gold", "wants_plan": "quarterly",
        "wants_tier": "gold"}  # fmt: skip
SEED = 4


class Browser(Caller):
    """Sends forms with a session, as the console does."""

    def __init__(self, port: int, user: Any) -> None:
        from django.test import Client

        super().__init__(port)
        client = Client()
        client.force_login(user)
        token = "b" * 32
        session = client.cookies["sessionid"].value
        self._headers["Cookie"] = f"sessionid={session}; csrftoken={token}"
        self._headers["X-CSRFToken"] = token
        self._headers["HX-Request"] = "true"
        self._headers["Content-Type"] = "application/x-www-form-urlencoded"

    def form(self, path: str, data: dict[str, str]) -> int:
        self._connection.request("POST", path, urlencode(data).encode(), self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.status


def steps(desk: Desk, now: datetime) -> Rows:
    """A form is filled in and a decision table decides: over HTTP, by a program and in the
    console, whose answer is the next step as HTML."""
    agent = desk.agents[0]
    program, browser = desk.caller(agent), Browser(desk.port, agent)
    typed = {f"values.{name}": value for name, value in FORM.items()}

    def by_program(contact: int) -> None:
        body = {"node": "what-and-what", "values": FORM}
        program.ok(program.post(f"consultations/{contact}/answer/", body))

    def in_console(contact: int) -> None:
        data = {"node": "what-and-what", "value": "next", **typed}
        status = browser.form(f"/admin/console/contacts/{contact}/answer/", data)
        must(status == 200, f"a step in the console answered {status}")

    return [
        (f"one step over HTTP, API ({STEPS}, one at a time)", _taken(agent, by_program, now)),
        ("one step over HTTP, console page", _taken(agent, in_console, now)),
    ]


def _taken(agent: Any, step: Callable[[int], None], now: datetime) -> str:
    from tickets.models import RunStep

    contacts = [_begun(agent, QUESTION, now) for _n in range(STEPS + 10)]
    for contact in contacts[:10]:
        step(contact)
    taken = [timed(partial(step, contact)) for contact in contacts[10:]]
    walked = RunStep.objects.filter(run__consultation__in=contacts, node="what-and-what").count()
    must(walked == len(contacts), f"{walked} steps of {len(contacts)} were recorded")
    return p50_p95(taken)


def _begun(agent: Any, question: str, now: datetime) -> int:
    from tickets.services.consultations import start_consultation

    return start_consultation(
        acting_user=agent, channel="chat", utterance="", question_key=question, now=now
    ).pk


def many_runs(desk: Desk, now: datetime) -> Rows:
    """Replay of ten thousand finished runs against a changed draft, and their numbers."""
    from django.db import connection

    from kb.flows.loader import parse_flow
    from kb.models import Flow
    from kb.services.flow_publishing import keep_version
    from tests.standings import publish
    from tickets.models import FlowRun
    from tickets.reports.flow_numbers import flow_numbers
    from tickets.reports.period import last_days, today_at
    from tickets.reports.reading import read_only

    data = big_flow(STRETCHES * 10)
    text = json.dumps(data, ensure_ascii=False)
    keep_version(text=text, acting_user=None, reason="bench", now=now)
    publish("big", flow="big", category=_category())
    draw = random.Random(SEED)
    patterns = [_walked(desk.agents[0], draw, now) for _n in range(PATTERNS)]
    make_runs(patterns, RUNS - PATTERNS)
    flow = Flow.objects.get(key="big")
    finished = FlowRun.objects.filter(version__flow=flow, consultation__status="answered")
    must(finished.count() == RUNS, "the runs were not made")
    connection.close()

    same = partial(_replayed, flow, parse_flow(data), now)
    for row in data["nodes"]["s2-table"]["rows"]:
        row["give"] = {"fee2": "免费"}
    data["nodes"]["s1-say"]["next"] = "s1-more"
    changed = partial(_replayed, flow, parse_flow(data), now)
    must(same() == RUNS, "a run ends differently in its own version")
    period = last_days(today_at(now), 30)

    def count() -> None:
        with read_only():
            (version,) = flow_numbers(flow=flow, period=period)
        must(version.walks == RUNS, f"{version.walks} runs were counted")

    steps_each = "15 steps each"
    return [
        (f"replay of {RUNS:,} runs, nothing changed ({steps_each})", f"{timed(same):.1f} s"),
        (f"replay of {RUNS:,} runs, draft changed", f"{timed(changed):.1f} s"),
        (f"numbers of {RUNS:,} runs", f"{min(timed(count) for _n in range(3)):.2f} s"),
    ]


def _category() -> str:
    from kb.models import Category

    category = Category.objects.order_by("order").first()
    must(category, "the starter knowledge base has no category")
    return category.slug  # type: ignore[union-attr]


def _replayed(flow: Any, definition: Any, now: datetime) -> int:
    """Play all runs in portions, as the page does; how many end the same."""
    from tickets.admin.flow_replay_tally import Tally
    from tickets.selectors.flow_replay import CHUNK, replay_chunk

    tally, place = Tally(), None
    while True:
        chunk = replay_chunk(flow=flow, definition=definition, now=now, after=place, most=CHUNK)
        tally.add(chunk)
        place = chunk.place
        if place is None:
            must(tally.seen == RUNS, f"{tally.seen} runs were played")
            return tally.same


def _walked(agent: Any, draw: random.Random, now: datetime) -> int:
    """A finished contact that went through every stretch; its id."""
    from tickets.services.consultations import answer_step, finish_consultation

    contact = _begun(agent, "big", now)
    at = now

    def say(node: str, **given: Any) -> None:
        nonlocal at
        at += timedelta(seconds=draw.randrange(5, 90))
        answer_step(consultation_id=contact, acting_user=agent, node=node, now=at, **given)

    for number in range(STRETCHES):
        typed = {
            f"size{number}": draw.choice(["small", "medium", "large"]),
            f"box{number}": draw.choice(["small", "medium", "large"]),
            f"pieces{number}": str(draw.randrange(1, 9)),
        }
        say(f"s{number}-ask", values=typed)
        say(f"s{number}-say")
        say(f"s{number}-try", value="no")
    finish_consultation(consultation_id=contact, acting_user=agent, outcome="answered", now=at)
    return contact


_COPIES = """
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('tickets_consultation', 'id')) AS contact_id,
       nextval(pg_get_serial_sequence('tickets_flowrun', 'id')) AS run_id,
       (%(patterns)s::bigint[])[1 + number %% cardinality(%(patterns)s::bigint[])] AS pattern_id,
       random() * interval '20 days' AS earlier
FROM generate_series(1, %(count)s) AS number
"""


def make_runs(patterns: list[int], count: int) -> None:
    """``count`` finished contacts copied from ``patterns``, begun within the 20 days before."""
    from django.db import connection, transaction

    from tickets.models import Consultation, FlowRun, RunStep

    moved = {
        name: f"{name} - copies.earlier"
        for name in ("started_at", "finished_at", "shown_at", "answered_at")
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [SEED / 10])
        cursor.execute(_COPIES, {"patterns": patterns, "count": count})
        contact = {**moved, "id": "copies.contact_id"}
        run = {**moved, "id": "copies.run_id", "consultation_id": "copies.contact_id"}
        step = {**moved, "run_id": "copies.run_id"}
        _copy(cursor, Consultation, contact, "source.id = copies.pattern_id")
        _copy(cursor, FlowRun, run, "source.consultation_id = copies.pattern_id")
        of_pattern = (
            "source.run_id = (SELECT id FROM tickets_flowrun "
            "WHERE consultation_id = copies.pattern_id)"
        )
        _copy(cursor, RunStep, step, of_pattern)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(cursor: Any, model: Any, changes: dict[str, str], where: str) -> None:
    names, values = [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and "id" not in changes:
            continue
        names.append(f'"{field.column}"')
        values.append(changes.get(field.column, f'source."{field.column}"'))
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({", ".join(names)}) '
        f'SELECT {", ".join(values)} FROM "{model._meta.db_table}" AS source, copies WHERE {where}'
    )
