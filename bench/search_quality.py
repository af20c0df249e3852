"""How often the right standard question is found: hit@1, hit@3, mean reciprocal rank.

    python bench/search_quality.py QUERIES.tsv [--data kb/data] [--misses] [--sweep]

QUERIES.tsv has a header and two columns: ``id`` (``a|b`` when either is right, ``-`` when no
question answers the words) and ``utterance``. Quality counts the rows whose question is in the
knowledge base. Confidence counts all: a confident answer to the others is wrong, and told apart
by "foreign" (``-``) and "missing" (another question's words, which this base does not hold).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kb.search.index import Document, SearchIndex, SearchResult
from kb.search.synonyms import Synonyms


class Row(NamedTuple):
    """One utterance with the keys in the knowledge base that answer it, if any."""

    keys: frozenset[str]
    foreign: bool
    utterance: str


class Outcome(NamedTuple):
    """What was found for a row; ``rank`` counts from 1, ``None`` when it was not found."""

    row: Row
    result: SearchResult
    rank: int | None


def documents(folder: Path) -> Iterator[Document]:
    for path in sorted((folder / "questions").glob("*.yaml")):
        for question in yaml.safe_load(path.read_text("utf-8"))["questions"]:
            yield Document(question["key"], question["title"], tuple(question.get("phrasings", ())))


def synonyms(folder: Path) -> Synonyms:
    groups = yaml.safe_load((folder / "synonyms.yaml").read_text("utf-8"))
    return Synonyms.from_groups([(group["canonical"], group["variants"]) for group in groups])


def rows(path: Path, known: frozenset[str]) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as source:
        for record in csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE):
            keys = frozenset(record["id"].split("|")) - {"-"}
            yield Row(keys & known, not keys, record["utterance"])


def outcome(index: SearchIndex, row: Row) -> Outcome:
    result = index.search(row.utterance, limit=len(index))
    ranks = (rank for rank, hit in enumerate(result.hits, start=1) if hit.key in row.keys)
    return Outcome(row, result, next(ranks, None))


def quality(outcomes: Sequence[Outcome]) -> str:
    ranks = [each.rank for each in outcomes]
    total = len(ranks) or 1
    first = sum(rank == 1 for rank in ranks) / total
    third = sum(rank is not None and rank <= 3 for rank in ranks) / total
    reciprocal = sum(1 / rank for rank in ranks if rank) / total
    return f"hit@1 {first:.3f}   hit@3 {third:.3f}   MRR {reciprocal:.3f}"


def confidence(outcomes: Iterable[Outcome], score: float | None, margin: float = 0.0) -> str:
    """With ``score`` ``None`` as the product decides, else by these thresholds."""
    sure = right = known = foreign = missing = 0
    for each in outcomes:
        known += bool(each.row.keys)
        if not (each.result.confident if score is None else is_sure(each, score, margin)):
            continue
        sure += 1
        right += each.rank == 1
        foreign += each.row.foreign
        missing += not each.row.keys and not each.row.foreign
    wrong = sure - right - foreign - missing
    return (
        f"confident {sure}: {right} right ({right / (known or 1):.2f} of the known), "
        f"{wrong} wrong, {foreign} foreign, {missing} missing"
    )


def is_sure(each: Outcome, score: float, margin: float) -> bool:
    top = [*(hit.score for hit in each.result.hits[:2]), 0.0, 0.0]
    return top[0] >= score and top[0] - top[1] >= margin


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("queries", type=Path)
    parser.add_argument("--data", type=Path, default=Path("kb/data"))
    parser.add_argument("--misses", action="store_true", help="list what was not found first")
    parser.add_argument("--sweep", action="store_true", help="try thresholds of confidence")
    arguments = parser.parse_args()

    found = tuple(documents(arguments.data))
    index = SearchIndex.build(found, synonyms(arguments.data))
    every = [
        outcome(index, row)
        for row in rows(arguments.queries, frozenset(each.key for each in found))
    ]
    known = [each for each in every if each.row.keys]
    texts = sum(1 + len(each.phrasings) for each in found)
    foreign = sum(each.row.foreign for each in every)
    print(
        f"{len(found)} questions, {texts} texts; queries: {len(known)} known, "
        f"{foreign} foreign, {len(every) - len(known) - foreign} missing"
    )
    print(quality(known))
    print(confidence(every, None))
    if arguments.sweep:
        for score in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
            for margin in (0.0, 0.03, 0.05, 0.08, 0.1):
                print(f"  {score:.2f} {margin:.2f}  {confidence(every, score, margin)}")
    if arguments.misses:
        for each in known:
            if each.rank != 1:
                best = [f"{hit.key} {hit.score:.2f}" for hit in each.result.hits[:3]]
                print(f"  {each.row.utterance}  {sorted(each.row.keys)} at {each.rank}: {best}")


if __name__ == "__main__":
    main()
