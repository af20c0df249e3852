"""Search for the standard question behind a user's words."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

from kb.search.canonical import canonicalise
from kb.search.explain import Match, Span, least_weight, marks, matches, rules_used, runs
from kb.search.folding import MappedText
from kb.search.postings import Postings
from kb.search.ranking import DEFAULT_RANKING, Ranking, is_confident
from kb.search.synonyms import Synonyms
from kb.search.tokens import Bag, bag_of, same_words

QUERY_LIMIT = 200
# Only a text with the same words scores 1.
INEXACT_LIMIT = 0.99


@dataclass(frozen=True, slots=True)
class Document:
    """A standard question: its stable key, its title and its other phrasings."""

    key: str
    title: str
    phrasings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """One standard question, found by its best text (``text``: the title or a phrasing).

    ``score`` is in 0..1. Spans are half-open, in code points of the original string, in order
    and disjoint: ``title_spans`` of ``title``, ``text_spans`` of ``text``, ``query_spans`` of
    the query. ``synonyms`` are the rules that took part, as (variant as written, canonical).
    """

    key: str
    title: str
    score: float
    text: str
    title_spans: tuple[Span, ...]
    text_spans: tuple[Span, ...]
    query_spans: tuple[Span, ...]
    matched: tuple[Match, ...]
    synonyms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. ``query`` is what was searched, cut to ``QUERY_LIMIT`` characters."""

    query: str
    confident: bool
    hits: tuple[Hit, ...]


class SearchIndex:
    """Immutable index of standard questions; safe to share between threads."""

    def __init__(
        self, documents: tuple[Document, ...], synonyms: Synonyms, ranking: Ranking
    ) -> None:
        """Use ``build``. ``documents`` are in the order of their keys, which breaks ties."""
        self._documents = documents
        self._synonyms = synonyms
        self._texts = tuple(chain.from_iterable((d.title, *d.phrasings) for d in documents))
        self._owners = array(
            "I",
            chain.from_iterable(
                repeat(number, 1 + len(d.phrasings)) for number, d in enumerate(documents)
            ),
        )
        self._exact: dict[str, list[int]] = {}
        self._postings = Postings(self._canonical_texts(), self._owners, ranking)

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

    def _canonical_texts(self) -> Iterator[str]:
        for number, text in enumerate(self._texts):
            canonical = canonicalise(text, self._synonyms).text
            words = same_words(canonical)
            if words:
                self._exact.setdefault(words, []).append(number)
            yield canonical

    def search(self, query: str, *, limit: int = 8) -> SearchResult:
        """The best ``limit`` standard questions for a user's words, best first.

        Any string is fine; what lies beyond ``QUERY_LIMIT`` characters is ignored. A question
        ranks by its best text: first those that hold the query's very words (score 1), then by
        BM25 as a share of what the query would score against itself (below 1). That share
        compares between queries: it says how much of the weight of the words was found. Ties
        are broken by key.
        """
        query = query[:QUERY_LIMIT]
        mapped = canonicalise(query, self._synonyms)
        bag = bag_of(mapped.text)
        if limit < 1 or not bag.counts:
            return SearchResult(query, False, ())
        ideal = self._postings.ideal(bag)
        same = self._same_words(mapped.text)
        ranked = [(1.0, text) for text in same.values()]
        # Two at least, because confidence needs to know the second.
        for candidate in self._postings.top(bag, max(limit, 2) + len(same)):
            if candidate.owner not in same:
                ranked.append((min(candidate.score / ideal, INEXACT_LIMIT), candidate.text))
        hits = tuple(self._hit(mapped, bag, score, text) for score, text in ranked[:limit])
        return SearchResult(query, is_confident([score for score, _ in ranked[:2]]), hits)

    def _same_words(self, canonical: str) -> dict[int, int]:
        """Owners of texts with the same words, in order, each with its first such text."""
        found: dict[int, int] = {}
        for text in self._exact.get(same_words(canonical), ()):
            found.setdefault(self._owners[text], text)
        return found

    def _hit(self, query: MappedText, bag: Bag, score: float, number: int) -> Hit:
        document = self._documents[self._owners[number]]
        text = canonicalise(self._texts[number], self._synonyms)
        title = canonicalise(document.title, self._synonyms)
        shared = self._postings.contributions(bag, bag_of(text.text))
        in_title = self._postings.contributions(bag, bag_of(title.text))
        in_text = runs(text, shared)
        least = least_weight(in_text)
        text_spans, query_spans = marks(in_text, least), marks(runs(query, shared), least)
        rules = (*rules_used(query_spans, query), *rules_used(text_spans, text))
        return Hit(
            key=document.key,
            title=document.title,
            score=score,
            text=self._texts[number],
            title_spans=marks(runs(title, in_title), least),
            text_spans=text_spans,
            query_spans=query_spans,
            matched=matches(shared, score),
            synonyms=tuple(dict.fromkeys(rules)),
        )
