"""The synonym table: groups of one canonical term and the variants that it replaces."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kb.search.folding import fold
from kb.search.scripts import WORD_CHARACTER, is_word_character

NOT_INSIDE_WORD = f"(?<!{WORD_CHARACTER})"


class Rule(NamedTuple):
    """``variant`` is replaced by ``canonical``; equal for the canonical term itself."""

    variant: str
    canonical: str


@dataclass(frozen=True, slots=True)
class SynonymProblem:
    """Why a table was refused: a stable ``code``, the terms as given, and a sentence."""

    code: str
    canonical: str
    variant: str
    message: str


class SynonymError(ValueError):
    """The table is contradictory; ``problems`` holds every reason, ``str()`` all sentences."""

    def __init__(self, problems: Sequence[SynonymProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Immutable replacement rules, applied longest first. Falsy when there are none."""

    _targets: Mapping[str, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self._targets)

    @classmethod
    def from_groups(cls, groups: Iterable[tuple[str, Iterable[str]]]) -> Synonyms:
        """Build from ``[(canonical, [variant, ...]), ...]``; terms are folded first.

        Raises ``SynonymError`` (a ``ValueError``) with all problems at once: an empty term,
        a canonical term given twice, a variant given twice, a variant that is itself a
        canonical term (a chain or loop) and a variant that contains its own canonical term
        (the longer word would silently lose its meaning).
        """
        given = [(canonical, list(variants)) for canonical, variants in groups]
        problems = _problems(given)
        if problems:
            raise SynonymError(problems)
        targets: dict[str, str] = {}
        for canonical, variants in given:
            target = fold(canonical).text
            for term in (target, *(fold(variant).text for variant in variants)):
                targets[term] = target
        return cls(targets, _pattern(targets) if targets else None)

    @property
    def terms(self) -> tuple[str, ...]:
        """All terms, folded, in order."""
        return tuple(sorted(self._targets))

    def rules_in(self, text: str) -> Iterator[tuple[int, Rule]]:
        """The rules that apply to folded ``text``: leftmost first, the longest at each place.

        A canonical term applies to itself. A Latin or digit end of a term must be a word's
        end: ``app`` is found in ``快影app里`` but not in ``apple``.
        """
        if self._pattern is not None:
            for found in self._pattern.finditer(text):
                yield found.start(), Rule(found.group(), self._targets[found.group()])

    def replace_all(self, text: str, met: Counter[str]) -> str:
        """Folded ``text`` with every variant replaced; each term found is counted in ``met``."""
        if self._pattern is None:
            return text

        def target(found: re.Match[str]) -> str:
            met[found.group()] += 1
            return self._targets[found.group()]

        return self._pattern.sub(target, text)

    def meaning(self, term: str) -> str:
        """What the folded ``term`` stands for: its canonical term, or itself."""
        return self._targets.get(term, term)


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    """One alternation in the regular expression engine, an order faster than a loop here.

    Terms are gathered by first character, because the engine skips a branch by its first
    character quickly.
    """
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for term in sorted(terms, key=lambda term: (-len(term), term)):
        rest = re.escape(term[1:])
        if is_word_character(term[-1]):
            rest += f"(?!{WORD_CHARACTER})"
        by_first[term[0]].append(rest)
    branches = (
        (NOT_INSIDE_WORD if is_word_character(first) else "")
        + re.escape(first)
        + f"(?:{'|'.join(rests)})"
        for first, rests in sorted(by_first.items())
    )
    return re.compile("|".join(branches))


def _inside_word(text: str, boundary: int) -> bool:
    return (
        0 < boundary < len(text)
        and is_word_character(text[boundary - 1])
        and is_word_character(text[boundary])
    )


def _holds(text: str, term: str) -> bool:
    """Whether ``term`` stands in ``text`` where it would be matched."""
    starts = (start for start in range(len(text)) if text.startswith(term, start))
    return any(
        not _inside_word(text, start) and not _inside_word(text, start + len(term))
        for start in starts
    )


def _problems(groups: Sequence[tuple[str, list[str]]]) -> list[SynonymProblem]:
    problems: list[SynonymProblem] = []
    canonicals: dict[str, str] = {}
    for canonical, _ in groups:
        term = fold(canonical).text
        if not term:
            problems.append(
                SynonymProblem("empty", canonical, "", "a canonical term has no visible character")
            )
        elif term in canonicals:
            problems.append(
                SynonymProblem(
                    "duplicate_canonical", canonical, "", f"“{canonical}” is canonical twice"
                )
            )
        canonicals.setdefault(term, canonical)
    seen: dict[str, str] = {}
    for canonical, variants in groups:
        for variant in variants:
            problem = _variant_problem(canonical, variant, canonicals, seen)
            if problem is not None:
                problems.append(problem)
            seen.setdefault(fold(variant).text, canonical)
    return problems


def _variant_problem(
    canonical: str, variant: str, canonicals: Mapping[str, str], seen: Mapping[str, str]
) -> SynonymProblem | None:
    term, target = fold(variant).text, fold(canonical).text
    if not term:
        code, message = "empty", f"a variant of “{canonical}” has no visible character"
    elif term == target:
        code, message = "loop", f"“{variant}” is a variant of itself"
    elif term in canonicals:
        code = "chain"
        message = f"“{variant}” is a variant of “{canonical}” but also canonical itself"
    elif term in seen:
        code = "duplicate_variant"
        message = f"“{variant}” is a variant of “{seen[term]}” and again of “{canonical}”"
    elif target and _holds(term, target):
        code = "contains_canonical"
        message = f"“{variant}” contains its own canonical term “{canonical}”"
    else:
        return None
    return SynonymProblem(code, canonical, variant, message)
