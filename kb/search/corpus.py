"""All texts of the index as numbers, so that a library of array operations can work on them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt

from kb.search.pinyin import sound, syllable
from kb.search.scripts import UNIT

Numbers = npt.NDArray[np.int32]

# Latin words get numbers beyond the last code point.
_BEYOND: Final = 0x110000
_MULTIPLIER: Final = 0x9E3779B97F4A7C15
_NOTHING, _IDEOGRAPH, _WORD = 0, 1, 2
_INITIALS: Final = "bcdfghjklmnpqrstwxyzaeo"


class Corpus:
    """Canonical texts, unit by unit. Immutable; numbers start at 1, and 0 parts n-grams.

    ``units``, ``sounds`` and ``initials`` run in parallel over all texts, ``holders`` gives
    the text of each place, ``lengths`` the units of each text, ``fingerprints`` a number that
    texts of the same units share.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """``texts`` are canonical and so hold no line break."""
        joined = "\n".join(texts)
        codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.int32)
        self._words: dict[str, int] = {}
        starts, ends, found = self._units(joined, codes)
        line = np.cumsum(codes == ord("\n"), dtype=np.int32)[starts]
        del codes, joined
        self.lengths: Numbers = np.bincount(line, minlength=len(texts)).astype(np.int32)
        self._numbers, self._codes, numbers = _dense(found)
        self.fingerprints = _fingerprints(numbers, self.lengths)
        # A place that holds nothing stands before each unit that does not touch the last one.
        places = np.ones(len(starts), dtype=np.int32)
        places[1:] += (starts[1:] != ends[:-1]) | (line[1:] != line[:-1])
        np.cumsum(places, out=places)
        size = int(places[-1]) + 1 if len(places) else 0
        self.units: Numbers = np.zeros(size, dtype=np.int32)
        self.units[places] = numbers
        self.holders: Numbers = np.zeros(size, dtype=np.int32)
        self.holders[places] = line
        self._spell()

    @property
    def unit_count(self) -> int:
        return len(self._codes)

    @property
    def sound_count(self) -> int:
        return len(self._sounds)

    def number(self, unit: str) -> int:
        """The number of a unit; 0 when no text holds it."""
        code = ord(unit) if len(unit) == 1 and unit not in self._words else self._words.get(unit, 0)
        return self._numbers.get(code, 0)

    def sound_number(self, reading: str) -> int:
        """The number of a syllable's sound; 0 when no text holds it."""
        return self._sounds.get(sound(reading), 0)

    def same_as(self, units: Sequence[str]) -> Numbers:
        """Texts that probably consist of ``units``, in order (fingerprints can collide)."""
        numbers = np.array([self.number(unit) for unit in units], dtype=np.int32)
        if not numbers.all():
            return np.zeros(0, dtype=np.int32)
        wanted = _fingerprints(numbers, np.array([len(units)], dtype=np.int32))
        return np.flatnonzero(self.fingerprints == wanted).astype(np.int32)

    def words(self, places: npt.NDArray[np.intp], length: int) -> dict[str, int]:
        """The n-grams of ideographs at ``places``, each with how often it stands there."""
        rows = self.units[places[:, None] + np.arange(length)].astype(np.int64)
        packed = np.zeros(len(places), dtype=np.int64)
        for column in range(length):
            # Wraps round for very long n-grams; two of them then count as one.
            packed = packed * (len(self._codes) + 1) + rows[:, column]
        _, first, counts = np.unique(packed, return_index=True, return_counts=True)
        return {
            "".join(chr(self._codes[number - 1]) for number in rows[place]): int(count)
            for place, count in zip(first, counts, strict=True)
        }

    @staticmethod
    def _kinds(joined: str) -> npt.NDArray[np.uint8]:
        kinds = np.zeros(_BEYOND, dtype=np.uint8)
        for character in set(joined):
            unit = UNIT.match(character)
            if unit is not None:
                kinds[ord(character)] = _IDEOGRAPH if unit["ideograph"] else _WORD
        return kinds

    def _units(self, joined: str, codes: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Where units start and end, and their codes."""
        kinds = self._kinds(joined)[codes]
        word = np.zeros(len(kinds) + 2, dtype=np.int8)
        word[1:-1] = kinds == _WORD
        edges = np.diff(word)
        word_starts, word_ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        starts = np.flatnonzero((kinds == _IDEOGRAPH) | (edges[:-1] == 1)).astype(np.int32)
        found, ends = codes[starts], starts + np.int32(1)
        slots = np.searchsorted(starts, word_starts)
        ends[slots] = word_ends
        found[slots] = [
            self._words.setdefault(joined[start:end], _BEYOND + len(self._words))
            for start, end in zip(word_starts.tolist(), word_ends.tolist(), strict=True)
        ]
        return starts, ends, found

    def _spell(self) -> None:
        """Sounds and initials of the units; words of other scripts have none."""
        readings = [""] + [syllable(chr(c)) if c < _BEYOND else "" for c in self._codes]
        self._sounds: dict[str, int] = {}
        for reading in readings:
            if reading:
                self._sounds.setdefault(sound(reading), len(self._sounds) + 1)
        of_unit = [self._sounds[sound(reading)] if reading else 0 for reading in readings]
        self.sounds = np.array(of_unit, dtype=np.int16)[self.units]
        self.initials = np.array([initial(each[:1]) for each in readings], np.uint8)[self.units]


def initial(letter: str) -> int:
    """The number of a syllable's first letter; 0 for anything else."""
    return _INITIALS.find(letter) + 1 if letter else 0


def _dense(found: Numbers) -> tuple[dict[int, int], list[int], Numbers]:
    """Number the codes in ascending order, from 1: by code, back to codes, and place by place."""
    present = np.zeros(int(found.max()) + 1 if len(found) else 1, dtype=bool)
    present[found] = True
    codes = [int(code) for code in np.flatnonzero(present)]
    numbers = np.cumsum(present, dtype=np.int32)
    return {code: n for n, code in enumerate(codes, start=1)}, codes, numbers[found]


def _fingerprints(numbers: Numbers, lengths: Numbers) -> npt.NDArray[np.uint64]:
    """A polynomial of the numbers of each text, modulo 2 ** 64."""
    found = np.zeros(len(lengths), dtype=np.uint64)
    if len(numbers):
        powers = np.full(int(lengths.max()), _MULTIPLIER, dtype=np.uint64)
        powers[0] = 1
        np.cumprod(powers, out=powers)
        first = np.cumsum(lengths) - lengths
        within = np.arange(len(numbers), dtype=np.int32)
        within -= np.repeat(first, lengths).astype(np.int32)
        filled = lengths > 0
        products = numbers.astype(np.uint64) * powers[within]
        found[filled] = np.add.reduceat(products, first[filled])
    return found


def owners_of(counts: Sequence[int]) -> Numbers:
    """The number of the question of each text, when question ``i`` has ``counts[i]`` texts."""
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def first_texts(counts: Sequence[int]) -> npt.NDArray[np.intp]:
    """The number of the first text of each question."""
    return np.array(list(accumulate(counts, initial=0))[:-1], dtype=np.intp)
