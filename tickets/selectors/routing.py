"""What routing reads: the rules, the facts of tickets, and what other rules would do."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict, NotFound
from tickets.models import RoutingRule, Team, Ticket
from tickets.rules.routing import Routed, RouteFacts, RouteRule, choose

LOOKED_BACK = 200
"""How many of the latest tickets a change of the rules is tried on."""


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """All rules, the teams by slug and the slug of the default team."""

    rules: tuple[RouteRule, ...]
    teams: dict[str, Team]
    default: str
    conditions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """By the order of a rule: what it asks for, as ``conditions_of`` gives it."""

    def choose(self, facts: RouteFacts) -> Routed:
        return choose(self.rules, facts, self.default)


@dataclass(frozen=True, slots=True)
class Rerouted:
    """One ticket that other rules would send elsewhere, or with another skill or priority."""

    number: str
    question: str
    at: datetime
    now: Routed
    then: Routed


def routing_table() -> RoutingTable:
    """The rules in force. ``Conflict`` with code ``no_team`` when there is no default team."""
    teams = {team.slug: team for team in Team.objects.all()}
    default = next((team.slug for team in teams.values() if team.is_default), None)
    if default is None:
        raise Conflict(_("No default team is set: tickets cannot be routed."), code="no_team")
    rows = rule_rows()
    return RoutingTable(
        tuple(rule_of(row) for row in rows),
        teams,
        default,
        {row.order: conditions_of(row) for row in rows},
    )


def rule_rows() -> list[RoutingRule]:
    """All stored rules in their order, with what they refer to."""
    unread = ("script", "fallback", "internal_note", "review_reason")
    return list(
        RoutingRule.objects.select_related("team", "category", "question", "flow")
        .defer(*(f"question__{name}" for name in unread))
        .order_by("order")
    )


def rule_get(rule_id: int) -> RoutingRule:
    """One rule; ``NotFound``."""
    for row in rule_rows():
        if row.pk == rule_id:
            return row
    raise NotFound(_("There is no such rule any more."))


def conditions_of(row: RoutingRule) -> dict[str, Any]:
    """What a rule asks for, with the titles that people know, for example ``{"category": "…",
    "chased": True}``; conditions that it leaves open are left out."""
    found: dict[str, Any] = {
        "category": row.category.title if row.category else None,
        "question": row.question.title if row.question else None,
        "flow": row.flow.title if row.flow else None,
        "tag": row.tag or None,
        "queue": row.queue or None,
        "chased": row.chased,
        "api_customer": row.api_customer,
    }
    return {name: value for name, value in found.items() if value is not None}


def snapshot_of(row: RoutingRule) -> dict[str, Any]:
    """A whole rule for its history: ``order``, conditions, ``team``, ``skill``, ``priority``."""
    return {
        "order": row.order,
        **conditions_of(row),
        "team": row.team.name,
        "skill": row.skill,
        "priority": int(row.priority),
    }


def table_version(rows: Sequence[RoutingRule]) -> str:
    """A short name of exactly these rules in this order, to notice that somebody changed them."""
    text = json.dumps(
        [
            [
                row.pk,
                row.order,
                row.category_id,
                row.question_id,
                row.flow_id,
                row.tag,
                row.queue,
                row.chased,
                row.api_customer,
                row.team_id,
                row.skill,
                row.priority,
            ]
            for row in rows
        ]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rule_of(row: RoutingRule) -> RouteRule:
    """A stored rule, or one that a form has filled in, as the pure rules know it."""
    return RouteRule(
        order=row.order,
        team=row.team.slug,
        category=row.category.slug if row.category else None,
        question=row.question.key if row.question else None,
        outcome_tag=row.tag or None,
        priority=str(row.priority),
        flow=row.flow.key if row.flow else None,
        queue=row.queue or None,
        chased=row.chased,
        api_customer=row.api_customer,
        skill=row.skill,
    )


def facts_of(tickets: Iterable[Ticket]) -> dict[int, RouteFacts]:
    """Facts by ticket id; one query for all of them."""
    rows = list(tickets)
    questions = {
        pk: (key, slug)
        for pk, key, slug in StandardQuestion.objects.filter(
            pk__in={ticket.question_id for ticket in rows}
        ).values_list("pk", "key", "category__slug")
    }
    return {
        ticket.pk: RouteFacts(
            question=questions[ticket.question_id][0],
            category=questions[ticket.question_id][1],
            tags=frozenset(ticket.tags),
            flow=ticket.transcript.get("flow"),
            queue=ticket.transcript.get("queue"),
            chased=ticket.chase_count > 0,
        )
        for ticket in rows
    }


def taken_by_rule(*, user: Any) -> tuple[int, Counter[int | None]]:
    """How many of the latest tickets that ``user`` sees were tried, and by the order of each rule
    how many the present rules would give it; under ``None`` those that no rule fits."""
    table = routing_table()
    latest = _latest(user)
    facts = facts_of(latest)
    counted = Counter(table.choose(facts[ticket.pk]).reason[1] for ticket in latest)
    return len(latest), counted


def _latest(user: Any) -> list[Ticket]:
    return list(
        Ticket.objects.visible_to(user)
        .select_related("question")
        .order_by("-created_at", "-pk")[:LOOKED_BACK]
    )


def rerouted_by(rules: Sequence[RouteRule], *, user: Any) -> tuple[int, list[Rerouted]]:
    """How many of the latest tickets that ``user`` sees were tried, and those that ``rules``
    would treat otherwise than the present ones do. The number of queries is constant."""
    table = routing_table()
    other = RoutingTable(tuple(rules), table.teams, table.default)
    latest = _latest(user)
    facts = facts_of(latest)
    moved: list[Rerouted] = []
    for ticket in latest:
        now, then = table.choose(facts[ticket.pk]), other.choose(facts[ticket.pk])
        if (now.team, now.skill, now.priority) != (then.team, then.skill, then.priority):
            moved.append(
                Rerouted(ticket.number, ticket.question.title, ticket.created_at, now, then)
            )
    return len(latest), moved
