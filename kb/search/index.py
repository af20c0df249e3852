"""Search for the standard question behind a user's words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kb.search.canonical import canonical_texts, canonicalise
from kb.search.confidence import Evidence, is_sure
from kb.search.contrast import FRONT, Asked, Contrasts
from kb.search.corpus import Corpus, first_texts, owners_of
from kb.search.documents import Choice, Contrast, Document, Hit, SearchResult
from kb.search.elsewhere import named
from kb.search.explain import (
    Analysed,
    Pair,
    Words,
    analysed,
    least_weight,
    marks,
    matches,
    merge,
    rules_used,
    runs,
)
from kb.search.fillers import is_filler
from kb.search.folding import Replacement, folded_texts
from kb.search.postings import Floats, Library, Postings
from kb.search.query import Query, Reader
from kb.search.ranking import DEFAULT_RANKING, Ranking
from kb.search.sounds import Sounds
from kb.search.synonyms import Synonyms
from kb.search.tokens import units_of

__all__ = ["QUERY_LIMIT", "Choice", "Contrast", "Document", "Hit", "SearchIndex", "SearchResult"]

QUERY_LIMIT = 200
# Only a text with the same words scores 1.
INEXACT_LIMIT = 0.99
# Texts that are kept cut up, because the same ones are found again and again.
KEPT_TEXTS = 2048

Scores = npt.NDArray[np.float64]
Ranked = list[tuple[float, int]]
"""Questions by number with their scores, best first."""


Grams = Mapping[Words, tuple[int, float]]
"""The n-grams of a query, each with its slot in the postings and its weight."""


class Found(NamedTuple):
    """What a query found: a score of each text, texts of the same words by their question, and
    the best questions."""

    read: Query
    grams: Grams
    texts: Floats
    exact: dict[int, int]
    ranked: Ranked


class SearchIndex:
    """Immutable index of standard questions; safe to share between threads."""

    def __init__(
        self, documents: tuple[Document, ...], synonyms: Synonyms, ranking: Ranking
    ) -> None:
        """Use ``build``. ``documents`` are in the order of their keys, which breaks ties."""
        self._documents = documents
        self._synonyms = synonyms
        self._ranking = ranking
        self._texts = tuple(chain.from_iterable(each.texts for each in documents))
        counts = [len(each.texts) for each in documents]
        self._owners, self._first = owners_of(counts), first_texts(counts)
        learned = np.zeros(len(self._texts), dtype=bool)
        for document, first, count in zip(documents, self._first, counts, strict=True):
            learned[first + count - len(document.learned) : first + count] = True
        canonical, met = canonical_texts(self._texts, synonyms)
        self._learned = learned
        self._corpus = corpus = Corpus(canonical)
        del canonical
        library = Library(self._owners, learned, len(documents))
        self._postings = Postings(corpus, library, ranking)
        self._contrasts = Contrasts(documents, self._postings, ranking)
        sounds = Sounds(corpus, {term: met[term] for term in synonyms.terms})
        self._reader = Reader(synonyms, sounds, self._is_known)
        self._analysed = lru_cache(KEPT_TEXTS)(lambda text: analysed(canonicalise(text, synonyms)))

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        synonyms: Synonyms,
        *,
        ranking: Ranking = DEFAULT_RANKING,
    ) -> SearchIndex:
        """Index ``documents`` in any order. Raises ``ValueError`` when a key is there twice."""
        ordered = tuple(sorted(documents, key=lambda document: document.key))
        for one, other in pairwise(ordered):
            if one.key == other.key:
                raise ValueError(f"“{one.key}” is there twice")
        return cls(ordered, synonyms, ranking)

    def __len__(self) -> int:
        return len(self._documents)

    def _is_known(self, words: Words) -> bool:
        return self._postings.slot(words) >= 0

    def search(self, query: str, *, limit: int = 8, without: Collection[str] = ()) -> SearchResult:
        """The best ``limit`` standard questions for a user's words, best first.

        Any string is fine; what lies beyond ``QUERY_LIMIT`` characters is ignored. First come
        questions with a curated text of the query's very words (score 1), then the others by
        ``Ranking`` (below 1). Ties are broken by key. Questions whose keys are in ``without``
        are left out, as if they had not been found.
        """
        found = self._find(query, limit, without)
        if found is None:
            return SearchResult(query[:QUERY_LIMIT], False, ())
        hits = tuple(
            self._hit(found, score, self._best_text(found, number))
            for score, number in found.ranked[:limit]
        )
        sure = is_sure(self._evidence(found))
        choices = self._contrasts.choices(found.ranked)
        return SearchResult(query[:QUERY_LIMIT], sure, hits, choices)

    def evidence(self, query: str) -> Evidence | None:
        """What the confidence in the first hit rests on; ``None`` when nothing is found."""
        found = self._find(query, FRONT, ())
        return None if found is None else self._evidence(found)

    def _find(self, query: str, limit: int, without: Collection[str]) -> Found | None:
        """At least the best ``limit`` questions, if there are so many; ``None`` for none."""
        read = self._reader.read(query[:QUERY_LIMIT])
        if limit < 1 or not read.as_typed.grams or not self._documents:
            return None
        asked, texts, scores = self._look_up(read)
        for number, document in enumerate(self._documents if without else ()):
            if document.key in without:
                scores[number] = 0.0
        exact = self._same_words(read, without)
        self._contrasts.adjust(scores, _best(scores, FRONT), asked)
        others = (
            (min(float(scores[number]), INEXACT_LIMIT), number)
            for number in _best(scores, max(limit, FRONT) + len(exact))
            if number not in exact
        )
        ranked = [*((1.0, number) for number in exact), *others]
        return Found(read, asked.grams, texts, exact, ranked) if ranked else None

    def _look_up(self, read: Query) -> tuple[Asked, Floats, Scores]:
        """Scores of all texts and questions, as shares of what the query itself would score."""
        grams = {
            words: (self._postings.slot(words), weight)
            for words, weight in read.grams(self._ranking.homophone).items()
        }
        texts = np.zeros(len(self._texts), dtype=np.float32)
        shares = np.zeros(len(self._documents), dtype=np.float32)
        ideal = total = 0.0
        length = len(read.as_meant.units)
        for words, (slot, weight) in grams.items():
            self._postings.add(slot, weight, texts, shares)
            count = read.as_meant.grams[words]
            if count:
                ideal += weight * self._postings.impact(slot, count, length)
                total += weight * self._postings.rarity(slot)
        texts /= np.float32(ideal)
        shares /= np.float32(total)
        best = np.maximum.reduceat(texts, self._first)
        scores = self._ranking.fused(best, shares).astype(np.float64)
        return Asked(grams, read.negated, 1.0 / total), texts, scores

    def _same_words(self, read: Query, without: Collection[str]) -> dict[int, int]:
        """Questions with a curated text of the same words, each with its first such text."""
        found: dict[int, int] = {}
        words = [unit.text for unit in read.as_typed.units]
        for text in self._corpus.same_as(words).tolist():
            number = int(self._owners[text])
            if self._learned[text] or self._documents[number].key in without:
                continue
            canonical = canonicalise(self._texts[text], self._synonyms).text
            if [unit.text for unit in units_of(canonical)] == words:
                found.setdefault(number, text)
        return found

    def _best_text(self, found: Found, number: int) -> int:
        if number in found.exact:
            return found.exact[number]
        first = int(self._first[number])
        own = found.texts[first : first + len(self._documents[number].texts)]
        return first + int(np.argmax(own))

    def _evidence(self, found: Found) -> Evidence:
        """What speaks for the first question."""
        read, ranked = found.read, found.ranked
        score, first = ranked[0]
        document = self._documents[first]
        rivals = (each for each, number in ranked if not self._is_sibling(first, number))
        whole = held = 0.0
        for words in read.as_meant.grams:
            # A number alone says nothing: "1" stands in one question by chance.
            if len(words) == 1 and not is_filler(words[0]) and not words[0].isdigit():
                slot, _weight = found.grams[words]
                rarity = self._postings.rarity(slot)
                whole += rarity
                held += rarity * (self._postings.share(slot, first) > 0)
        strange = named(read.as_typed.mapped.text)
        if strange:
            strange -= named(" ".join(folded_texts(document.texts)))
        return Evidence(
            best_text=float(found.texts[self._best_text(found, first)]),
            gap=(score - max((each for each, _ in ranked[1:]), default=0.0)) / score,
            lead=(score - next(rivals, 0.0)) / score,
            content=held / whole if whole else 0.0,
            length=len(read.as_meant.units),
            elsewhere=len(strange),
        )

    def _is_sibling(self, one: int, other: int) -> bool:
        """Whether two questions are the same, or of one group of near-duplicates."""
        group = self._documents[one].contrast
        another = self._documents[other].contrast
        return one == other or (
            group is not None and another is not None and group.group == another.group
        )

    def _hit(self, found: Found, score: float, number: int) -> Hit:
        read, grams = found.read, found.grams
        document = self._documents[self._owners[number]]
        text, title = self._analysed(self._texts[number]), self._analysed(document.title)
        shared = self._contributions(grams, text)
        in_text = runs(text, shared)
        least = least_weight(in_text)
        text_spans = marks(in_text, least)
        query_spans = merge(
            span for each in read.readings for span in marks(runs(each, shared), least)
        )
        used = (
            *rules_used(query_spans, read.as_meant.mapped),
            *rules_used(text_spans, text.mapped),
        )
        return Hit(
            key=document.key,
            title=document.title,
            score=score,
            text=self._texts[number],
            title_spans=marks(runs(title, self._contributions(grams, title)), least),
            text_spans=text_spans,
            query_spans=query_spans,
            matched=matches(shared, score),
            synonyms=_pairs(rule for rule in used if not rule.by_sound),
            sounds=_pairs(rule for rule in used if rule.by_sound),
        )

    def _contributions(self, grams: Grams, text: Analysed) -> dict[Words, float]:
        """What each n-gram of the query that ``text`` holds adds to the score of the text."""
        return {
            words: weight * self._postings.impact(slot, text.grams[words], len(text.units))
            for words, (slot, weight) in grams.items()
            if words in text.grams
        }


def _best(scores: Scores, count: int) -> list[int]:
    """The ``count`` questions with the highest scores above 0, best first; ties by number."""
    found = np.flatnonzero(scores > 0)
    if len(found) > count:
        least = np.partition(scores[found], -count)[-count]
        found = found[scores[found] >= least]
    order = np.lexsort((found, -scores[found]))
    return [int(number) for number in found[order][:count]]


def _pairs(rules: Iterable[Replacement]) -> tuple[Pair, ...]:
    return tuple(dict.fromkeys((rule.variant, rule.canonical) for rule in rules))
