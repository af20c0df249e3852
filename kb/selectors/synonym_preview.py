"""What a changed synonym table would do to the searches that users really make."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from django.db.models import Count, Max

from kb.models import LoggedSearch, Synonym
from kb.selectors.search import current_library
from kb.selectors.synonym_effect import Effect, First, Outcome

MOST_SEARCHES: Final = 2000
LAST_DAYS: Final = 28
LOGGED_SECONDS: Final = 2.2
MEASURED_SECONDS: Final = 2.9
"""So long after the beginning the searches, and the measuring set, must be done with: an editor
waits three seconds at most."""

MEASURING_SET: Final = Path(__file__).resolve().parent.parent / "data" / "measure.tsv"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A search whose first hit, or whose confidence, would change. ``count``: searched so often.

    ``verdict`` is 1 when the question that was chosen would come first only afterwards, -1 when
    only before, 0 when that says nothing.
    """

    words: str
    count: int
    before: First
    after: First
    verdict: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Of so many searches with a known answer: how often it comes first, or among three."""

    searches: int
    first_before: int
    first_after: int
    third_before: int
    third_after: int

    @property
    def shares(self) -> dict[str, float]:
        """The four figures in per cent of the searches, under their names."""
        counts = {name: getattr(self, name) for name in self.__slots__ if name != "searches"}
        return {name: 100 * hits / (self.searches or 1) for name, hits in counts.items()}


@dataclass(frozen=True, slots=True)
class Preview:
    """``searches`` distinct ones were made, ``compared`` of them fitted into the time.

    ``chosen`` is measured by what people opened, ``measured`` by the measuring set (None when
    there is none). ``changes`` has the most frequent first.
    """

    searches: int
    compared: int
    changes: tuple[Change, ...]
    chosen: Rate
    measured: Rate | None

    @property
    def other_first(self) -> int:
        return sum(each.before.key != each.after.key for each in self.changes)

    @property
    def other_confidence(self) -> int:
        return sum(each.before.confident != each.after.confident for each in self.changes)


class _Search(NamedTuple):
    words: str
    times: int
    answers: frozenset[str]


class _Compared(NamedTuple):
    """``done``: so many fitted into the time; ``pairs`` are those that tell something."""

    done: int
    pairs: list[tuple[_Search, Outcome, Outcome]]


def preview_rules(
    rules: Collection[Pair], *, now: datetime, clock: Callable[[], float] = time.monotonic
) -> Preview:
    """Compare the search of now with one that has ``rules`` (variant, canonical) for its table.

    The searches that are nearest to what changes are compared first, so that what does not fit
    into the time is what the rules hardly concern.
    """
    began = clock()
    present = set(Synonym.objects.values_list("variant", "canonical"))
    terms = {term for rule in present ^ set(rules) for term in rule}
    effect = Effect(current_library(), rules=rules, terms=terms)
    searches = sorted(_logged(now), key=lambda search: effect.distance(search.words))
    logged = _compare(searches, effect, until=began + LOGGED_SECONDS, clock=clock)
    known = _measuring_set()
    measured = _compare(known, effect, until=began + MEASURED_SECONDS, clock=clock)
    return Preview(
        searches=len(searches),
        compared=logged.done,
        changes=_changes(logged),
        chosen=_rate(logged),
        measured=_rate(measured) if known else None,
    )


def _compare(
    searches: Sequence[_Search], effect: Effect, *, until: float, clock: Callable[[], float]
) -> _Compared:
    """Both outcomes of each search, as many as can be had by ``until``."""
    found: list[tuple[_Search, Outcome, Outcome]] = []
    for done, search in enumerate(searches):
        if clock() > until:
            return _Compared(done, found)
        if search.answers or effect.can_touch(search.words):
            found.append((search, effect.before(search.words), effect.after(search.words)))
    return _Compared(len(searches), found)


def _changes(compared: _Compared) -> tuple[Change, ...]:
    changes = [
        Change(
            words=search.words,
            count=search.times,
            before=before.first,
            after=after.first,
            verdict=(after.first.key in search.answers) - (before.first.key in search.answers),
        )
        for search, before, after in compared.pairs
        if (before.first.key, before.first.confident) != (after.first.key, after.first.confident)
    ]
    return tuple(sorted(changes, key=lambda change: -change.count))


def _rate(compared: _Compared) -> Rate:
    known = [each for each in compared.pairs if each[0].answers]
    return Rate(
        searches=len(known),
        first_before=sum(before.first.key in search.answers for search, before, _ in known),
        first_after=sum(after.first.key in search.answers for search, _, after in known),
        third_before=sum(bool(search.answers & set(before.keys)) for search, before, _ in known),
        third_after=sum(bool(search.answers & set(after.keys)) for search, _, after in known),
    )


def _logged(now: datetime) -> list[_Search]:
    """The newest distinct searches, each with what was opened last."""
    lately = LoggedSearch.objects.filter(asked_at__gte=now - timedelta(days=LAST_DAYS))
    groups = list(
        lately.exclude(group_key="")
        .values("group_key")
        .annotate(count=Count("pk"), last=Max("asked_at"))
        .order_by("-last", "group_key")[:MOST_SEARCHES]
    )
    newest = (
        lately.filter(group_key__in=[group["group_key"] for group in groups])
        .order_by("group_key", "-asked_at", "-pk")
        .distinct("group_key")
    )
    words = dict(newest.values_list("group_key", "words"))
    chosen = dict(newest.exclude(chosen="").values_list("group_key", "chosen"))
    return [
        _Search(words[key], group["count"], _answers(chosen, key))
        for group in groups
        if (key := group["group_key"]) in words
    ]


def _answers(chosen: Mapping[str, str], key: str) -> frozenset[str]:
    return frozenset({chosen[key]}) if key in chosen else frozenset()


@lru_cache(maxsize=1)
def _measuring_set() -> tuple[_Search, ...]:
    """Utterances with the keys that answer them (columns ``id``: ``a|b``, and ``utterance``)."""
    if not MEASURING_SET.exists():
        return ()
    with MEASURING_SET.open(encoding="utf-8", newline="") as source:
        rows = csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE)
        found = [(row["utterance"], frozenset(row["id"].split("|")) - {"-"}) for row in rows]
    return tuple(_Search(words, 1, answers) for words, answers in found if answers)
