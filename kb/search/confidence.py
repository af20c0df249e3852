"""How sure it is that the first question answers the words: a small fitted function."""

from __future__ import annotations

import math
from typing import Final, NamedTuple


class Evidence(NamedTuple):
    """What speaks for the first question, and against it.

    ``best_text`` is the score of its best text, ``gap`` how far the next question is behind
    (as a share of its score) and ``lead`` the same for the next question of another group,
    ``content`` the share of the words' rarity that its texts hold, fillers left out; all from 0
    to 1. ``length`` is the number of units of the query, ``elsewhere`` the number of words of
    other products or daily life that the question does not hold.
    """

    best_text: float
    gap: float
    lead: float
    content: float
    length: int
    elsewhere: int


class Weights(NamedTuple):
    """Of a logistic function of the evidence."""

    constant: float
    best_text: float
    lead: float
    content: float
    length: float
    elsewhere: float


FITTED: Final = Weights(-7.41, 5.02, 3.85, 3.30, 1.25, -1.56)
"""Fitted by ``bench/search_quality.py --fit`` to two sets of utterances that were written
independently of each other: 602 that the 86 starter questions answer and 110 about other
things. In ten folds, 90 % of the former and 19 % of the latter are answered confidently, and
4 % confidently and wrongly. Fitted on the harder set alone, 92 % and 20 % of the easier one are
confident; the other way round 92 % and 32 %, because one set's hardness moves the constant.
More evidence (the share of known words, of known pairs, the score of the question) gained
nothing."""
SURE: Final = 0.5
# A tie is never sure. A single word names a subject and no question, unless one question only
# is about it; no utterance of the two sets is so short and affected.
A_WORD: Final = 4
LEAST_GAP: Final = 0.02
LEAST_GAP_OF_A_WORD: Final = 0.08
# A question that holds next to nothing of the words was found by chance: markup, or one filler
# said four hundred times.
LEAST_CONTENT: Final = 0.05


def features(evidence: Evidence) -> tuple[float, ...]:
    """What the weights after the constant belong to, in order."""
    return (
        evidence.best_text,
        # The difference between no lead and a small one says more than any further lead.
        math.sqrt(evidence.lead),
        evidence.content,
        math.log(evidence.length),
        float(evidence.elsewhere),
    )


def confidence(evidence: Evidence, weights: Weights = FITTED) -> float:
    """The probability that the first question answers the words, 0 to 1."""
    parts = zip(weights[1:], features(evidence), strict=True)
    total = weights.constant + sum(weight * value for weight, value in parts)
    return 1 / (1 + math.exp(-total))


def is_sure(evidence: Evidence, weights: Weights = FITTED) -> bool:
    """Whether the first question very likely answers the words."""
    least = LEAST_GAP_OF_A_WORD if evidence.length <= A_WORD else LEAST_GAP
    if evidence.gap < least or evidence.content < LEAST_CONTENT:
        return False
    return confidence(evidence, weights) >= SURE
