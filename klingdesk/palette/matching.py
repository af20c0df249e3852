"""Whether what somebody types means a label, and how well: pure, and the same for every list.

A label is found by its words, and a Chinese one by its pinyin as well: ``gongdan`` and ``gd`` both
find 工单队列. Every word that is typed must be found; the order of the words does not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from kb.search.pinyin import syllable

T = TypeVar("T")

SAME, START, SOUND_START, PART, SOUND_PART, INSIDE = 9, 6, 5, 4, 3, 2
"""How well one word fits: the label itself, its beginning, the beginning of its pinyin, a part of
it that begins a word, such a part of its pinyin, letters in the middle of a word."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A label as it is compared. ``starts``: where a syllable or a word begins in ``sounds``.

    ``initials``: of ideographs and words, and once more with Latin words left whole.
    """

    text: str
    sounds: str
    starts: tuple[int, ...]
    initials: tuple[str, str]


def folded(text: str) -> str:
    """Width, case and blanks make no difference."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.split())


def score(typed: str, label: str, others: Sequence[str] = ()) -> int:
    """0 when a word of ``typed`` is found nowhere; else the higher the better.

    ``others`` are further words for the same thing, which count for less than the label. Nothing
    typed fits everything equally.
    """
    words = folded(typed).split()
    if not words:
        return 1
    if folded(label) == folded(typed):
        return SAME * 20
    fits = [_fit(word, label, others) for word in words]
    return 0 if 0 in fits else sum(fits) * 10 // len(fits)


def best(typed: str, things: Iterable[tuple[T, str, Sequence[str]]], *, most: int) -> list[T]:
    """The ``most`` things that fit best, given with label and other words; equals keep order."""
    found = [(score(typed, label, others), thing) for thing, label, others in things]
    fitting = sorted((each for each in found if each[0]), key=lambda each: -each[0])
    return [thing for _score, thing in fitting[:most]]


def _fit(word: str, label: str, others: Sequence[str]) -> int:
    fit = _fit_one(word, _spoken(label)) * 2
    return max([fit, *(_fit_one(word, _spoken(other)) for other in others)])


def _fit_one(word: str, label: _Spoken) -> int:
    if word == label.text:
        return SAME
    place = label.text.find(word)
    if place == 0:
        return START
    sound = _sound_fit(word, label)
    if place > 0:
        return max(sound, PART if _begins_word(label.text, place) else INSIDE)
    return sound


def _sound_fit(word: str, label: _Spoken) -> int:
    if not (word.isascii() and word.isalpha()):
        return 0
    if label.sounds.startswith(word):
        return SOUND_START
    if any(label.sounds.startswith(word, start) for start in label.starts):
        return SOUND_PART
    # One letter would be the initial of half of all labels.
    if len(word) > 1 and any(word in each for each in label.initials):
        return SOUND_PART
    return 0


def _begins_word(text: str, place: int) -> bool:
    """Ideographs are words of their own; letters are parts of one."""
    before, here = text[place - 1], text[place]
    return not (before.isascii() and before.isalnum() and here.isascii() and here.isalnum())


@lru_cache(maxsize=4096)
def _spoken(label: str) -> _Spoken:
    text = folded(label)
    sounds, initials, with_words = "", "", ""
    starts: list[int] = []
    previous = " "
    for character in text:
        reading = syllable(character) or (character if character.isalnum() else "")
        goes_on = _is_letter(previous) and _is_letter(character)
        if reading and not goes_on:
            starts.append(len(sounds))
            initials += reading[0]
        with_words += character if _is_letter(character) else reading[:1]
        sounds += reading
        previous = character
    return _Spoken(text, sounds, tuple(starts), (initials, with_words))


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()
