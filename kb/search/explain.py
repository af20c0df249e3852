"""Why a hit was found: which n-grams matched, where they stand, which rules took part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kb.search.folding import MappedText, Replacement
from kb.search.tokens import Gram, Unit, grams_of, units_of

Span = tuple[int, int]
Pair = tuple[str, str]
Words = tuple[str, ...]
"""One n-gram: its units."""

# A run that weighs less than this share of the strongest one is not worth a mark.
MARK_FROM = 0.2


class Match(NamedTuple):
    """A shared n-gram and its part of the score (the parts of a hit add up to its score)."""

    token: str
    weight: float


class Analysed(NamedTuple):
    """A text with its n-grams in order, how often each stands in it, and its units."""

    mapped: MappedText
    units: tuple[Unit, ...]
    found: tuple[Gram, ...]
    grams: Counter[Words]


def analysed(mapped: MappedText) -> Analysed:
    """``mapped`` cut into n-grams."""
    units = units_of(mapped.text)
    found = grams_of(units)
    return Analysed(mapped, tuple(units), tuple(found), Counter(gram.units for gram in found))


def matches(contributions: Mapping[Words, float], score: float) -> tuple[Match, ...]:
    """Parts of ``score``, strongest first, ties by token."""
    total = sum(contributions.values())
    parts = (Match("".join(words), value / total * score) for words, value in contributions.items())
    return tuple(sorted(parts, key=lambda match: (-match.weight, match.token)))


class Run(NamedTuple):
    """A maximal stretch of shared n-grams, with what they add to the score."""

    span: Span
    weight: float


def runs(text: Analysed, contributions: Mapping[Words, float]) -> tuple[Run, ...]:
    """Stretches of ``text`` that shared n-grams cover, in order; spans of the original."""
    stretches: list[tuple[int, int, set[Words]]] = []
    for words, start, end in text.found:
        if words not in contributions:
            continue
        if stretches and start <= stretches[-1][1]:
            before, after, held = stretches[-1]
            held.add(words)
            stretches[-1] = (before, max(after, end), held)
        else:
            stretches.append((start, end, {words}))
    return tuple(
        Run(text.mapped.span(start, end), sum(contributions[words] for words in sorted(held)))
        for start, end, held in stretches
    )


def marks(found: Iterable[Run], least: float) -> tuple[Span, ...]:
    """What to mark: runs of at least the weight ``least``, in order and disjoint.

    So a particle or another everyday word is marked only as part of something.
    """
    return merge(run.span for run in found if run.weight >= least)


def least_weight(found: Iterable[Run]) -> float:
    """``MARK_FROM`` of the strongest run."""
    return MARK_FROM * max((run.weight for run in found), default=0.0)


def merge(found: Iterable[Span]) -> tuple[Span, ...]:
    """Union of spans as maximal runs: touching and overlapping ones become one."""
    union: list[Span] = []
    for start, end in sorted(found):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return tuple(union)


def rules_used(marked: tuple[Span, ...], mapped: MappedText) -> tuple[Replacement, ...]:
    """The replacements behind the marks, in the order in which they were made."""
    return tuple(
        rule
        for rule in mapped.replacements
        if any(start < rule.end and rule.start < end for start, end in marked)
    )
