"""The answers of the knowledge base: how much each is used, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from kb.models import QuestionStatus, Revision, StandardQuestion
from tickets.reports.contact_numbers import contact_numbers
from tickets.reports.narrowing import GroupBy, ReportScope
from tickets.reports.period import today_at
from tickets.reports.search_numbers import search_numbers
from tickets.reports.tables import Table
from tickets.reports.ticket_numbers import ticket_counts


@dataclass(frozen=True, slots=True)
class AnswerUse:
    """One standard question that is online.

    Of the period: ``contacts`` that began with it, ``opened``: searches after which it was
    opened, ``tickets`` handed over about it. ``age_days`` are days since its last revision, None
    where there is none.
    """

    question_id: int
    key: str
    title: str
    category: str
    contacts: int
    opened: int
    tickets: int
    revised_at: datetime | None
    age_days: int | None
    review_due: date | None
    is_review_due: bool

    @property
    def used(self) -> int:
        return self.contacts + self.opened


def answer_use(*, scope: ReportScope, now: datetime) -> tuple[AnswerUse, ...]:
    """Every question online, the most used first; ``scope`` may name a question or category.

    At most twelve statements, however many there are. Call within ``reading.read_only``.
    """
    scope.only_by("question", "category")
    by = GroupBy.QUESTION
    contacts = _by_key(contact_numbers(scope=scope, group_by=by, now=now), "contacts")
    opened = _by_key(search_numbers(scope=scope, group_by=by, now=now), "searches_opened")
    tickets = _by_key(ticket_counts(scope=scope, group_by=by, now=now), "tickets")
    today = today_at(now)
    found = []
    for question in _online(scope):
        revised = question.revised_at
        found.append(
            AnswerUse(
                question_id=question.pk,
                key=question.key,
                title=question.title,
                category=question.category.title,
                contacts=contacts.get(question.pk, 0),
                opened=opened.get(question.pk, 0),
                tickets=tickets.get(question.pk, 0),
                revised_at=revised,
                age_days=(today - today_at(revised)).days if revised else None,
                review_due=question.review_due,
                is_review_due=question.review_due is not None and question.review_due <= today,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.used, -each.tickets, each.key)))


def _by_key(table: Table, code: str) -> dict[object, int]:
    return {row.key: row.tally.numbers[code] for row in table.rows}


def _online(scope: ReportScope) -> QuerySet[Any]:
    """Each with ``revised_at``."""
    rows: QuerySet[Any] = StandardQuestion.objects.filter(status=QuestionStatus.ONLINE)
    if scope.question is not None:
        rows = rows.filter(pk=scope.question)
    if scope.category is not None:
        rows = rows.filter(category=scope.category)
    newest = Revision.objects.filter(question=OuterRef("pk")).order_by("-number")
    found: QuerySet[Any] = rows.select_related("category").annotate(
        revised_at=Subquery(newest.values("created_at")[:1])
    )
    return found
