"""The search of now beside one with another synonym table, for the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from kb.search.canonical import canonical_texts, canonicalise
from kb.search.folding import fold
from kb.search.index import SearchIndex
from kb.search.pinyin import sound, syllable
from kb.search.scripts import is_ideograph
from kb.selectors.search import Library, synonym_table

MOST_KEPT: Final = 6_000
_LATIN: Final = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class First:
    """What comes first for a search; both empty when nothing is found."""

    key: str
    title: str
    confident: bool


class Outcome(NamedTuple):
    """``keys`` are those of the first three."""

    first: First
    keys: tuple[str, ...]


class Effect:
    """What the rules (variant, canonical) would do in place of those of ``library``.

    ``terms`` are the words of the rules that are new or gone.
    """

    def __init__(
        self, library: Library, *, rules: Iterable[tuple[str, str]], terms: Iterable[str]
    ) -> None:
        self._before, self._old = library.index, library.synonyms
        self._new = synonym_table(sorted(rules))
        self._after = SearchIndex.build(library.documents, self._new)
        texts = [text for document in library.documents for text in document.texts]
        old, _counts = canonical_texts(texts, self._old)
        new, _counts = canonical_texts(texts, self._new)
        self._texts_change = old != new
        self._terms = {fold(term).text for term in terms}
        self._sounds = {_sounds_of(term) for term in self._terms}
        self._distances: dict[str, int] = {}

    def distance(self, words: str) -> int:
        """0: read as other words. 1: a term is in them, or something that sounds like one.
        2: some of its characters are. 3: nothing of all that.
        """
        if words not in self._distances:
            self._distances[words] = self._distance(words)
        return self._distances[words]

    def _distance(self, words: str) -> int:
        if canonicalise(words, self._old).text != canonicalise(words, self._new).text:
            return 0
        folded = fold(words).text
        sounds = _sounds_of(folded)
        # Latin letters may be pinyin, or the initials of a term.
        if _LATIN.search(folded) or any(each in sounds for each in self._sounds):
            return 1
        return 2 if any(set(term) & set(folded) for term in self._terms) else 3

    def can_touch(self, words: str) -> bool:
        """Whether the outcome for ``words`` can change at all.

        As long as no text of the knowledge base is read otherwise, only words can that are
        read otherwise themselves or that hold, or sound like, a term. Otherwise all can,
        because what is rare and how long texts are changes.
        """
        return self._texts_change or self.distance(words) < 2

    def before(self, words: str) -> Outcome:
        """Of the search of now: looked up once, since an editor tries several rules on it."""
        known = _known.setdefault(self._before, {})
        if words not in known:
            if len(known) >= MOST_KEPT:
                known.clear()
            known[words] = _outcome(self._before, words)
        return known[words]

    def after(self, words: str) -> Outcome:
        return _outcome(self._after, words) if self.can_touch(words) else self.before(words)


_known: WeakKeyDictionary[SearchIndex, dict[str, Outcome]] = WeakKeyDictionary()


def _outcome(index: SearchIndex, words: str) -> Outcome:
    found = index.search(words, limit=3)
    best = found.hits[0] if found.hits else None
    first = First(best.key, best.title, found.confident) if best else First("", "", False)
    return Outcome(first, tuple(hit.key for hit in found.hits))


def _sounds_of(folded: str) -> str:
    """Character by character: how an ideograph sounds, anything else as it is."""
    return f" {' '.join(map(_heard, folded))} "


@lru_cache(maxsize=16_384)
def _heard(character: str) -> str:
    return sound(syllable(character)) if is_ideograph(character) else character
