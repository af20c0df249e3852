"""Which team gets a ticket: the first rule, by its order, whose every condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class RouteRule:
    """One rule. A condition left at ``None`` always holds; a rule without any matches all.

    ``priority`` ``None`` leaves the priority to the desk's default. ``team``, ``category`` and
    ``question`` are keys; ``outcome_tag`` is one tag of the flow's outcome.
    """

    order: int
    team: str
    category: str | None = None
    question: str | None = None
    outcome_tag: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What is known of a ticket when it is routed.

    ``flow`` is the key of the decision flow that led here, ``None`` when the agent handed over
    without one.
    """

    category: str | None
    question: str | None
    tags: frozenset[str] = frozenset()
    flow: str | None = None


class RouteReason(StrEnum):
    """Why a team was chosen."""

    RULE = "rule"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Routed:
    """The choice; ``reason`` is the code and the order of the rule (``None`` for the default)."""

    team: str
    priority: str | None
    reason: tuple[RouteReason, int | None]


def choose(rules: Sequence[RouteRule], facts: RouteFacts, default_team: str) -> Routed:
    """The team for a ticket with ``facts``, the same for the same rules in any sequence.

    Rules of equal order are tried by their content (team first), so that a badly ordered table
    still answers alike everywhere; ``ambiguous_orders`` finds such rules.
    """
    for rule in sorted(rules, key=_rank):
        if _holds(rule, facts):
            return Routed(rule.team, rule.priority, (RouteReason.RULE, rule.order))
    return Routed(default_team, None, (RouteReason.DEFAULT, None))


def ambiguous_orders(rules: Sequence[RouteRule]) -> tuple[int, ...]:
    """Orders that more than one rule has, sorted: whoever edits the table should part them."""
    seen: set[int] = set()
    twice: set[int] = set()
    for rule in rules:
        (twice if rule.order in seen else seen).add(rule.order)
    return tuple(sorted(twice))


def _holds(rule: RouteRule, facts: RouteFacts) -> bool:
    return (
        rule.category in (None, facts.category)
        and rule.question in (None, facts.question)
        and (rule.outcome_tag is None or rule.outcome_tag in facts.tags)
    )


def _rank(rule: RouteRule) -> tuple[int, tuple[str, ...]]:
    conditions = (rule.team, rule.category, rule.question, rule.outcome_tag, rule.priority)
    return rule.order, tuple(part or "" for part in conditions)
