"""Search over what agents know; the index is held in the process."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from kb.models import Phrasing, SearchIndexVersion, StandardQuestion, Synonym
from kb.search.canonical import canonicalise
from kb.search.documents import Contrast, Document, SearchResult
from kb.search.index import SearchIndex
from kb.search.synonyms import SynonymError, Synonyms
from kb.search.tokens import units_of
from kb.selectors.index_holder import IndexHolder
from klingdesk.core.roles import is_bot

log = logging.getLogger(__name__)

MOST_GROUP_KEY = 400


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that is searched, as of one version: what went into the index, and the index."""

    documents: tuple[Document, ...]
    synonyms: Synonyms
    index: SearchIndex


def search_questions(query: str, *, limit: int = 8, without: Collection[str] = ()) -> SearchResult:
    """Standard questions for a user's words, best first.

    The index holds every question that agents know, also one whose answer has expired: the
    agent is to find it and to see that. Who may see a hit is the caller's to check; ``without``
    are keys to leave out, as if they were not known (``hidden_keys``).
    """
    return current_library().index.search(query, limit=limit, without=without)


def hidden_keys(*, user: Any, now: datetime) -> frozenset[str]:
    """What the search knows and ``user`` must not learn of; nothing for people of the desk.

    A program that answers users learns of no answer that is not released, and of an announced
    one only once it is effective.
    """
    if not is_bot(user):
        return frozenset()
    told = StandardQuestion.objects.visible_to(user).exclude(effective_from__gt=now)
    known = StandardQuestion.objects.known_to_agents().exclude(pk__in=told)
    return frozenset(known.values_list("key", flat=True))


def current_library() -> Library:
    """What this process searches in: no older than five seconds, see ``IndexHolder``."""
    return holder.current()


def group_key_of(masked: str) -> str:
    """Under which key masked words fall together with other spellings of the same search.

    Width, case, blanks, punctuation and the synonyms of the moment make no difference. Empty
    when nothing is left that could be searched.
    """
    canonical = canonicalise(masked, current_library().synonyms).text
    return " ".join(unit.text for unit in units_of(canonical))[:MOST_GROUP_KEY]


def synonym_table(rules: Iterable[tuple[str, str]]) -> Synonyms:
    """Rules (variant, canonical) for an index; none at all when they contradict each other.

    A contradictory table must not take the search away.
    """
    groups: dict[str, list[str]] = {}
    for variant, canonical in rules:
        groups.setdefault(canonical, []).append(variant)
    try:
        return Synonyms.from_groups(sorted(groups.items()))
    except SynonymError:
        log.exception("the synonyms contradict each other; searching without them")
        return Synonyms()


def committed_version() -> int:
    """Rises with every change of searchable text."""
    number = SearchIndexVersion.objects.filter(pk=1).values_list("number", flat=True).first()
    return number or 0


def read_library() -> Library:
    """Read everything that is searched, and build its index."""
    synonyms = synonym_table(Synonym.objects.values_list("variant", "canonical"))
    documents = tuple(_documents())
    return Library(documents, synonyms, SearchIndex.build(documents, synonyms))


def _documents() -> Iterable[Document]:
    phrasings: dict[tuple[int, bool], list[str]] = {}
    rows = Phrasing.objects.values_list("question_id", "learned", "text").order_by("pk")
    for question_id, learned, text in rows:
        phrasings.setdefault((question_id, learned), []).append(text)
    known = StandardQuestion.objects.known_to_agents().values_list(
        "pk", "key", "title", "contrast_group", "contrast_label"
    )
    for pk, key, title, group, label in known:
        yield Document(
            key=key,
            title=title,
            phrasings=tuple(phrasings.get((pk, False), ())),
            learned=tuple(phrasings.get((pk, True), ())),
            contrast=Contrast(group, label) if group else None,
        )


# Tests look each time: what they roll back is gone with its version.
holder: IndexHolder[Library] = IndexHolder(
    version=committed_version, build=read_library, follows=settings.KLINGDESK_MODE != "test"
)
os.register_at_fork(after_in_child=holder.after_fork)
