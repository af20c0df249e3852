"""Inverted index of single units and pairs in flat arrays, for texts and for whole questions.

For each n-gram: the texts that hold it with what it adds to their BM25 score, and the questions
that hold it with its share in their texts. A hundred thousand phrasings are about 2.5 million
postings of texts and 2 million of questions, at 8 bytes each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kb.search.corpus import Corpus, Numbers
from kb.search.ranking import Ranking

Keys = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

ORDERS: Final = (1, 2)
# An n-gram and the number of a text are packed into one signed number.
KEY_BITS = 62


class Library(NamedTuple):
    """Which question each text belongs to (never decreasing), and which texts are learned."""

    owners: Numbers
    learned: npt.NDArray[np.bool_]
    questions: int


class Postings:
    """Immutable after construction."""

    def __init__(self, corpus: Corpus, library: Library, ranking: Ranking) -> None:
        self._corpus = corpus
        self._base = corpus.unit_count + 1
        self._ranking = ranking
        self._questions = library.questions
        curated = corpus.lengths[~library.learned]
        self._average = max(float(curated.mean()) if len(curated) else 1.0, 1.0)
        packed, counts = self._count(len(library.owners))
        shift = self._shift
        self._texts: Numbers = (packed & ((1 << shift) - 1)).astype(np.int32)
        packed >>= shift
        first = _changes(packed)
        self._keys: Keys = packed[first]
        self._starts = np.append(first, len(packed)).astype(np.int32)
        del packed, first
        self._fill_questions(library)
        self._fill_texts(counts, library)

    def _count(self, texts: int) -> tuple[Keys, Floats]:
        """Each n-gram of each text (packed into one number, in order) with its count."""
        self._shift = max(texts - 1, 1).bit_length()
        if max(ORDERS) * self._base.bit_length() + self._shift > KEY_BITS:
            raise OverflowError("too many texts for one index")
        sequence, parts = self._corpus.units, []
        for order in ORDERS:
            last = max(len(sequence) - order + 1, 0)
            keys = np.zeros(last, dtype=np.int64)
            whole = np.ones(last, dtype=bool)
            for offset in range(order):
                piece = sequence[offset : offset + last]
                keys *= self._base
                keys += piece
                whole &= piece != 0
            keys <<= self._shift
            keys |= self._corpus.holders[:last]
            parts.append(keys[whole])
            del keys
        packed = np.concatenate(parts)
        parts.clear()
        packed.sort()
        first = _changes(packed)
        counts = np.diff(np.append(first, len(packed))).astype(np.float32)
        return packed[first], counts

    def _fill_questions(self, library: Library) -> None:
        """The share of each n-gram in the texts of each question, times its rarity."""
        slots = np.repeat(np.arange(len(self._keys), dtype=np.int32), np.diff(self._starts))
        owners, learned = library.owners[self._texts], library.learned[self._texts]
        new = np.ones(len(owners), dtype=bool)
        new[1:] = (owners[1:] != owners[:-1]) | (slots[1:] != slots[:-1])
        first = np.flatnonzero(new).astype(np.int32)
        slots, self._owners = slots[first], owners[first]
        del new, owners
        every = np.diff(np.append(first, len(learned))).astype(np.int32)
        taught = np.add.reduceat(learned, first, dtype=np.int32) if len(first) else every
        curated = every - taught
        having = np.bincount(slots[curated > 0], minlength=len(self._keys))
        self._rarities = self._ranking.rarities(having, self._questions).astype(np.float32)
        texts = np.bincount(library.owners[~library.learned], minlength=library.questions)
        share = self._ranking.share(curated, taught, texts.astype(np.float32)[self._owners])
        self._shares = (share * self._rarities[slots]).astype(np.float32)
        ends = np.cumsum(np.bincount(slots, minlength=len(self._keys)))
        self._owner_starts = np.append(0, ends).astype(np.int32)

    def _fill_texts(self, counts: Floats, library: Library) -> None:
        norms = self._ranking.norm(self._corpus.lengths, self._average)[self._texts]
        weights = np.where(library.learned, self._ranking.learned, 1.0)[self._texts]
        rarities = np.repeat(self._rarities, np.diff(self._starts))
        saturation = self._ranking.saturation(counts, norms)
        self._impacts = (rarities * saturation * weights).astype(np.float32)

    def slot(self, units: Sequence[str]) -> int:
        """Where an n-gram is found; -1 when no text holds it."""
        key = 0
        for unit in units:
            number = self._corpus.number(unit)
            if not number:
                return -1
            key = key * self._base + number
        slot = int(np.searchsorted(self._keys, key))
        return slot if slot < len(self._keys) and self._keys[slot] == key else -1

    def rarity(self, slot: int) -> float:
        """Weight of an n-gram; one that no curated text holds is the rarest of all."""
        if slot < 0:
            return float(self._ranking.rarities(0, self._questions))
        return float(self._rarities[slot])

    def impact(self, slot: int, count: int, length: int) -> float:
        """What an n-gram adds that stands ``count`` times in a text of ``length`` units."""
        norm = self._ranking.norm(length, self._average)
        return self.rarity(slot) * float(self._ranking.saturation(count, norm))

    def questions_with(self, slot: int) -> Numbers:
        """The questions that hold the n-gram, in order."""
        if slot < 0:
            return self._owners[:0]
        return self._owners[self._owner_starts[slot] : self._owner_starts[slot + 1]]

    def share(self, slot: int, question: int) -> float:
        """What ``add`` adds to the question for the n-gram."""
        having = self.questions_with(slot)
        place = int(np.searchsorted(having, question))
        if place == len(having) or having[place] != question:
            return 0.0
        return float(self._shares[self._owner_starts[slot] + place])

    def add(self, slot: int, weight: float, texts: Floats, questions: Floats) -> None:
        """Add what the n-gram is worth to the scores of ``texts`` and of ``questions``."""
        if slot < 0:
            return
        part = slice(self._starts[slot], self._starts[slot + 1])
        own = slice(self._owner_starts[slot], self._owner_starts[slot + 1])
        impacts, shares = self._impacts[part], self._shares[own]
        if weight != 1.0:
            impacts, shares = impacts * np.float32(weight), shares * np.float32(weight)
        texts[self._texts[part]] += impacts
        questions[self._owners[own]] += shares


def _changes(values: Keys) -> npt.NDArray[np.intp]:
    """Where each run of equal values begins."""
    new = np.ones(len(values), dtype=bool)
    new[1:] = values[1:] != values[:-1]
    return np.flatnonzero(new)
