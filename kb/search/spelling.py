"""What a user meant who typed pinyin, initials, or another character of the same sound.

The words that the knowledge base itself holds, and the terms of its synonyms, are the
dictionary. The wanted word is the one that stands there most often.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kb.search.fillers import FILLERS
from kb.search.pinyin import segmentations, syllable, syllables
from kb.search.scripts import is_ideograph
from kb.search.sounds import Sounds
from kb.search.tokens import Unit, units_of

LONGEST_WORD = 6
# A run of characters must stand in so many places, and in most of the places with its
# initials, to be meant by them.
LEAST_INITIALS = 3
# A homophone of two characters must stand in so many places.
LEAST_PAIR = 2
_LATIN: Final = re.compile("[a-z]+")


class Meant(NamedTuple):
    """``start:end`` of the text stands for ``word``."""

    start: int
    end: int
    word: str


def typed_words(text: str, sounds: Sounds, is_known: Callable[[str], bool]) -> Iterator[Meant]:
    """Latin words of folded ``text`` that are pinyin or initials of known words.

    ``is_known`` tells the Latin words that the index is spelt with; they are left alone.
    """
    units = units_of(text)
    open_to = [
        _LATIN.fullmatch(unit.text) is not None and not is_known(unit.text) for unit in units
    ]
    position = 0
    while position < len(units):
        length = _syllable_words(text, units, open_to, position) if open_to[position] else 0
        while length:
            run = units[position : position + length]
            word = _meaning("".join(unit.text for unit in run), length, sounds)
            if word:
                yield Meant(run[0].start, run[-1].end, word)
                break
            length -= 1
        position += max(length, 1)


def _syllable_words(text: str, units: Sequence[Unit], open_to: Sequence[bool], first: int) -> int:
    """How many Latin words from ``first``, parted by single blanks, are pinyin; at least 1."""
    count = 1
    while (
        first + count < len(units)
        and count < LONGEST_WORD
        and open_to[first + count]
        and text[units[first + count - 1].end : units[first + count].start] == " "
        and segmentations(units[first + count - 1].text)
        and segmentations(units[first + count].text)
    ):
        count += 1
    return count


def _meaning(typed: str, words: int, sounds: Sounds) -> str:
    for way in segmentations(typed):
        meant = _known_words(way, sounds) if len(way) > 1 else ""
        if meant:
            return meant
    if words == 1 and 2 <= len(typed) <= LONGEST_WORD and typed not in syllables():
        return _meant_by_initials(typed, sounds)
    return ""


def _known_words(way: Sequence[str], sounds: Sounds) -> str:
    """Syllables as known words, the longest first; empty when not most of them are known."""
    words: list[str] = []
    known = position = 0
    while position < len(way):
        for length in range(min(LONGEST_WORD, len(way) - position), 1, -1):
            word = _commonest(sounds.sounding_like(way[position : position + length]))
            if word:
                words.append(word)
                known += length
                position += length
                break
        else:
            position += 1
    return "".join(words) if 2 * known > len(way) else ""


def _commonest(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda word: (-counts[word], word), default="")


def _meant_by_initials(letters: str, sounds: Sounds) -> str:
    """A term of the synonyms that texts use, a run of characters that stands out, two terms."""
    term = _term(letters, sounds)
    if term:
        return term
    counts, _terms = sounds.with_initials(letters)
    word = _commonest(counts)
    if counts.get(word, 0) >= LEAST_INITIALS and 2 * counts[word] > sum(counts.values()):
        return word
    for cut in range(2, len(letters) - 1):
        first, second = _term(letters[:cut], sounds), _term(letters[cut:], sounds)
        if first and second:
            return first + second
    return ""


def _term(letters: str, sounds: Sounds) -> str:
    _counts, terms = sounds.with_initials(letters)
    term = _commonest(terms)
    return term if terms.get(term, 0) > 0 else ""


def homophones(
    units: Sequence[Unit], sounds: Sounds, is_known: Callable[[tuple[str, str]], bool]
) -> Iterator[Meant]:
    """Places of canonical text where characters were mistaken for others of the same sound.

    Two to four characters with a pair that no text holds (``is_known``), and that sound like a
    word of the knowledge base. Any two characters sound like something, so ``_homophone`` is
    choosy.
    """
    readings = [syllable(unit.text) if is_ideograph(unit.text) else "" for unit in units]
    strange = [
        bool(one and other and units[place].glued)
        and not is_known((units[place - 1].text, units[place].text))
        for place, (one, other) in enumerate(pairwise(readings), start=1)
    ]
    position = 0
    while position < len(units) - 1:
        step = 1
        for length in (4, 3, 2):
            run = units[position : position + length]
            way = readings[position : position + length]
            doubts = strange[position : position + length - 1]
            if len(run) < length or not any(doubts):
                continue
            if not all(way) or not all(unit.glued for unit in run[1:]):
                continue
            written = "".join(unit.text for unit in run)
            word = _homophone(written, way, sounds, doubts[0] and doubts[-1])
            if word:
                yield _shortest(run, word)
                step = length
                break
        position += step


def _shortest(run: Sequence[Unit], word: str) -> Meant:
    """The repair without the characters at its ends that were right, but two at least."""
    first, last = 0, len(run)
    while last - first > 2 and run[last - 1].text == word[last - 1]:
        last -= 1
    while last - first > 2 and run[first].text == word[first]:
        first += 1
    return Meant(run[first].start, run[last - 1].end, word[first:last])


def _homophone(written: str, way: Sequence[str], sounds: Sounds, at_both_ends: bool) -> str:
    """The word that was meant by ``written``, which sounds ``way``; empty when it is right.

    ``at_both_ends``: its first and its last pair are unknown. Otherwise all characters but one
    must be right. A pair must sound exactly alike, stand for something that is there more than
    once, and hold no particle.
    """
    counts = sounds.sounding_like(way)
    counts.pop(written, None)
    if len(written) == 2:
        counts = {
            word: count
            for word, count in counts.items()
            if count >= LEAST_PAIR
            and not _has_filler(written + word)
            and [syllable(each) for each in word] == list(way)
        }
    elif not at_both_ends:
        counts = {word: count for word, count in counts.items() if _is_one_off(written, word)}
    return _commonest(counts)


def _is_one_off(written: str, word: str) -> bool:
    wrong = [pair for pair in zip(written, word, strict=True) if pair[0] != pair[1]]
    return len(wrong) == 1 and not _has_filler(wrong[0][0])


def _has_filler(text: str) -> bool:
    return any(character in FILLERS for character in text)
