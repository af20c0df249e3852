"""Inverted index of canonical texts in flat arrays, and exact top-k ranking over it.

A hundred thousand phrasings are about 2.4 million postings: two flat arrays (text number,
impact) with one slice for each token keep them in 29 MB, and adding up slices is fast enough
without a numeric library (``bench/search_speed.py``).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from kb.search.ranking import Ranking
from kb.search.tokens import Bag, bag_of


class Candidate(NamedTuple):
    """The best text of one owner, with its raw BM25 score."""

    score: float
    owner: int
    text: int


class Postings:
    """Immutable after construction. Texts are numbered in the order given."""

    def __init__(self, texts: Iterable[str], owners: Sequence[int], ranking: Ranking) -> None:
        """``texts`` are canonical; text ``i`` belongs to question number ``owners[i]``.

        ``owners`` starts at 0 and never decreases.
        """
        self.ranking = ranking
        self._owners = owners
        self._questions = owners[-1] + 1 if owners else 0
        self._numbers: dict[str, int] = {}
        tokens, holders, counts, lengths = array("I"), array("I"), array("I"), array("I")
        for holder, text in enumerate(texts):
            bag = bag_of(text)
            lengths.append(bag.length)
            for token, count in bag.counts.items():
                tokens.append(self._numbers.setdefault(token, len(self._numbers)))
                holders.append(holder)
                counts.append(count)
        self._average = max(sum(lengths) / max(len(lengths), 1), 1.0)
        self._weigh(tokens, holders)
        self._fill(tokens, holders, counts, lengths)

    def _weigh(self, tokens: array[int], holders: array[int]) -> None:
        """Count texts (for the slices) and questions (for the rarity) of each token."""
        texts = array("I", bytes(4 * len(self._numbers)))
        questions = array("I", bytes(4 * len(self._numbers)))
        latest = array("q", [-1]) * len(self._numbers)
        for token, holder in zip(tokens, holders, strict=True):
            texts[token] += 1
            owner = self._owners[holder]
            if latest[token] != owner:
                latest[token] = owner
                questions[token] += 1
        self._starts = array("I", accumulate(texts, initial=0))
        self._rarity = array(
            "d", (self.ranking.rarity(number, self._questions) for number in questions)
        )

    def _fill(
        self, tokens: array[int], holders: array[int], counts: array[int], lengths: array[int]
    ) -> None:
        """Sort the postings by token (a counting sort) and work out their impacts."""
        self._texts = array("I", bytes(4 * len(tokens)))
        self._impacts = array("d", bytes(8 * len(tokens)))
        free = self._starts[:]
        for token, holder, count in zip(tokens, holders, counts, strict=True):
            slot = free[token]
            free[token] = slot + 1
            self._texts[slot] = holder
            self._impacts[slot] = self._rarity[token] * self.ranking.saturation(
                count, lengths[holder], self._average
            )

    def rarity(self, token: str) -> float:
        """Weight of any token; one that no text holds is the rarest of all."""
        number = self._numbers.get(token)
        if number is None:
            return self.ranking.rarity(0, self._questions)
        return self._rarity[number]

    def contributions(self, query: Bag, text: Bag) -> dict[str, float]:
        """What each token that ``query`` and ``text`` share adds to the score."""
        return {
            token: self.rarity(token)
            * self.ranking.saturation(text.counts[token], text.length, self._average)
            for token in query.counts
            if token in text.counts
        }

    def ideal(self, query: Bag) -> float:
        """Score of a text that is ``query`` itself: the yardstick for scores."""
        return sum(self.contributions(query, query).values())

    def top(self, query: Bag, limit: int) -> list[Candidate]:
        """The ``limit`` best owners by their best text; ties by owner, then by text number."""
        scores = [0.0] * len(self._owners)
        for token in query.counts:
            number = self._numbers.get(token)
            if number is None:
                continue
            part = slice(self._starts[number], self._starts[number + 1])
            for text, impact in zip(self._texts[part], self._impacts[part], strict=True):
                scores[text] += impact
        return self._best(scores, limit)

    def _best(self, scores: Sequence[float], limit: int) -> list[Candidate]:
        """Group by owner, looking only at texts near the strongest as long as these suffice."""
        floor = max(scores, default=0.0)
        nothing = floor / 64
        while floor > 0.0:
            floor = floor / 2 if floor > nothing else 0.0
            best: dict[int, Candidate] = {}
            for text, score in enumerate(scores):
                if score > floor:
                    owner = self._owners[text]
                    if owner not in best or score > best[owner].score:
                        best[owner] = Candidate(score, owner, text)
            if len(best) >= limit or floor == 0.0:
                return sorted(best.values(), key=lambda each: (-each.score, each.owner))[:limit]
        return []
