"""Lines of the lists behind the numbers: no personal data, for what reports count has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kb.models import LoggedSearch
from tickets.models import ContactFact, TicketFact
from tickets.rules.fact_profile import Fate


@dataclass(frozen=True, slots=True)
class TicketLine:
    """``tone``: ok, bad, info or empty, the colour of the promise's chip."""

    number: str
    question: str
    team: str
    assignee: str
    agent: str
    status: str
    handed_over: datetime
    due: datetime | None
    due_provisional: bool
    answered: datetime | None
    solved: datetime | None
    promise: str
    tone: str


@dataclass(frozen=True, slots=True)
class ContactLine:
    number: int
    began: datetime
    question: str
    agent: str
    outcome: str


@dataclass(frozen=True, slots=True)
class SearchLine:
    asked: datetime
    words: str
    results: int
    chosen: str
    is_sure: bool
    is_retyped: bool


def ticket_lines(facts: Iterable[TicketFact], *, now: datetime) -> list[TicketLine]:
    """Lines for rows of ``behind.metric_tickets``."""
    return [_ticket(fact, now) for fact in facts]


def _ticket(fact: TicketFact, now: datetime) -> TicketLine:
    promise, tone = _promise(fact, now)
    return TicketLine(
        number=fact.number,
        question=fact.question.title,
        team=fact.team.name if fact.team else "",
        assignee=_name(fact.assignee),
        agent=_name(fact.agent),
        status=str(fact.get_status_display()),
        handed_over=fact.created_at,
        due=fact.due_at,
        due_provisional=fact.provisional and fact.answered_at is None,
        answered=fact.answered_at,
        solved=fact.solved_at,
        promise=promise,
        tone=tone,
    )


def _promise(fact: TicketFact, now: datetime) -> tuple[str, str]:
    """What has become of the promise, as the measures see it."""
    fate = fact.contact_fate
    if fate is Fate.NONE or fate is Fate.DROPPED or fact.due_at is None:
        return _("no promise"), ""
    if fate is Fate.MET:
        return _("kept"), "ok"
    if fate is Fate.BREACHED and fact.answered_at is not None:
        return _("answered late"), "bad"
    if fate is Fate.BREACHED or fact.due_at < now:
        return _("past due"), "bad"
    return _("not yet due"), "info"


def contact_lines(facts: Iterable[ContactFact]) -> list[ContactLine]:
    """Lines for rows of ``behind.metric_contacts``."""
    return [
        ContactLine(
            number=fact.contact_id,
            began=fact.started_at,
            question=fact.question.title if fact.question else "",
            agent=_name(fact.agent),
            outcome=str(fact.get_outcome_display()),
        )
        for fact in facts
    ]


def search_lines(searches: Iterable[LoggedSearch]) -> list[SearchLine]:
    """Lines for rows of ``behind.metric_searches``; the log keeps no personal data."""
    return [
        SearchLine(
            asked=search.asked_at,
            words=search.words,
            results=len(search.results),
            chosen=search.chosen,
            is_sure=search.confident,
            is_retyped=search.retyped,
        )
        for search in searches
    ]


def _name(person: Any) -> str:
    return (person.get_full_name() or person.get_username()) if person else ""
