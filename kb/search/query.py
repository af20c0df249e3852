"""From a user's words to the n-grams that are looked up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kb.search.canonical import substitute, with_synonyms
from kb.search.explain import Analysed, Words, analysed
from kb.search.folding import fold
from kb.search.sounds import Sounds
from kb.search.spelling import homophones, typed_words
from kb.search.synonyms import Synonyms

# At the end of what stands before a term; 有没有 asks and negates nothing.
NEGATION = re.compile("(?<!有)(?:没有?|未)$")


@dataclass(frozen=True, slots=True)
class Query:
    """The words ``as_typed`` (pinyin read, synonyms replaced) and ``as_meant``.

    The latter has homophones repaired as well, and is the same object when there are none. A
    repair can be wrong, so both are looked up. ``negated`` are the n-grams of terms that a
    negation turns round.
    """

    as_typed: Analysed
    as_meant: Analysed
    negated: frozenset[Words]

    @property
    def readings(self) -> tuple[Analysed, ...]:
        """The different ones of the two."""
        if self.as_meant is self.as_typed:
            return (self.as_typed,)
        return (self.as_typed, self.as_meant)

    def grams(self, homophone: float) -> Mapping[Words, float]:
        """All n-grams with their weight: 1, and ``homophone`` for those of repairs."""
        found = dict.fromkeys(self.as_typed.grams, 1.0)
        for words in self.as_meant.grams:
            found.setdefault(words, homophone)
        return found


class Reader:
    """Reads queries with the vocabulary of one index."""

    def __init__(
        self, synonyms: Synonyms, sounds: Sounds, is_known: Callable[[Words], bool]
    ) -> None:
        self._synonyms = synonyms
        self._sounds = sounds
        self._is_known = is_known
        self._terms = frozenset(synonyms.terms)

    def read(self, text: str) -> Query:
        folded = fold(text)
        typed = typed_words(folded.text, self._sounds, self._is_known_word)
        read = substitute(folded, text, typed, by_sound=True)
        as_typed = analysed(with_synonyms(read, text, self._synonyms))
        repairs = [
            (found.start, found.end, self._synonyms.meaning(found.word))
            for found in homophones(as_typed.units, self._sounds, self._is_known)
        ]
        as_meant = as_typed
        if repairs:
            repaired = substitute(as_typed.mapped, text, repairs, by_sound=True)
            as_meant = analysed(with_synonyms(repaired, text, self._synonyms))
        return Query(as_typed, as_meant, self._negated(as_meant))

    def _negated(self, query: Analysed) -> frozenset[Words]:
        """N-grams of the terms of the synonyms that stand just behind a negation.

        Not where texts negate the term as well (没到账): then that is what they are about.
        """
        text = query.mapped.text
        turned: set[Words] = set()
        for start, rule in self._synonyms.rules_in(text):
            negation = NEGATION.search(text, 0, start)
            if negation is None or self._is_known((text[start - 1], text[start])):
                continue
            if self._is_known((negation.group()[0], text[start])):
                continue
            end = start + len(rule.variant)
            turned.update(
                gram.units for gram in query.found if start <= gram.start and gram.end <= end
            )
        return frozenset(turned)

    def _is_known_word(self, word: str) -> bool:
        return word in self._terms or self._is_known((word,))
