"""What goes into the index and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kb.search.explain import Match, Pair, Span


class Contrast(NamedTuple):
    """``group`` of questions that are easily taken for each other; ``label`` says which."""

    group: str
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A standard question: its stable key, its title and its other phrasings.

    ``learned`` phrasings come from use rather than from an editor: they weigh less and do not
    count in the statistics of the words.
    """

    key: str
    title: str
    phrasings: tuple[str, ...]
    learned: tuple[str, ...] = ()
    contrast: Contrast | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Title first, then phrasings, then learned ones."""
        return (self.title, *self.phrasings, *self.learned)


@dataclass(frozen=True, slots=True)
class Hit:
    """One standard question, found by its best text (``text``: the title or a phrasing).

    ``score`` is in 0..1. Spans are half-open, in code points of the original string, in order
    and disjoint: ``title_spans`` of ``title``, ``text_spans`` of ``text``, ``query_spans`` of
    the query. ``synonyms`` are the rules that took part, as (variant as written, canonical);
    ``sounds`` the pinyin, initials and homophones that did, as (as typed, as meant).
    """

    key: str
    title: str
    score: float
    text: str
    title_spans: tuple[Span, ...]
    text_spans: tuple[Span, ...]
    query_spans: tuple[Span, ...]
    matched: tuple[Match, ...]
    synonyms: tuple[Pair, ...]
    sounds: tuple[Pair, ...] = ()


class Choice(NamedTuple):
    """One of several near-duplicates: the key of the question and what tells it apart."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first. ``query`` is what was searched, cut to ``QUERY_LIMIT`` characters.

    ``confident``: the first hit very likely answers the words. ``choices``, best first, is not
    empty when the words cannot tell near-duplicates among the best hits apart.
    """

    query: str
    confident: bool
    hits: tuple[Hit, ...]
    choices: tuple[Choice, ...] = ()
