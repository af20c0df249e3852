"""The synonym table: groups of one canonical term and the variants that it replaces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kb.search.folding import fold
from kb.search.scripts import is_word_character


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
    """Immutable replacement rules, looked up longest first. Falsy when there are none."""

    _by_first: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._by_first)

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
        by_first: defaultdict[str, list[Rule]] = defaultdict(list)
        for canonical, variants in given:
            target = fold(canonical).text
            for term in (target, *(fold(variant).text for variant in variants)):
                by_first[term[0]].append(Rule(term, target))
        return cls(
            {
                first: tuple(sorted(rules, key=lambda rule: (-len(rule.variant), rule.variant)))
                for first, rules in by_first.items()
            }
        )

    def match_at(self, text: str, position: int) -> Rule | None:
        """Longest rule that applies to folded ``text`` at ``position``.

        A Latin or digit end of a variant must be a word's end: ``app`` is found in
        ``快影app里`` but not in ``apple``.
        """
        for rule in self._by_first.get(text[position], ()):
            end = position + len(rule.variant)
            if (
                text.startswith(rule.variant, position)
                and not _inside_word(text, position)
                and not _inside_word(text, end)
            ):
                return rule
        return None


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
