"""Which team gets a ticket: the first rule, by its order, whose every condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache

API_CATEGORY = "api"
"""Key of the group of questions that users of the HTTP API ask."""


@dataclass(frozen=True, slots=True)
class RouteRule:
    """One rule. A condition left at ``None`` always holds; a rule without any matches all.

    ``priority`` ``None`` leaves the priority to the desk's default. ``team``, ``category``,
    ``question``, ``flow`` and ``queue`` are keys; ``outcome_tag`` is one tag of the flow's
    outcome, ``queue`` the hint of its hand-over. ``skill`` is what the advisor must know.
    """

    order: int
    team: str
    category: str | None = None
    question: str | None = None
    outcome_tag: str | None = None
    priority: str | None = None
    flow: str | None = None
    queue: str | None = None
    chased: bool | None = None
    api_customer: bool | None = None
    skill: str = ""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What is known of a ticket when it is routed.

    ``flow`` is the key of the decision flow that led here, ``None`` when the agent handed over
    without one; ``queue`` what its hand-over hints at.
    """

    category: str | None
    question: str | None
    tags: frozenset[str] = frozenset()
    flow: str | None = None
    queue: str | None = None
    chased: bool = False

    @property
    def api_customer(self) -> bool:
        """Whether the user builds on the HTTP API: by the group of the question, or by its flow."""
        return API_CATEGORY in (self.category, self.flow)


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
    skill: str = ""


def choose(rules: Sequence[RouteRule], facts: RouteFacts, default_team: str) -> Routed:
    """The team for a ticket with ``facts``, the same for the same rules in any sequence.

    Rules of equal order are tried by their content (team first), so that a badly ordered table
    still answers alike everywhere.
    """
    for rule in _ranked(tuple(rules)):
        if _holds(rule, facts):
            return Routed(rule.team, rule.priority, (RouteReason.RULE, rule.order), rule.skill)
    return Routed(default_team, None, (RouteReason.DEFAULT, None))


CONDITIONS = ("category", "question", "outcome_tag", "flow", "queue", "chased", "api_customer")


def never_reached(rules: Sequence[RouteRule]) -> dict[int, int]:
    """Orders of rules that no ticket can reach, with the order of the rule that takes them all.

    An earlier rule takes every ticket of a later one when each of its conditions is a condition
    of the later one, too. Rules that only several others together leave nothing to are not found.
    """
    found: dict[int, int] = {}
    ranked = _ranked(tuple(rules))
    for place, later in enumerate(ranked):
        for earlier in ranked[:place]:
            if _takes_all_of(earlier, later):
                found[later.order] = earlier.order
                break
    return found


def _takes_all_of(earlier: RouteRule, later: RouteRule) -> bool:
    return all(getattr(earlier, name) in (None, getattr(later, name)) for name in CONDITIONS)


def _holds(rule: RouteRule, facts: RouteFacts) -> bool:
    return (
        rule.category in (None, facts.category)
        and rule.question in (None, facts.question)
        and rule.flow in (None, facts.flow)
        and rule.queue in (None, facts.queue)
        and rule.chased in (None, facts.chased)
        and rule.api_customer in (None, facts.api_customer)
        and (rule.outcome_tag is None or rule.outcome_tag in facts.tags)
    )


@lru_cache(maxsize=8)
def _ranked(rules: tuple[RouteRule, ...]) -> tuple[RouteRule, ...]:
    """In the sequence in which they are tried; kept, because many tickets meet the same rules."""
    return tuple(sorted(rules, key=_rank))


_CONTENT = tuple(each.name for each in fields(RouteRule) if each.name != "order")


def _rank(rule: RouteRule) -> tuple[int, tuple[str, ...]]:
    parts = (getattr(rule, name) for name in _CONTENT)
    return rule.order, tuple("" if part is None else str(part) for part in parts)
