"""Canonical form of a user's words and of phrasings: folding, then synonym replacement."""

from __future__ import annotations

from kb.search.folding import MappedText, Replacement, fold
from kb.search.synonyms import Synonyms


def canonicalise(text: str, synonyms: Synonyms) -> MappedText:
    """Fold ``text`` and replace synonyms, leftmost and longest match first, in one pass.

    A canonical term matches itself, so a variant inside a canonical term is left alone. What
    was put in is not looked at again: without synonyms the function is idempotent, with
    synonyms it need not be (a replacement and its neighbour may spell another variant).
    Every character of a replacement maps to the whole variant in the original.
    """
    folded = fold(text)
    if not synonyms:
        return folded
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    replacements: list[Replacement] = []
    position = 0
    while position < len(folded.text):
        rule = synonyms.match_at(folded.text, position)
        after = position + (1 if rule is None else len(rule.variant))
        if rule is None or rule.variant == rule.canonical:
            pieces.append(folded.text[position:after])
            starts.extend(folded.starts[position:after])
            ends.extend(folded.ends[position:after])
        else:
            start, end = folded.span(position, after)
            pieces.append(rule.canonical)
            starts.extend([start] * len(rule.canonical))
            ends.extend([end] * len(rule.canonical))
            replacements.append(Replacement(text[start:end], rule.canonical, start, end))
        position = after
    return MappedText("".join(pieces), tuple(starts), tuple(ends), tuple(replacements))
