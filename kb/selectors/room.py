"""What waits for the editors: counts for their home page, and the lists behind the counts.

A count and the list that it opens filter by the same conditions, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from kb.models import (
    Disagreement,
    Draft,
    FlowDraft,
    ImportBatch,
    ImportState,
    StandardQuestion,
)
from kb.querysets import StandardQuestionQuerySet
from kb.rules.lifecycle import KNOWN_TO_AGENTS, DraftState, Standing, Status
from kb.selectors.gaps import gap_groups

SOON = timedelta(days=14)
"""How far ahead the editors look: what expires or falls due for review within this time."""


def standing_at(now: datetime) -> Case:
    """``StandardQuestion.standing`` as an expression, for lists that filter by it."""
    return Case(
        When(~Q(status=Status.ONLINE), then=F("status")),
        When(Q(expires_at__lte=now) | Q(replaced_at__lte=now), then=Value(Standing.EXPIRED.value)),
        When(effective_from__gt=now, then=Value(Standing.SCHEDULED.value)),
        default=Value(Standing.IN_FORCE.value),
        output_field=CharField(),
    )


def expires_soon(now: datetime) -> Q:
    """In force or scheduled, and over within ``SOON``; what a scheduled text follows is not."""
    return Q(
        Q(replaced_at=None),
        status=Status.ONLINE,
        expires_at__gt=now,
        expires_at__lte=now + SOON,
    )


def review_due(now: datetime) -> Q:
    """Known to agents, and its review is due today or was."""
    return Q(status__in=KNOWN_TO_AGENTS, review_due__lte=timezone.localdate(now))


def review_soon(now: datetime) -> Q:
    today = timezone.localdate(now)
    return Q(status__in=KNOWN_TO_AGENTS, review_due__gt=today, review_due__lte=today + SOON)


def is_overdue(review: date | None, *, status: str, now: datetime) -> bool:
    """``review_due`` for a row at hand."""
    known = status in KNOWN_TO_AGENTS
    return known and review is not None and review <= timezone.localdate(now)


def with_list_columns(
    questions: QuerySet[StandardQuestion], *, usage: Mapping[str, int], now: datetime
) -> QuerySet[StandardQuestion]:
    """Questions with what the editors' list shows, at no further query for each row.

    Adds ``standing_now``, ``usage`` (from ``usage_counts``) and ``is_disputed``; loads
    category, owner and draft.
    """
    times = Func(Value(dict(usage), JSONField()), F("key"), function="jsonb_extract_path_text")
    disputes = Disagreement.objects.filter(question=OuterRef("pk"), decided_at=None)
    related = questions.select_related("category", "owner", "draft", "draft__author")
    return related.defer("draft__content").annotate(
        standing_now=standing_at(now),
        usage=Coalesce(Cast(times, IntegerField()), 0),
        is_disputed=Exists(disputes),
    )


def undecided() -> QuerySet[Disagreement]:
    """Open questions, the oldest first."""
    rows = Disagreement.objects.filter(decided_at=None).order_by("opened_at", "pk")
    return rows.select_related("question", "question__category", "question__owner", "opened_by")


def decided() -> QuerySet[Disagreement]:
    """Decided ones, the latest first."""
    rows = Disagreement.objects.filter(decided_at__isnull=False).order_by("-decided_at", "-pk")
    return rows.select_related("question", "opened_by", "decided_by")


@dataclass(frozen=True, slots=True)
class RoomCounts:
    my_drafts: int
    in_review: int
    scheduled: int
    expired: int
    expiring: int
    review_mine: int
    review_unowned: int
    review_all: int
    open_questions: int
    gaps: int
    imports: int
    flows: int


def room_counts(*, user: Any, gaps_since: datetime, now: datetime) -> RoomCounts:
    """What waits, for the home page of one editor."""
    drafts = Draft.objects.aggregate(
        my_drafts=_count(author=user, state=DraftState.DRAFT.value),
        in_review=_count(state=DraftState.IN_REVIEW.value),
        scheduled=_count(state=DraftState.SCHEDULED.value),
    )
    questions: StandardQuestionQuerySet = StandardQuestion.objects.annotate(
        standing_now=standing_at(now)
    )
    due = review_due(now)
    answers = questions.aggregate(
        expired=_count(standing_now=Standing.EXPIRED.value),
        expiring=_count(expires_soon(now)),
        review_mine=_count(due, owner=user),
        review_unowned=_count(due, owner=None),
        review_all=_count(due),
    )
    return RoomCounts(
        **drafts,
        **answers,
        open_questions=undecided().count(),
        gaps=gap_groups(since=gaps_since).count(),
        imports=ImportBatch.objects.filter(state=ImportState.PROPOSED).count(),
        flows=FlowDraft.objects.count(),
    )


def _count(*conditions: Q, **more: Any) -> Count:
    return Count("pk", filter=Q(*conditions, **more))
