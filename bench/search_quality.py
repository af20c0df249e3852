"""How often the right standard question is found, and how well search knows when it was.

    python bench/search_quality.py FILE [FILE ...] [--data kb/data] [--misses] [--fit]

A file is tab-separated with a header and the columns ``id`` (``a|b`` when either is right,
``-`` when no question answers the words), ``utterance`` and perhaps ``kind``. Without kinds,
the first, second, ... row of each id are "story", "keyword", "slip" in turn. Quality counts the
rows whose question is in the knowledge base.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kb.search.confidence import FITTED, Evidence, Weights, features, is_sure
from kb.search.index import Contrast, Document, SearchIndex, SearchResult
from kb.search.synonyms import Synonyms

KINDS = ("story", "keyword", "slip")
FOLDS = 10


class Row(NamedTuple):
    """One utterance with the keys in the knowledge base that answer it, if any."""

    keys: frozenset[str]
    kind: str
    utterance: str


class Outcome(NamedTuple):
    """What was found for a row; ``rank`` counts from 1, ``None`` when it was not found."""

    row: Row
    result: SearchResult
    rank: int | None
    evidence: Evidence | None


def documents(folder: Path) -> Iterator[Document]:
    """The starter questions; what search has no use for is ignored."""
    for path in sorted((folder / "questions").glob("*.yaml")):
        for question in yaml.safe_load(path.read_text("utf-8"))["questions"]:
            contrast = question.get("contrast")
            yield Document(
                question["key"],
                question["title"],
                tuple(question.get("phrasings", ())),
                contrast=Contrast(contrast["group"], contrast["label"]) if contrast else None,
            )


def synonyms(folder: Path) -> Synonyms:
    """The starter synonyms."""
    groups = yaml.safe_load((folder / "synonyms.yaml").read_text("utf-8"))
    return Synonyms.from_groups([(group["canonical"], group["variants"]) for group in groups])


def rows(path: Path, known: frozenset[str]) -> Iterator[Row]:
    """The rows of a file, less those of questions that the knowledge base does not hold."""
    seen: Counter[str] = Counter()
    with path.open(encoding="utf-8", newline="") as source:
        for record in csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE):
            keys = frozenset(record["id"].split("|")) - {"-"}
            first = record["id"].split("|")[0]
            kind = record.get("kind") or (KINDS[seen[first] % len(KINDS)] if keys else "-")
            seen[first] += 1
            if not keys or keys & known:
                yield Row(keys & known, kind, record["utterance"])


def outcome(index: SearchIndex, row: Row) -> Outcome:
    result = index.search(row.utterance, limit=len(index))
    ranks = (rank for rank, hit in enumerate(result.hits, start=1) if hit.key in row.keys)
    return Outcome(row, result, next(ranks, None), index.evidence(row.utterance))


def quality(outcomes: Sequence[Outcome]) -> str:
    ranks = [each.rank for each in outcomes]
    total = len(ranks) or 1
    first = sum(rank == 1 for rank in ranks) / total
    third = sum(rank is not None and rank <= 3 for rank in ranks) / total
    reciprocal = sum(1 / rank for rank in ranks if rank) / total
    return f"hit@1 {first:.3f}   hit@3 {third:.3f}   MRR {reciprocal:.3f}"


def sureness(outcomes: Sequence[Outcome], sure: Sequence[bool]) -> str:
    """Rates of confident answers, of the answerable rows and of the others."""
    pairs = list(zip(outcomes, sure, strict=True))
    known = [(each, one) for each, one in pairs if each.row.keys]
    foreign = [one for each, one in pairs if not each.row.keys]
    confident = sum(one for _, one in known)
    wrong = sum(one and each.rank != 1 for each, one in known)
    return (
        f"confident {confident / (len(known) or 1):.3f} of {len(known)} answerable "
        f"(wrong {wrong / (len(known) or 1):.3f}), "
        f"{sum(foreign) / (len(foreign) or 1):.3f} of {len(foreign)} others"
    )


def report(name: str, outcomes: Sequence[Outcome]) -> None:
    known = [each for each in outcomes if each.row.keys]
    print(f"{name}\n  all      {quality(known)}")
    for kind in dict.fromkeys(each.row.kind for each in known):
        print(f"  {kind:8} {quality([each for each in known if each.row.kind == kind])}")
    print(f"  {sureness(outcomes, [each.result.confident for each in outcomes])}")
    asked = sum(bool(each.result.choices) for each in known)
    offered = sum(
        any(choice.key in each.row.keys for choice in each.result.choices) for each in known
    )
    print(f"  choices  for {asked} of the answerable, the right one among them for {offered}")


def fit(inputs: np.ndarray, right: np.ndarray, penalty: float = 0.01) -> np.ndarray:
    """Logistic regression by Newton's method; features are scaled, the penalty is ridge."""
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-9
    scaled = np.column_stack([np.ones(len(inputs)), (inputs - mean) / spread])
    ridge = penalty * len(right) * np.diag([0.0] + [1.0] * inputs.shape[1])
    weights = np.zeros(scaled.shape[1])
    for _ in range(50):
        sure = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (right - sure) - ridge @ weights
        bend = (scaled.T * (sure * (1 - sure))) @ scaled + ridge
        weights = weights + np.linalg.solve(bend, slope)
    own = weights[1:] / spread
    return np.concatenate([[weights[0] - (own * mean).sum()], own])


def fitted(outcomes: Sequence[Outcome]) -> Weights:
    found = [each for each in outcomes if each.evidence is not None]
    inputs = np.array([features(each.evidence) for each in found if each.evidence])
    right = np.array([float(each.rank == 1) for each in found])
    return Weights(*(round(float(weight), 2) for weight in fit(inputs, right)))


def surely(each: Outcome, weights: Weights) -> bool:
    return each.evidence is not None and is_sure(each.evidence, weights)


def cross_validate(sets: dict[str, list[Outcome]]) -> None:
    """Weights from all rows; how they do on rows, and on files, that they were not fitted on."""
    every = [each for outcomes in sets.values() for each in outcomes]
    print(f"fitted on all: {fitted(every)}\nin use:        {FITTED}")
    fold = np.random.default_rng(1).integers(0, FOLDS, len(every))
    sure = [False] * len(every)
    for number in range(FOLDS):
        weights = fitted([each for each, own in zip(every, fold, strict=True) if own != number])
        for place in np.flatnonzero(fold == number):
            sure[place] = surely(every[place], weights)
    print(f"  {FOLDS} folds: {sureness(every, sure)}")
    for name, outcomes in sets.items():
        others = [each for other, own in sets.items() if other != name for each in own]
        if others:
            weights = fitted(others)
            held_out = [surely(each, weights) for each in outcomes]
            print(f"  {name} by the others: {sureness(outcomes, held_out)}")


def print_misses(outcomes: Sequence[Outcome]) -> None:
    for each in outcomes:
        best = [f"{hit.key} {hit.score:.2f}" for hit in each.result.hits[:3]]
        if each.row.keys and each.rank != 1:
            print(f"  {each.row.utterance}  {sorted(each.row.keys)} at {each.rank}: {best}")
        elif not each.row.keys and each.result.confident:
            print(f"  {each.row.utterance}  confident: {best}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("queries", type=Path, nargs="+")
    parser.add_argument("--data", type=Path, default=Path("kb/data"))
    parser.add_argument("--misses", action="store_true", help="list what was answered wrongly")
    parser.add_argument("--fit", action="store_true", help="fit the confidence to these files")
    arguments = parser.parse_args()

    found = tuple(documents(arguments.data))
    index = SearchIndex.build(found, synonyms(arguments.data))
    print(f"{len(found)} questions, {sum(len(each.texts) for each in found)} texts")
    known = frozenset(each.key for each in found)
    sets: dict[str, list[Outcome]] = {}
    for path in arguments.queries:
        sets[str(path)] = [outcome(index, row) for row in rows(path, known)]
        report(str(path), sets[str(path)])
        if arguments.misses:
            print_misses(sets[str(path)])
    if arguments.fit:
        cross_validate(sets)


if __name__ == "__main__":
    main()
