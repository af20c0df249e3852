"""Why a hit was found: which tokens matched, where they stand, which synonyms took part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kb.search.folding import MappedText
from kb.search.tokens import tokenise

Span = tuple[int, int]

# A run that weighs less than this share of the strongest one is not worth a mark.
MARK_FROM = 0.2


class Match(NamedTuple):
    """A shared token and its part of the score (the parts of a hit add up to its score)."""

    token: str
    weight: float


def matches(contributions: Mapping[str, float], score: float) -> tuple[Match, ...]:
    """Parts of ``score``, strongest first, ties by token."""
    total = sum(contributions.values())
    parts = (Match(token, value / total * score) for token, value in contributions.items())
    return tuple(sorted(parts, key=lambda match: (-match.weight, match.token)))


class Run(NamedTuple):
    """A maximal stretch of shared tokens, with what its tokens add to the score."""

    span: Span
    weight: float


def runs(mapped: MappedText, contributions: Mapping[str, float]) -> tuple[Run, ...]:
    """Stretches of ``mapped`` that shared tokens cover, in order; spans of the original."""
    stretches: list[tuple[int, int, set[str]]] = []
    found = (token for token in tokenise(mapped.text) if token.text in contributions)
    for token in sorted(found, key=lambda token: token.start):
        if stretches and token.start <= stretches[-1][1]:
            start, end, tokens = stretches[-1]
            stretches[-1] = (start, max(end, token.end), tokens | {token.text})
        else:
            stretches.append((token.start, token.end, {token.text}))
    return tuple(
        Run(mapped.span(start, end), sum(contributions[token] for token in sorted(tokens)))
        for start, end, tokens in stretches
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


def rules_used(marked: tuple[Span, ...], mapped: MappedText) -> tuple[tuple[str, str], ...]:
    """Synonym rules behind the marks: (variant as written, canonical term)."""
    return tuple(
        (rule.variant, rule.canonical)
        for rule in mapped.replacements
        if any(start < rule.end and rule.start < end for start, end in marked)
    )
