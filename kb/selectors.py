"""Reading the knowledge base: search, single questions, the tree."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from kb.models import Category, Phrasing, SearchIndexVersion, StandardQuestion, Synonym
from kb.search.index import Document, SearchIndex, SearchResult
from kb.search.ranking import is_confident
from kb.search.synonyms import SynonymError, Synonyms
from klingdesk.core.errors import NotFound

log = logging.getLogger(__name__)

_lock = threading.Lock()
_cached: tuple[int, SearchIndex] | None = None


def search_questions(query: str, *, now: datetime, limit: int = 8) -> SearchResult:
    """Standard questions for a user's words, best first.

    The index holds every online question. One that has expired since it was built is left
    out, and whether the rest is a sure match is judged anew without it.
    """
    index = current_index()
    expired = set(
        StandardQuestion.objects.filter(status="online", expires_at__lte=now).values_list(
            "key", flat=True
        )
    )
    if not expired:
        return index.search(query, limit=limit)
    result = index.search(query, limit=limit + len(expired) + 1)
    hits = tuple(hit for hit in result.hits if hit.key not in expired)
    confident = is_confident([hit.score for hit in hits[:2]])
    return replace(result, hits=hits[:limit], confident=confident)


def current_index() -> SearchIndex:
    """The process's index, rebuilt when the version in the database has moved on."""
    global _cached
    version = SearchIndexVersion.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    held = _cached
    if held is not None and held[0] == version:
        return held[1]
    with _lock:
        if _cached is None or _cached[0] != version:
            _cached = (version, _build_index())
        return _cached[1]


def _build_index() -> SearchIndex:
    groups: dict[str, list[str]] = {}
    for variant, canonical in Synonym.objects.values_list("variant", "canonical"):
        groups.setdefault(canonical, []).append(variant)
    phrasings: dict[int, list[str]] = {}
    for question_id, text in Phrasing.objects.values_list("question_id", "text").order_by("pk"):
        phrasings.setdefault(question_id, []).append(text)
    documents = (
        Document(key=key, title=title, phrasings=tuple(phrasings.get(pk, ())))
        for pk, key, title in StandardQuestion.objects.filter(status="online").values_list(
            "pk", "key", "title"
        )
    )
    return SearchIndex.build(documents, _usable(groups))


def _usable(groups: dict[str, list[str]]) -> Synonyms:
    """The synonyms, or none: a contradictory table must not take the search away."""
    try:
        return Synonyms.from_groups(sorted(groups.items()))
    except SynonymError:
        log.exception("the synonyms contradict each other; searching without them")
        return Synonyms()


def _with_parts(questions: QuerySet[StandardQuestion]) -> QuerySet[StandardQuestion]:
    return questions.select_related("category", "flow").prefetch_related("follow_ups")


def question_for(
    *, user: Any, key: str, now: datetime, answering: bool = False
) -> StandardQuestion:
    """One question that ``user`` may see, with category, flow and follow-ups.

    ``answering``: for a user on the phone, so online and unexpired even for an editor.
    Raises ``NotFound`` for an unknown, unpublished or expired one.
    """
    visible = StandardQuestion.objects.visible_to(user, now=now)
    if answering:
        visible = visible.online(now=now)
    question = _with_parts(visible).filter(key=key).first()
    if question is None:
        raise NotFound(_("There is no such standard question, or it is not online any more."))
    return question


def questions_by_keys(
    *, user: Any, keys: Iterable[str], now: datetime
) -> dict[str, StandardQuestion]:
    """Visible questions by key, with their category; missing keys are left out."""
    found = StandardQuestion.objects.visible_to(user, now=now).filter(key__in=list(keys))
    return {question.key: question for question in found.select_related("category")}


def question_tree(*, user: Any, now: datetime) -> QuerySet[Category]:
    """Categories in their order, each with its online questions, for browsing."""
    visible = StandardQuestion.objects.visible_to(user, now=now).online(now=now).order_by("pk")
    return (
        Category.objects.filter(questions__in=visible)
        .distinct()
        .prefetch_related(Prefetch("questions", queryset=visible))
    )
