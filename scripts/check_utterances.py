"""Finds utterances of a measuring set that stand word for word in the knowledge base.

    python scripts/check_utterances.py FILE.tsv [--data kb/data]

A set that search is measured with proves nothing once its words have been copied into what is
searched. FILE.tsv has a header with a column ``utterance``. Blanks, punctuation, letter case and
width make no difference. Rows are named by their line numbers, never by their words. Exit code 1
when there are any, 2 when the file cannot be used.
"""
# ruff: noqa: T201 - a command that speaks to a person

from __future__ import annotations

import argparse
import csv
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
# Shorter synonyms are words of the language, which people may well utter alone.
SHORTEST_SYNONYM = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("utterances", type=Path, metavar="FILE.tsv")
    parser.add_argument("--data", type=Path, default=ROOT / "kb" / "data")
    chosen = parser.parse_args()
    known: dict[str, str] = {}
    for where, text in texts(chosen.data):
        known.setdefault(bare(text), where)
    try:
        checked = list(utterances(chosen.utterances))
    except (OSError, UnicodeDecodeError, KeyError) as error:
        print(f"{chosen.utterances}: {reason(error)}", file=sys.stderr)
        return 2
    found = [(line, known[words]) for line, words in checked if words in known]
    for line, where in found:
        print(f"{chosen.utterances}, line {line}: the same words are {where}.")
    print(f"{len(checked)} utterances against {len(known)} texts: {len(found)} copied.")
    return 1 if found else 0


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """Every text that search sees, and the follow-ups and labels beside it, with its place."""
    for path in sorted((data / "questions").glob("*.yaml")):
        for row in yaml.safe_load(path.read_text("utf-8"))["questions"]:
            yield f"the title of {row['key']}", row["title"]
            for text in row.get("phrasings", ()):
                yield f"a phrasing of {row['key']}", text
            for item in row.get("follow_ups", ()):
                yield f"a follow-up of {row['key']}", item["question"]
            if "contrast" in row:
                yield f"the contrast label of {row['key']}", row["contrast"]["label"]
    for group in yaml.safe_load((data / "synonyms.yaml").read_text("utf-8")):
        for word in (group["canonical"], *group["variants"]):
            if len(bare(word)) >= SHORTEST_SYNONYM:
                yield f"a synonym of {group['canonical']}", word


def utterances(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and bare words of every row that has words."""
    with path.open(encoding="utf-8-sig", newline="") as source:
        rows = csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE)
        if "utterance" not in (rows.fieldnames or ()):
            raise KeyError("utterance")
        for row in rows:
            if words := bare(row["utterance"] or ""):
                yield rows.line_num, words


def bare(text: str) -> str:
    """Letters and digits only, in one case and width."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "the header has no column “utterance” (tab separated)."
    if isinstance(error, UnicodeDecodeError):
        return "this is not UTF-8."
    return str(getattr(error, "strerror", None) or error)


if __name__ == "__main__":
    sys.exit(main())
