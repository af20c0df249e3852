"""Gaps: what was searched for in vain, grouped by what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from kb.models import HandledGap, LoggedSearch, StandardQuestion
from kb.rules.lifecycle import Status

MOST_WORDINGS = 4
MOST_SHOWN = 4

_NOTHING = Q(results=[])
_UNSURE = Q(confident=False, chosen="") & ~_NOTHING
_RETYPED = Q(retyped=True)


@dataclass(frozen=True, slots=True)
class Gap:
    """A group of searches in vain. ``words`` is its newest wording, ``wordings`` are the others.

    ``nothing``, ``unsure`` and ``retyped`` say how often each happened; a search can be two of
    them. ``shown`` are the questions that were opened or shown, as (key, title); ``category`` is
    the slug of the first one's, empty when nothing was.
    """

    group_key: str
    count: int
    last_asked: datetime
    nothing: int
    unsure: int
    retyped: int
    words: str
    wordings: tuple[str, ...]
    shown: tuple[tuple[str, str], ...]
    category: str


def searches_in_vain(*, since: datetime | None = None) -> QuerySet[LoggedSearch]:
    """Searches that found nothing, that found nothing sure and led nowhere, or were typed again.

    Without those of a group that an editor has dealt with since, and without those of which
    nothing is left once they are masked.
    """
    dealt_with = HandledGap.objects.filter(
        group_key=OuterRef("group_key"), handled_at__gte=OuterRef("asked_at")
    )
    found = LoggedSearch.objects.filter(_NOTHING | _UNSURE | _RETYPED).exclude(group_key="")
    if since is not None:
        found = found.filter(asked_at__gte=since)
    return found.filter(~Exists(dealt_with))


def gap_groups(*, since: datetime) -> QuerySet[Any, Any]:
    """One row a group, the most frequent first, to be paged through."""
    return (
        searches_in_vain(since=since)
        .values("group_key")
        .annotate(
            count=Count("pk"),
            last_asked=Max("asked_at"),
            nothing=Count("pk", filter=_NOTHING),
            unsure=Count("pk", filter=_UNSURE),
            retyped=Count("pk", filter=_RETYPED),
        )
        .order_by("-count", "-last_asked", "group_key")
    )


def gaps_of(groups: Sequence[Mapping[str, Any]], *, since: datetime) -> list[Gap]:
    """The groups of a page with examples of their wording and what was shown."""
    examples: dict[str, list[LoggedSearch]] = {}
    newest = (
        searches_in_vain(since=since)
        .filter(group_key__in=[group["group_key"] for group in groups])
        .order_by("group_key", "words", "-asked_at")
        .distinct("group_key", "words")
    )
    for search in newest:
        examples.setdefault(search.group_key, []).append(search)
    known = _questions(search for searches in examples.values() for search in searches)
    return [
        _gap(group, found, known) for group in groups if (found := examples.get(group["group_key"]))
    ]


def _gap(
    group: Mapping[str, Any], examples: list[LoggedSearch], known: Mapping[str, tuple[str, str]]
) -> Gap:
    newest = sorted(examples, key=lambda search: (search.asked_at, search.pk), reverse=True)
    keys = [search.chosen for search in newest] + [key for each in newest for key in each.results]
    shown = [key for key in dict.fromkeys(keys) if key in known][:MOST_SHOWN]
    wordings = [search.words for search in newest]
    return Gap(
        **group,
        words=wordings[0],
        wordings=tuple(wordings[1:MOST_WORDINGS]),
        shown=tuple((key, known[key][0]) for key in shown),
        category=known[shown[0]][1] if shown else "",
    )


def _questions(searches: Iterable[LoggedSearch]) -> dict[str, tuple[str, str]]:
    """Title and category of what was shown, without what nobody may extend any more."""
    keys: set[str] = set()
    for search in searches:
        keys.update((search.chosen, *search.results))
    rows = extendable_questions().filter(key__in=keys)
    return {
        key: (title, category)
        for key, title, category in rows.values_list("key", "title", "category__slug")
    }


def extendable_questions() -> QuerySet[StandardQuestion]:
    """What a phrasing may be added to: everything but what was retired."""
    return StandardQuestion.objects.exclude(status=Status.RETIRED.value)
