"""The shortcut of the preview is exact: what it does not look up is what cannot have changed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from kb.search.documents import Document
from kb.search.index import SearchIndex
from kb.selectors.search import Library, synonym_table
from kb.selectors.synonym_effect import Effect, _outcome

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def rules() -> list[tuple[str, str]]:
    groups = yaml.safe_load((ROOT / "kb/data/synonyms.yaml").read_text("utf-8"))
    return [(str(each), group["canonical"]) for group in groups for each in group["variants"]]


@pytest.fixture(scope="module")
def library(rules: list[tuple[str, str]]) -> Library:
    documents = [
        Document(row["key"], row["title"], tuple(row.get("phrasings", ())))
        for path in sorted((ROOT / "kb/data/questions").glob("*.yaml"))
        for row in yaml.safe_load(path.read_text("utf-8"))["questions"]
    ]
    synonyms = synonym_table(rules)
    return Library(tuple(documents), synonyms, SearchIndex.build(documents, synonyms))


@pytest.fixture(scope="module")
def said() -> list[str]:
    with (ROOT / "kb/data/measure.tsv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["utterance"] for row in rows[::3]]


@pytest.mark.parametrize(
    "rule", [("嘎嘎", "灵感值"), ("jifenbi", "灵感值"), ("转圈圈", "排队"), ("捏", "灵感值")]
)
def test_what_is_not_looked_up_has_not_changed(
    rule: tuple[str, str], rules: list[tuple[str, str]], library: Library, said: list[str]
) -> None:
    effect = Effect(library, rules=[*rules, rule], terms=rule)
    after = SearchIndex.build(library.documents, synonym_table([*rules, rule]))
    spared = [words for words in said if not effect.can_touch(words)]
    for words in said:
        assert effect.before(words) == _outcome(library.index, words)
        assert effect.after(words) == _outcome(after, words), words
    assert spared or effect._texts_change


def test_a_rule_that_goes(rules: list[tuple[str, str]], library: Library, said: list[str]) -> None:
    gone, kept = rules[0], rules[1:]
    effect = Effect(library, rules=kept, terms=gone)
    after = SearchIndex.build(library.documents, synonym_table(kept))
    assert all(effect.after(words) == _outcome(after, words) for words in said)


@pytest.mark.parametrize(
    ("words", "distance"),
    [("怎么买嘎嘎", 0), ("领感直", 1), ("灵感值", 1), ("VIP", 1), ("灵活", 2), ("退款", 3)],
)
def test_how_near_words_are(
    words: str, distance: int, rules: list[tuple[str, str]], library: Library
) -> None:
    effect = Effect(library, rules=[*rules, ("嘎嘎", "灵感值")], terms=("嘎嘎", "灵感值"))
    assert effect.distance(words) == distance


def test_what_is_kept_of_an_index_goes_with_it(library: Library, monkeypatch: Any) -> None:
    import gc

    from kb.selectors import synonym_effect

    monkeypatch.setattr(synonym_effect, "MOST_KEPT", 2)
    held = len(synonym_effect._known)
    index = SearchIndex.build(library.documents, library.synonyms)
    effect = Effect(Library(library.documents, library.synonyms, index), rules=(), terms=())
    for words in ("退款", "会员", "水印"):
        effect.before(words)
    assert len(synonym_effect._known[index]) == 1
    del index, effect
    gc.collect()
    assert len(synonym_effect._known) <= held
