"""How alike two wordings or two texts are, whatever their spacing, punctuation and width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_SAID = re.compile(r"[^\W_]+")
_BRAND = re.compile(r"可灵ai|可灵")
_LIST_MARK = re.compile(r"^\s*(?:[-*•·●]|\d{1,2}[.、)）])\s*", re.MULTILINE)


def plain(text: str) -> str:
    """Letters, digits and ideographs alone: two texts that differ in nothing else say the same."""
    folded = unicodedata.normalize("NFKC", _LIST_MARK.sub("", text)).casefold()
    return "".join(_SAID.findall(folded))


def plain_title(text: str) -> str:
    """As ``plain``, without the product's name: it is in most titles and tells none apart."""
    folded = plain(text)
    return _BRAND.sub("", folded) or folded


def bigrams(text: str) -> frozenset[str]:
    """Pairs of neighbours in an already plain text; a single letter stands for itself."""
    if len(text) < 2:
        return frozenset({text} if text else ())
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice coefficient: 0 for nothing in common (or nothing at all), 1 for the same pairs."""
    if not one or not other:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))


def alike(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1."""
    return overlap(bigrams(plain(one)), bigrams(plain(other)))


_FIGURES = re.compile(r"\d+(?:\.\d+)?")
_DENIALS = re.compile(r"[不没无未非勿禁]")


def agree(one: str, other: str, *, least: float) -> bool:
    """Whether two scripts say the same in nearly the same words.

    Nearly is not enough where a figure or a denial differs: that may be the whole point.
    """
    first, second = plain(one), plain(other)
    if first == second:
        return True
    return (
        sorted(_FIGURES.findall(first)) == sorted(_FIGURES.findall(second))
        and len(_DENIALS.findall(first)) == len(_DENIALS.findall(second))
        and overlap(bigrams(first), bigrams(second)) >= least
    )


def unique(texts: Iterable[str], *, known: Iterable[str] = ()) -> list[str]:
    """``texts`` without those that, as titles, say the same as an earlier or a known one."""
    seen = {plain_title(text) for text in known}
    kept = []
    for text in texts:
        folded = plain_title(text)
        if folded and folded not in seen:
            seen.add(folded)
            kept.append(text)
    return kept
