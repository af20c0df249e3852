"""The words of the knowledge base by their sound: the dictionary behind ``spelling``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kb.search.corpus import Corpus, initial
from kb.search.pinyin import sound, syllable
from kb.search.scripts import is_ideograph

Places = npt.NDArray[np.intp]


class Sounds:
    """Finds runs of ideographs by syllables or by initials. Immutable after construction."""

    def __init__(self, corpus: Corpus, terms: Mapping[str, int]) -> None:
        """``terms``: words of the synonyms, each with how often it stood in the texts.

        They need not stand there any more, because variants were replaced.
        """
        self._corpus = corpus
        self._terms = terms
        self._by_sound: defaultdict[str, list[str]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[str]] = defaultdict(list)
        for term in sorted(terms):
            readings = [syllable(each) if is_ideograph(each) else "" for each in term]
            if len(term) > 1 and all(readings):
                self._by_sound[" ".join(map(sound, readings))].append(term)
                self._by_initials["".join(each[0] for each in readings)].append(term)
        self._base = corpus.sound_count + 1
        sequence = corpus.sounds
        pairs = sequence[:-1].astype(np.int32) * self._base + sequence[1:]
        pairs[(sequence[:-1] == 0) | (sequence[1:] == 0)] = -1
        order = np.argsort(pairs, kind="stable").astype(np.int32)
        counts = np.bincount(pairs + 1, minlength=self._base**2 + 1)
        self._starts = np.cumsum(counts).astype(np.int32)
        self._places = order

    def sounding_like(self, readings: Sequence[str]) -> dict[str, int]:
        """Words that sound like two or more syllables, each with how often it stands there.

        A term of the synonyms counts at least once.
        """
        found = self._words(self._places_of(readings), len(readings))
        for term in self._by_sound.get(" ".join(map(sound, readings)), ()):
            found[term] = max(found.get(term, 0), self._terms[term], 1)
        return found

    def with_initials(self, letters: str) -> tuple[dict[str, int], dict[str, int]]:
        """Runs of characters with these initials, and terms of the synonyms, with counts."""
        sequence = self._corpus.initials
        wanted = [initial(letter) for letter in letters]
        last = len(sequence) - len(wanted)
        if last < 0 or not all(wanted):
            return {}, {}
        places = np.flatnonzero(sequence[: last + 1] == wanted[0])
        for offset, each in enumerate(wanted[1:], start=1):
            places = places[sequence[places + offset] == each]
        found = self._words(places, len(letters))
        terms = self._by_initials.get(letters, ())
        return found, {term: max(found.get(term, 0), self._terms[term]) for term in terms}

    def _places_of(self, readings: Sequence[str]) -> Places:
        numbers = [self._corpus.sound_number(each) for each in readings]
        if not all(numbers):
            return self._places[:0].astype(np.intp)
        pair = numbers[0] * self._base + numbers[1]
        places = self._places[self._starts[pair] : self._starts[pair + 1]].astype(np.intp)
        places = places[places + len(numbers) <= len(self._corpus.sounds)]
        for offset, each in enumerate(numbers[2:], start=2):
            places = places[self._corpus.sounds[places + offset] == each]
        return places

    def _words(self, places: Places, length: int) -> dict[str, int]:
        return self._corpus.words(places, length) if len(places) else {}
