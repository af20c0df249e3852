"""The figures of the ranking, and the formulas that use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Ranking:
    """A question scores by its best text (BM25) and by all its texts together.

    Both are shares of what the query would score against itself, so that scores compare between
    queries. ``best_text`` is the weight of the former. All texts together say, for each n-gram,
    how typical it is: the share of texts that hold it, to the power ``share_exponent``. A long
    story touches several phrasings and repeats none; on 602 utterances (344 in a hard set, 258
    in an easier one) the best text alone finds 80 and 91 % first, all texts alone 85 and 96 %,
    both 86 and 97 %. An exponent of 0.2 to 0.5, ``k1`` (which saturates repetition) of 0.6 to
    2 and ``b`` (the weight of a text's length) of 0.5 to 0.9 move that by one percent at most.
    Titles weigh as much as phrasings, since counting them twice gained nothing.

    ``learned`` is the weight of learned phrasings. ``homophone`` is that of repairs: 0.5 finds
    1 % more of the easier set than none, and as many of the hard one. ``contrast`` is the part
    of a score that deciding words of near-duplicates decide (0 to 0.3 make no difference to
    those sets, whose words decide anyway); those that score at least ``close`` times the best
    are a choice for the agent.
    """

    k1: float = 1.2
    b: float = 0.9
    best_text: float = 0.15
    share_exponent: float = 0.35
    learned: float = 0.7
    homophone: float = 0.5
    contrast: float = 0.1
    close: float = 0.9

    def rarities(self, questions_with: Any, questions: int) -> Any:
        """Weight of n-grams that stand in ``questions_with`` of ``questions``; positive.

        Questions are counted, not texts: a word that all phrasings of one question share says
        a lot about that question.
        """
        return np.log1p((questions - questions_with + 0.5) / (questions_with + 0.5))

    def norm(self, lengths: Any, average: float) -> Any:
        """What the counts of a text of ``lengths`` units are saturated against."""
        return self.k1 * (1 - self.b + self.b * lengths / average)

    def saturation(self, counts: Any, norms: Any) -> Any:
        """BM25's factor for ``counts`` occurrences; below ``k1 + 1``."""
        return counts * (self.k1 + 1) / (counts + norms)

    def fused(self, best_text: Any, shares: Any) -> Any:
        """The score of a question from that of its best text and from all its texts."""
        return self.best_text * best_text + (1 - self.best_text) * shares

    def share(self, curated: Any, learned: Any, texts: Any) -> Any:
        """How typical an n-gram is of a question with ``texts`` curated texts, 0 to 1.

        ``curated`` of these hold it, and ``learned`` others; the latter count as much as the
        same number of curated ones, times their weight.
        """
        own = (curated / texts) ** self.share_exponent
        taught = (np.minimum(learned, texts) / texts) ** self.share_exponent
        return np.maximum(own, self.learned * taught)


DEFAULT_RANKING = Ranking()
