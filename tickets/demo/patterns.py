"""What contacts are about: walked by the services themselves, in a transaction that is rolled back.

So transcripts, captured details, routing and the steps of runs have the very shape in which the
desk of this release writes them; the history only repeats them with other people and times.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kb.flows.schema import CollectNode, EndNode, EscalateNode, RedirectNode
from kb.models import StandardQuestion
from kb.selectors.search import group_key_of
from klingdesk.core.errors import DeskError
from tickets.demo.copying import escaped, json_column
from tickets.models import Consultation, RunStep, Ticket, TicketEvent
from tickets.selectors.people import name_of
from tickets.selectors.routing import facts_of, routing_table
from tickets.selectors.runs import RunState, run_state
from tickets.services.consultations import answer_step, start_consultation
from tickets.services.hand_over import Capture, hand_over
from tickets.services.routing import route_tickets

STEP_SECONDS = 40
MOST_STEPS = 40
REPORTS = 0.2
"""How frequent a report without a promise is, beside a promised answer."""
ACCOUNT = "990000000000"
"""Twelve digits: no account ID in public has more than ten, so these are nobody's."""
PHONE = "010-88886666"
_BY = "@@by@@"

_DEMANDS = (
    "希望尽快核实并答复",
    "要求退回多扣的部分",
    "想知道原因和处理时间",
    "请高级顾问回电说明",
)
_VALUES = {
    "account_id": ACCOUNT,
    "mobile": PHONE,
    "count": "2",
    "amount": "66.00",
    "text": "演示用的说明",
}


@dataclass(frozen=True, slots=True)
class Walk:
    """A run of a flow: ``steps`` are columns of its rows and the seconds after the beginning at
    which each was shown and answered. ``seconds`` is how long all took."""

    version_id: int
    revision: int
    steps: tuple[tuple[str, int, int], ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Talk:
    """A contact that needed no ticket. ``status``: how it ended; ``open`` while the user is
    trying something."""

    question_id: int | None
    utterance: str
    status: str
    walk: Walk | None


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for before a contact about a question: columns of its log."""

    words: str
    group: str
    results: str
    key: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A hand-over, all texts ready for COPY; ``transcript`` is still to be given times and names.

    ``moves``: a rule about chased tickets would send it elsewhere while it is queued.
    """

    asked_id: int | None
    question_id: int
    promise: bool
    problem: str
    demand: str
    extra: str
    tags: str
    utterance: str
    transcript: str
    bare: str
    routed: str
    team_id: int
    skill: str
    priority: int
    moves: bool
    walk: Walk

    def told(self, times: Sequence[str], by: str) -> str:
        """The transcript of a contact whose steps were answered at ``times`` by ``by``."""
        text = self.transcript.replace(_BY, by)
        for number, at in enumerate(times):
            text = text.replace(_at(number), at)
        return text


def _at(number: int) -> str:
    return f"@@at{number:03d}@@"


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def hand_overs(
    rng: random.Random, *, agent: Any, now: datetime, tries: int
) -> list[tuple[HandedOver, float]]:
    """Ways to a hand-over with their weights: questions by frequency, each walked ``tries``
    times at random. Empty when no question leads to tier 2."""
    questions = list(
        StandardQuestion.objects.filter(escalates=True, status="online").order_by("key")
    )
    rng.shuffle(questions)
    found: list[tuple[HandedOver, float]] = []
    for rank, question in enumerate(questions, start=1):
        ways: dict[tuple[int, int, str], HandedOver] = {}
        for _n in range(tries):
            with _undone():
                way = _hand_over(rng, question, agent, now)
            if way is not None:
                ways.setdefault((way.question_id, len(way.walk.steps), way.bare), way)
        found += [
            (way, (1.0 if way.promise else REPORTS) / rank / len(ways)) for way in ways.values()
        ]
    return found


def talks(rng: random.Random, *, agent: Any, now: datetime, tries: int) -> list[tuple[Talk, float]]:
    """Contacts that tier 1 settles, over all published questions, with their weights."""
    questions = list(StandardQuestion.objects.filter(status="online").order_by("key"))
    rng.shuffle(questions)
    found: list[tuple[Talk, float]] = [(Talk(None, "随便问问", "abandoned", None), 0.3)]
    for rank, question in enumerate(questions, start=1):
        weight = 1 / rank
        found.append((Talk(question.pk, _said(question), "abandoned", None), weight * 0.1))
        if question.flow_id is None:
            found.append((Talk(question.pk, _said(question), "answered", None), weight * 0.9))
            continue
        for _n in range(tries):
            with _undone():
                talk = _talk(rng, question, agent, now)
            if talk is not None:
                found.append((talk, weight / tries))
    return found


def searches() -> dict[int, Search]:
    """By question, and under 0 for contacts about none."""
    found = {0: Search("随便问问", escaped(group_key_of("随便问问")), "[]", "")}
    for pk, key, title in StandardQuestion.objects.filter(status="online").values_list(
        "pk", "key", "title"
    ):
        group = escaped(group_key_of(title)[:400])
        found[pk] = Search(escaped(title[:200]), group, json_column([key]), key)
    return found


def _said(question: StandardQuestion) -> str:
    return escaped(question.title)


def _hand_over(
    rng: random.Random, question: StandardQuestion, agent: Any, now: datetime
) -> HandedOver | None:
    walked = _walked(rng, question, agent, now)
    if walked is None:
        return None
    contact, state, end = walked
    node = state.hand_over_node
    if node is None:  # it ended without one
        return None
    try:
        done = hand_over(
            consultation_id=contact.pk,
            acting_user=agent,
            capture=_capture(rng, node, question, now),
            fill_in=True,
            now=end,
        )
    except DeskError:
        return None
    route_tickets(ticket_ids=[done.ticket.pk], now=end)
    return _pattern(contact, Ticket.objects.select_related("team").get(pk=done.ticket.pk), agent)


def _pattern(contact: Consultation, ticket: Ticket, agent: Any) -> HandedOver:
    steps = list(RunStep.objects.filter(run__consultation=contact).order_by("number"))
    told = json.dumps(
        {
            **ticket.transcript,
            "steps": [
                {**step, "by": _BY, "at": _at(number)}
                for number, step in enumerate(ticket.transcript["steps"])
            ],
        },
        ensure_ascii=False,
    )
    routed = TicketEvent.objects.get(ticket=ticket, code="ticket.routed")
    assert ticket.team is not None  # noqa: S101 - it has just been routed
    return HandedOver(
        asked_id=contact.question_id,
        question_id=ticket.question_id,
        promise=ticket.promise,
        problem=escaped(ticket.problem),
        demand=escaped(ticket.demand),
        extra=json_column(ticket.extra),
        tags="{" + ",".join(f'"{tag}"' for tag in ticket.tags) + "}",
        utterance=escaped(contact.utterance),
        transcript=escaped(told),
        bare=json_column({**ticket.transcript, "steps": []}),
        routed=json_column(routed.new),
        team_id=ticket.team.pk,
        skill=ticket.skill,
        priority=ticket.priority,
        moves=_moves(ticket),
        walk=_walk(contact, steps),
    )


def _moves(ticket: Ticket) -> bool:
    table = routing_table()
    if not any(rule.chased for rule in table.rules):
        return False
    ticket.chase_count = 1
    chased = table.choose(facts_of([ticket])[ticket.pk])
    assert ticket.team is not None  # noqa: S101 - it has been routed
    return (chased.team, chased.skill) != (ticket.team.slug, ticket.skill)


def _talk(rng: random.Random, question: StandardQuestion, agent: Any, now: datetime) -> Talk | None:
    walked = _walked(rng, question, agent, now, parks=0.3)
    if walked is None:
        return None
    contact, state, _end = walked
    steps = list(RunStep.objects.filter(run__consultation=contact).order_by("number"))
    node = state.position.node
    status = "abandoned"
    if isinstance(node, EndNode):
        status = "answered"
    elif isinstance(node, RedirectNode):
        status = "redirected"
    elif state.position.is_parked:
        status = "open"
    return Talk(contact.question_id, escaped(contact.utterance), status, _walk(contact, steps))


def _walked(
    rng: random.Random,
    question: StandardQuestion,
    agent: Any,
    now: datetime,
    *,
    parks: float = 0.0,
) -> tuple[Consultation, RunState, datetime] | None:
    """A contact walked at random to an end of its flow, or with the chance ``parks`` to where the
    user is to try something; None where no way was found."""
    contact = start_consultation(
        acting_user=agent,
        channel="phone",
        utterance=question.title,
        question_key=question.key,
        now=now,
    )
    state = run_state(contact)
    at = now
    for _n in range(MOST_STEPS):
        if state is None or state.position.is_terminal:
            break
        if state.position.is_parked and rng.random() < parks:
            break
        at += timedelta(seconds=STEP_SECONDS)
        try:
            state = answer_step(
                consultation_id=contact.pk,
                acting_user=agent,
                node=state.position.node_key,
                **_answer(rng, state, now),
                now=at,
            )
        except DeskError:
            return None
    if state is None or not (state.position.is_terminal or state.position.is_parked):
        return None
    return contact, state, at + timedelta(seconds=STEP_SECONDS)


def _answer(rng: random.Random, state: RunState, now: datetime) -> dict[str, Any]:
    node = state.position.node
    if isinstance(node, CollectNode):
        return {"values": {each.key: _value(rng, each, now) for each in node.variables}}
    if node.kind == "check":
        return {"values": {name: "curl 示例请求" for name in (node.gives.get("pasted"), "pasted")
                           if name}}  # fmt: skip
    ways = [way.value for way in state.position.ways]
    return {"value": rng.choice(ways)} if ways else {}


def _value(rng: random.Random, asked: Any, now: datetime) -> str:
    """Something that passes for a variable or a captured field of this kind."""
    if getattr(asked, "options", None):
        return str(rng.choice(asked.options).value)
    if asked.kind in ("datetime", "date"):
        forward = getattr(asked, "when", None) == "future"
        day = now + timedelta(days=1 if forward else -1)
        return f"{day:%Y-%m-%d %H:%M}" if asked.kind == "datetime" else f"{day:%Y-%m-%d}"
    return _VALUES.get(asked.kind, "演示")


def _capture(
    rng: random.Random, node: EscalateNode, question: StandardQuestion, now: datetime
) -> Capture:
    return Capture(
        problem=f"用户反映：{question.title}。",
        demand=rng.choice(_DEMANDS),
        account_id=ACCOUNT if "account_id" in node.requires else "",
        contact_channel="private_message" if "contact" in node.requires else "",
        extra={each.key: _value(rng, each, now) for each in node.fields},
    )


def _walk(contact: Consultation, steps: Sequence[RunStep]) -> Walk:
    begun = contact.run.started_at
    rows = tuple(
        (
            "\t".join(
                (
                    str(step.number),
                    escaped(step.node),
                    step.kind,
                    escaped(step.prompt),
                    escaped(step.script),
                    escaped(step.value),
                    escaped(step.label),
                    json_column(step.values),
                    "t" if step.automatic else "f",
                    json_column(step.checked),
                )
            ),
            int((step.shown_at - begun).total_seconds()),
            int((step.answered_at - begun).total_seconds()),
        )
        for step in steps
    )
    return Walk(
        version_id=contact.run.version_id,
        revision=contact.run.question_revision,
        steps=rows,
        seconds=(rows[-1][2] if rows else 0) + STEP_SECONDS,
    )


def name_column(person: Any) -> str:
    """A name inside a JSON text that goes into a COPY line."""
    return json_column(name_of(person))[1:-1]
