"""Inverted index of canonical texts in flat arrays, and exact top-k ranking over it.

A hundred thousand phrasings are about 2.4 million postings: two flat arrays (text number,
impact) with one slice for each token keep them in 29 MB, and adding up slices is fast enough
without a numeric library (``bench/search_speed.py``).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest, nsmallest
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from kb.search.ranking import Ranking
from kb.search.tokens import Bag, bag_of

# When to look whether the rest can be skipped: after so many postings, then after so many times
# as many. Looking means completing the scores of so many front runners for each wanted owner.
FIRST_LOOK = 10_000
LOOK_AGAIN = 2
FRONT_RUNNERS = 2
# Sums of floats may exceed their bound by this factor at most (far more than enough).
ROUNDING = 1 + 1e-9


class Candidate(NamedTuple):
    """The best text of one owner, with its raw BM25 score."""

    score: float
    owner: int
    text: int


class _Slice(NamedTuple):
    """Where the postings of a token are, and its strongest impact on any text."""

    start: int
    end: int
    bound: float


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
        self._bounds = array("d", bytes(8 * len(self._numbers)))
        free = self._starts[:]
        for token, holder, count in zip(tokens, holders, counts, strict=True):
            slot = free[token]
            free[token] = slot + 1
            self._texts[slot] = holder
            impact = self._rarity[token] * self.ranking.saturation(
                count, lengths[holder], self._average
            )
            self._impacts[slot] = impact
            if impact > self._bounds[token]:
                self._bounds[token] = impact

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
        """The ``limit`` best owners by their best text; ties by owner, then by text number.

        Exact, but common tokens are not read to the end: tokens are taken strongest first, and
        once what is left cannot lift a text that was not met so far above the best ``limit``,
        the long lists of the weak tokens are looked up for the texts still in the race only
        (known as MaxScore). Every text adds its impacts in the same order either way, so equal
        texts stay equal.
        """
        slices = self._slices(query)
        left = _sums_to_end(slices)
        scores: dict[int, float] = {}
        floor, read, due = 0.0, 0, FIRST_LOOK
        for index, (start, end, _) in enumerate(slices):
            if scores and read + end - start > due:
                floor = max(floor, self._floor(scores, slices[index:], limit))
                due = LOOK_AGAIN * (read + end - start)
            if floor > left[index]:
                scores = self._finish(scores, slices[index:], floor)
                break
            get = scores.get
            for text, impact in zip(self._texts[start:end], self._impacts[start:end], strict=True):
                scores[text] = get(text, 0.0) + impact
            read += end - start
        return self._best(scores, limit)

    def _slices(self, query: Bag) -> list[_Slice]:
        """Postings of the query's tokens, strongest first."""
        numbers = (self._numbers.get(token) for token in query.counts)
        return sorted(
            (
                _Slice(self._starts[number], self._starts[number + 1], self._bounds[number])
                for number in numbers
                if number is not None
            ),
            key=lambda each: (-each.bound, each.start),
        )

    def _floor(self, scores: Mapping[int, float], rest: Sequence[_Slice], limit: int) -> float:
        """A score that ``limit`` owners are sure to reach: that of the front runners, completed."""
        ahead = dict(nlargest(FRONT_RUNNERS * limit, scores.items(), key=itemgetter(1)))
        owners: dict[int, float] = {}
        for text, score in self._finish(ahead, rest, 0.0).items():
            owner = self._owners[text]
            owners[owner] = max(score, owners.get(owner, 0.0))
        return nlargest(limit, owners.values())[-1] if len(owners) >= limit else 0.0

    def _finish(
        self, scores: dict[int, float], rest: Sequence[_Slice], floor: float
    ) -> dict[int, float]:
        """Completed scores of the texts that can still reach ``floor``."""
        for (start, end, _), most in zip(rest, _sums_to_end(rest), strict=True):
            scores = {text: score for text, score in scores.items() if score + most >= floor}
            for text in scores:
                slot = bisect_left(self._texts, text, start, end)
                if slot < end and self._texts[slot] == text:
                    scores[text] += self._impacts[slot]
        return scores

    def _best(self, scores: Mapping[int, float], limit: int) -> list[Candidate]:
        best: dict[int, Candidate] = {}
        for text in sorted(scores):
            score, owner = scores[text], self._owners[text]
            if owner not in best or score > best[owner].score:
                best[owner] = Candidate(score, owner, text)
        return nsmallest(limit, best.values(), key=lambda each: (-each.score, each.owner))


def _sums_to_end(slices: Sequence[_Slice]) -> list[float]:
    """For each slice, what it and all later ones can add to one text at most."""
    sums = accumulate(each.bound for each in reversed(slices))
    return [most * ROUNDING for most in sums][::-1]
