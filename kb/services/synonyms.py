"""Changing synonyms: never into a table from which no search index can be built."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.models import Synonym
from kb.search.synonyms import SynonymError, SynonymProblem, Synonyms
from kb.selectors.synonym_preview import Preview, preview_rules
from kb.services.publishing import bump_search_index
from klingdesk.core.errors import Invalid, NotFound

_MESSAGES = {
    "empty": _("This has no visible character."),
    "loop": _("The variant and its canonical word are the same to the search."),
    "duplicate_canonical": _(
        "To the search this is the same word as another canonical word; use that one."
    ),
    "duplicate_variant": _("This variant, or one that the search reads alike, is there already."),
    "chain": _("A word cannot be a variant in one rule and canonical in another."),
    "contains_canonical": _(
        "The variant contains its canonical word: the longer word would lose its meaning."
    ),
}


def check_synonym(*, variant: str, canonical: str, synonym_id: int | None = None) -> None:
    """Raise ``Invalid`` when the table with this rule added (or changed) would be contradictory.

    Problems that the table had before are not held against the change.
    """
    rows = _rules()
    known = set(_problems(rows.values()))
    rows[synonym_id or 0] = (variant, canonical)
    found = [problem for problem in _problems(rows.values()) if problem not in known]
    if found:
        raise Invalid(_("This rule would contradict others."), fields=_by_field(found))


def preview_synonym(
    *, variant: str, canonical: str, now: datetime, synonym_id: int | None = None
) -> Preview:
    """What saving this rule would change; nothing is stored. Errors as for ``save_synonym``."""
    variant, canonical = variant.strip(), canonical.strip()
    check_synonym(variant=variant, canonical=canonical, synonym_id=synonym_id)
    rules = _rules()
    if synonym_id is not None and rules.pop(synonym_id, None) is None:
        raise NotFound(_("This synonym has been deleted."))
    return preview_rules([*rules.values(), (variant, canonical)], now=now)


def preview_deletion(*, synonym_ids: Collection[int], now: datetime) -> Preview:
    """What deleting these rules would change; nothing is stored."""
    kept = [rule for pk, rule in _rules().items() if pk not in set(synonym_ids)]
    return preview_rules(kept, now=now)


@transaction.atomic
def save_synonym(*, variant: str, canonical: str, synonym_id: int | None = None) -> Synonym:
    """Add a rule, or change the one with ``synonym_id``, and have every process rebuild its index.

    Raises ``Invalid`` with field errors, ``NotFound`` when the rule is gone.
    """
    variant, canonical = variant.strip(), canonical.strip()
    # First, because it locks the one version row: two editors cannot each add half a loop.
    bump_search_index()
    check_synonym(variant=variant, canonical=canonical, synonym_id=synonym_id)
    if synonym_id is None:
        return Synonym.objects.create(variant=variant, canonical=canonical)
    synonym = Synonym.objects.select_for_update().filter(pk=synonym_id).first()
    if synonym is None:
        raise NotFound(_("This synonym has been deleted."))
    synonym.variant = variant
    synonym.canonical = canonical
    synonym.save(update_fields=["variant", "canonical"])
    return synonym


@transaction.atomic
def add_synonyms(*, rules: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Add many rules (variant, canonical); returns those that were left out.

    Left out is what would contradict the present table, or a rule before it in ``rules``.
    """
    if not rules:
        return []
    bump_search_index()
    return _add(list(rules))


def _add(rules: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Together if they fit together, else each half by itself: checking reads the whole table."""
    present = list(_rules().values())
    if set(_problems([*present, *rules])) <= set(_problems(present)):
        Synonym.objects.bulk_create(
            Synonym(variant=variant, canonical=canonical) for variant, canonical in rules
        )
        return []
    if len(rules) == 1:
        return rules
    middle = len(rules) // 2
    return [*_add(rules[:middle]), *_add(rules[middle:])]


@transaction.atomic
def delete_synonyms(*, synonym_ids: Collection[int]) -> int:
    """Delete rules; returns how many were still there."""
    bump_search_index()
    deleted, _by_model = Synonym.objects.filter(pk__in=list(synonym_ids)).delete()
    return deleted


def _rules() -> dict[int, tuple[str, str]]:
    rows = Synonym.objects.values_list("pk", "variant", "canonical")
    return {pk: (variant, canonical) for pk, variant, canonical in rows}


def _problems(rows: Iterable[tuple[str, str]]) -> tuple[SynonymProblem, ...]:
    groups: dict[str, list[str]] = {}
    for variant, canonical in sorted(rows):
        groups.setdefault(canonical, []).append(variant)
    try:
        Synonyms.from_groups(sorted(groups.items()))
    except SynonymError as error:
        return error.problems
    return ()


def _by_field(problems: Iterable[SynonymProblem]) -> Mapping[str, list[object]]:
    fields: dict[str, list[object]] = {}
    for problem in problems:
        at_canonical = problem.code == "duplicate_canonical" or (
            problem.code == "empty" and not problem.variant
        )
        messages = fields.setdefault("canonical" if at_canonical else "variant", [])
        message = _MESSAGES.get(problem.code, problem.message)
        if message not in messages:
            messages.append(message)
    return fields
