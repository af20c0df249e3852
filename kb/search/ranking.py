"""The figures of the ranking, the two formulas that use them (BM25), and confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ranking:
    """BM25 over units and pairs of units.

    ``k1`` (from 0) saturates repetition, ``b`` (0 to 1) is the weight of a text's length. The
    defaults lie on a plateau: k1 0.6 to 2 and b 0.45 to 0.9 move hit@1 by two queries in 81.
    Weights for titles or for pairs, and the share of a text that was found, gained no more
    than that either, so there are none.
    """

    k1: float = 1.2
    b: float = 0.9

    def rarity(self, questions_with: int, questions: int) -> float:
        """Weight of a token that stands in ``questions_with`` of ``questions``; positive.

        Questions are counted, not texts: a word that all phrasings of one question share says
        a lot about that question.
        """
        return math.log1p((questions - questions_with + 0.5) / (questions_with + 0.5))

    def saturation(self, count: int, length: int, average: float) -> float:
        """Factor for ``count`` occurrences in a text of ``length`` units; below ``k1 + 1``."""
        norm = self.k1 * (1 - self.b + self.b * length / average)
        return count * (self.k1 + 1) / (count + norm)


DEFAULT_RANKING = Ranking()
CONFIDENT_SCORE = 0.30
CONFIDENT_MARGIN = 0.08


def is_confident(scores: Sequence[float]) -> bool:
    """Whether the first of ``scores`` (0..1, best first) is clearly good.

    It must find ``CONFIDENT_SCORE`` of the query's weight and be ``CONFIDENT_MARGIN`` ahead of
    the second. Chosen with ``bench/search_quality.py --sweep`` on 27 questions with 197 texts
    and 288 colloquial queries: of 81 that the questions answer, 38 were answered confidently
    and rightly and 1 wrongly; of 30 about other things 3, and of 177 about the product but
    beyond these questions 4 were answered confidently. Laxer, 0.20 without a margin gives 60
    right, 8 wrong, 4 and 34; stricter, 0.45 and 0.03 give 21 right, 0 wrong, 1 and 0.
    """
    if not scores or scores[0] < CONFIDENT_SCORE:
        return False
    return len(scores) == 1 or scores[0] - scores[1] >= CONFIDENT_MARGIN
