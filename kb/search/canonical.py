"""Canonical form of a user's words and of phrasings: folding, then synonym replacement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from kb.search.folding import MappedText, Replacement, fold, folded_texts
from kb.search.synonyms import Synonyms


def canonicalise(text: str, synonyms: Synonyms) -> MappedText:
    """Fold ``text`` and replace synonyms, leftmost and longest match first, in one pass.

    A canonical term matches itself, so a variant inside a canonical term is left alone. What
    was put in is not looked at again: without synonyms the function is idempotent, with
    synonyms it need not be (a replacement and its neighbour may spell another variant).
    Every character of a replacement maps to the whole variant in the original.
    """
    return with_synonyms(fold(text), text, synonyms)


def with_synonyms(mapped: MappedText, original: str, synonyms: Synonyms) -> MappedText:
    """``mapped`` (folded) with its variants replaced."""
    return substitute(
        mapped,
        original,
        (
            (position, position + len(rule.variant), rule.canonical)
            for position, rule in synonyms.rules_in(mapped.text)
            if rule.variant != rule.canonical
        ),
    )


def substitute(
    mapped: MappedText,
    original: str,
    changes: Iterable[tuple[int, int, str]],
    *,
    by_sound: bool = False,
) -> MappedText:
    """``mapped`` with pieces replaced: (start, end, new text), in order and disjoint.

    Earlier replacements of ``mapped`` are kept; the new ones follow them.
    """
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    replacements = list(mapped.replacements)
    done = 0
    for position, after, new in changes:
        pieces += mapped.text[done:position], new
        start, end = mapped.span(position, after)
        starts += (*mapped.starts[done:position], *[start] * len(new))
        ends += (*mapped.ends[done:position], *[end] * len(new))
        replacements.append(Replacement(original[start:end], new, start, end, by_sound))
        done = after
    pieces.append(mapped.text[done:])
    starts += mapped.starts[done:]
    ends += mapped.ends[done:]
    return MappedText("".join(pieces), tuple(starts), tuple(ends), tuple(replacements))


def canonical_texts(texts: Sequence[str], synonyms: Synonyms) -> tuple[list[str], Counter[str]]:
    """``canonicalise(text, synonyms).text`` of many texts, and how often each term was met.

    Faster, because nothing else is recorded.
    """
    met: Counter[str] = Counter()
    return [synonyms.replace_all(text, met) for text in folded_texts(texts)], met
