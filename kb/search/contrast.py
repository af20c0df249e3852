"""Near-duplicates: which of them the words mean, and whether the words can tell.

Questions that are easily taken for each other share a group. Words that only some members of a
group hold decide between them; when the best of the group are still close, the agent is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kb.search.documents import Choice, Document
from kb.search.explain import Words
from kb.search.postings import Postings
from kb.search.ranking import Ranking

# So many of the best questions take part, if they score this share of the first one's score.
FRONT = 8
IN_THE_RACE = 0.6


class Asked(NamedTuple):
    """The n-grams of a query with slot and weight, those that it negates, and the factor from
    what an n-gram adds to a question to what it adds to the score."""

    grams: Mapping[Words, tuple[int, float]]
    negated: frozenset[Words]
    scale: float


class Contrasts:
    """The groups of one index. Immutable after construction."""

    def __init__(self, documents: Sequence[Document], postings: Postings, ranking: Ranking) -> None:
        self._documents = documents
        self._postings = postings
        self._ranking = ranking
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for number, document in enumerate(documents):
            if document.contrast is not None:
                groups[document.contrast.group].append(number)
        self._members = {group: np.array(each, np.int32) for group, each in groups.items()}

    def adjust(self, scores: npt.NDArray[np.float64], ahead: Iterable[int], asked: Asked) -> None:
        """Take from the ``scores`` of those members in the race that lack deciding words.

        A deciding word that the query negates is taken for its opposite: what it added is
        taken back, and it speaks for the members without it.
        """
        for group, racing in self._racing(scores, ahead, bool(asked.negated)).items():
            if len(racing) < 2:
                continue
            members = self._members[group]
            found, undone = self._decided(members, asked)
            most = max(found[number] for number in racing)
            leader = max(scores[number] for number in racing)
            for number in racing:
                lack = self._ranking.contrast * leader * (most - found[number])
                scores[number] = max(scores[number] - lack - undone[number], 1e-9)

    def choices(self, ranked: Sequence[tuple[float, int]]) -> tuple[Choice, ...]:
        """Members of the first question's group that score nearly as much; none if only one.

        ``ranked`` are scores with questions, best first.
        """
        if not ranked:
            return ()
        best, first = ranked[0]
        contrast = self._documents[first].contrast
        if contrast is None or best == 1.0:
            return ()
        close = [
            Choice(self._documents[number].key, other.label)
            for score, number in ranked[:FRONT]
            if (other := self._documents[number].contrast) is not None
            and other.group == contrast.group
            and score >= self._ranking.close * best
        ]
        return tuple(close) if len(close) > 1 else ()

    def _racing(
        self, scores: npt.NDArray[np.float64], ahead: Iterable[int], all_of_them: bool
    ) -> dict[str, list[int]]:
        racing: defaultdict[str, list[int]] = defaultdict(list)
        front = list(ahead)[:FRONT]
        for number in front:
            contrast = self._documents[number].contrast
            close = all_of_them or scores[number] >= IN_THE_RACE * scores[front[0]]
            if contrast is not None and close:
                racing[contrast.group].append(number)
        return racing

    def _decided(
        self, members: npt.NDArray[np.int32], asked: Asked
    ) -> tuple[dict[int, float], dict[int, float]]:
        """By member: its share of the weight of deciding words, and what negated ones added."""
        found, undone = np.zeros(len(members)), np.zeros(len(members))
        total = 0.0
        for words, (slot, weight) in asked.grams.items():
            holding = self._postings.questions_with(slot)
            having = np.isin(members, holding, assume_unique=True)
            count = int(having.sum())
            if not 0 < count < len(members):
                continue
            decides = weight * float(np.log(len(members) / count))
            total += decides
            if words in asked.negated:
                found += decides * ~having
                shares = [self._postings.share(slot, int(member)) for member in members]
                undone += weight * np.array(shares) * asked.scale
            else:
                found += decides * having
        if total:
            found /= total
        numbers = members.tolist()
        return (
            dict(zip(numbers, found.tolist(), strict=True)),
            dict(zip(numbers, undone.tolist(), strict=True)),
        )
