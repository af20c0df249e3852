"""What an unsaved text would do to the search: tried in memory, nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass

from kb.search.index import Document, SearchIndex, SearchResult
from kb.selectors.search import current_library

DEEPEST_RANK = 50
"""So far down a rank is looked for; below it, nobody would find the question."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One search. ``rank`` is the place of the question that was asked about, from 1 on."""

    rank: int | None
    result: SearchResult


def try_words(words: str, *, document: Document) -> tuple[Trial, Trial]:
    """Search as it is now, and as it would be with ``document`` in place of its question.

    Both have up to ``DEEPEST_RANK`` hits.
    """
    library = current_library()
    others = [each for each in library.documents if each.key != document.key]
    changed = SearchIndex.build([*others, document], library.synonyms)
    return _trial(words, library.index, document.key), _trial(words, changed, document.key)


def _trial(words: str, index: SearchIndex, key: str) -> Trial:
    result = index.search(words, limit=DEEPEST_RANK)
    ranks = (number for number, hit in enumerate(result.hits, start=1) if hit.key == key)
    return Trial(next(ranks, None), result)
