"""Which known question an entry asks: by key, by an equal wording, by likeness.

Likeness needs evidence from both sides, because titles that differ in one word can be different
questions (会员 and 灵感值 of the same sentence), and scripts of different questions can be alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kb.imports.wording import bigrams, overlap, plain, plain_title

Id = TypeVar("Id", bound=Hashable)

LEAST_WORDING = 0.33
LEAST_SCRIPT = 0.2
LEAST_SUM = 0.8
"""Overlaps of the closest wordings and of the scripts from which on two questions are one.

Measured with two editions of a document against each other (64 of 65 found, none wrong) and
with one of them against a knowledge base of the same questions in quite other words."""

LEAST_WITHOUT_SCRIPT = 0.75
"""Least overlap of the wordings where one side has no script to compare."""

MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Asked(Generic[Id]):
    """A question to be found, or one to be found among: ``title`` is the first wording."""

    id: Id
    wordings: tuple[str, ...]
    script: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Match(Generic[Id]):
    """``by`` is key, title, phrasing or likeness; ``score`` is the overlap of the wordings."""

    id: Id
    by: str
    score: float


def match(wanted: Sequence[Asked[Id]], among: Sequence[Asked[Id]]) -> dict[Id, Match[Id]]:
    """For each of ``wanted`` at most one of ``among``, and the other way round."""
    return _Matcher(wanted, among).found()


class _Matcher(Generic[Id]):
    def __init__(self, wanted: Sequence[Asked[Id]], among: Sequence[Asked[Id]]) -> None:
        self.wanted = wanted
        self.among = among
        self.matches: dict[Id, Match[Id]] = {}
        self.taken: set[Id] = set()

    def found(self) -> dict[Id, Match[Id]]:
        self._by_key()
        self._by_wording(only_titles=True)
        self._by_wording(only_titles=False)
        self._by_likeness()
        return self.matches

    def _take(self, one: Asked[Id], other: Id, by: str, score: float) -> None:
        self.matches[one.id] = Match(other, by, score)
        self.taken.add(other)

    def _open(self) -> Iterable[Asked[Id]]:
        return (each for each in self.wanted if each.id not in self.matches)

    def _by_key(self) -> None:
        keys = {each.key: each.id for each in self.among if each.key}
        for one in self.wanted:
            if one.key in keys and keys[one.key] not in self.taken:
                self._take(one, keys[one.key], "key", 1.0)

    def _by_wording(self, *, only_titles: bool) -> None:
        places: dict[str, list[Asked[Id]]] = defaultdict(list)
        for each in self.among:
            for wording in {plain_title(text) for text in _wordings(each, only_titles)}:
                places[wording].append(each)
        for one in list(self._open()):
            free = [
                each
                for text in _wordings(one, only_titles)
                for each in places.get(plain_title(text), ())
                if each.id not in self.taken
            ]
            if free:
                best = max(free, key=lambda each: _likeness(one.script, each.script))
                self._take(one, best.id, "title" if only_titles else "phrasing", 1.0)

    def _by_likeness(self) -> None:
        free = [each for each in self.among if each.id not in self.taken]
        index = _Index(free)
        scored = [
            (wording + script, wording, at, other)
            for at, one in enumerate(self.wanted)
            if one.id not in self.matches
            for other in index.candidates(one)
            for wording, script in [index.scores(one, other)]
            if _is_enough(wording, script, one, free[other])
        ]
        for _sum, wording, at, other in sorted(scored, key=lambda each: (-each[0], *each[2:])):
            one, found = self.wanted[at], free[other]
            if one.id not in self.matches and found.id not in self.taken:
                self._take(one, found.id, "likeness", round(wording, 2))


class _Index(Generic[Id]):
    """Which of many questions share the most pairs of characters with another, without
    comparing it with each."""

    def __init__(self, among: Sequence[Asked[Id]]) -> None:
        self.wordings = [[bigrams(plain_title(text)) for text in each.wordings] for each in among]
        self.scripts = [bigrams(plain(each.script)) for each in among]
        self.places: dict[str, list[int]] = defaultdict(list)
        for at, wordings in enumerate(self.wordings):
            for pair in frozenset().union(*wordings):
                self.places[pair].append(at)

    def candidates(self, one: Asked[Id]) -> list[int]:
        shared: dict[int, float] = defaultdict(float)
        pairs: frozenset[str] = frozenset().union(
            *(bigrams(plain_title(text)) for text in one.wordings)
        )
        for pair in pairs:
            places = self.places.get(pair, ())
            for at in places:
                shared[at] += 1 / len(places)
        return sorted(shared, key=lambda at: (-shared[at], at))[:MOST_CANDIDATES]

    def scores(self, one: Asked[Id], at: int) -> tuple[float, float]:
        wordings = max(
            overlap(bigrams(plain_title(text)), other)
            for text in one.wordings
            for other in self.wordings[at]
        )
        return wordings, overlap(bigrams(plain(one.script)), self.scripts[at])


def _wordings(asked: Asked[Id], only_titles: bool) -> tuple[str, ...]:
    return asked.wordings[:1] if only_titles else asked.wordings


def _likeness(one: str, other: str) -> float:
    return overlap(bigrams(plain(one)), bigrams(plain(other)))


def _is_enough(wording: float, script: float, one: Asked[Id], other: Asked[Id]) -> bool:
    if not one.script or not other.script:
        return wording >= LEAST_WITHOUT_SCRIPT
    return wording >= LEAST_WORDING and script >= LEAST_SCRIPT and wording + script >= LEAST_SUM
