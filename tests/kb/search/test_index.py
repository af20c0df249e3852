"""Search: what is found, in which order, with which marks."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.search.canonical import canonicalise
from kb.search.explain import Span
from kb.search.index import QUERY_LIMIT, Document, SearchIndex, SearchResult
from kb.search.postings import ORDERS
from kb.search.ranking import DEFAULT_RANKING
from kb.search.synonyms import Synonyms
from kb.search.tokens import grams_of, units_of

SYNONYMS = Synonyms.from_groups(
    [("苹果", ["apple", "平果"]), ("多收", ["收了两次", "重复收"]), ("去核", ["没有核"])]
)
FRUIT = (
    Document("twice", "买一次苹果却多收了钱", ("一箱平果重复收了钱", "付款被收了两次")),
    Document("stone", "樱桃怎么去核", ("想要没有核的樱桃", "樱桃核太多")),
    Document("ripe", "香蕉没熟怎么办", ("青香蕉放几天能吃",)),
    Document("invoice", "发票在哪里开", ("怎么开发票",)),
)
INDEX = SearchIndex.build(FRUIT, SYNONYMS)

ALPHABET = "苹果樱桃核香蕉平收了两次钱怎么 ,，apleAPＬＥ1２\u200b"
words = st.text(alphabet=ALPHABET, max_size=14)
wild = st.text(alphabet=st.characters(), max_size=30) | words


@st.composite
def libraries(draw: st.DrawFn) -> list[Document]:
    texts = st.lists(words | st.sampled_from([t for d in FRUIT for t in d.phrasings]), max_size=3)
    keys = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6))
    return [Document(key, draw(words), tuple(draw(texts)), tuple(draw(texts))) for key in keys]


def keys(result: SearchResult) -> list[str]:
    return [hit.key for hit in result.hits]


def shown(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def key_of(text: str) -> tuple[str, ...]:
    return tuple(unit.text for unit in units_of(canonicalise(text, SYNONYMS).text))


def test_a_users_words_find_the_question_and_show_why() -> None:
    result = INDEX.search("我的ＡＰＰＬＥ怎么收了两次钱")
    best = result.hits[0]
    assert best.key == "twice"
    assert best.title == "买一次苹果却多收了钱"
    assert best.text == "一箱平果重复收了钱"
    assert shown(best.text, best.text_spans) == ["平果重复收"]
    assert shown(best.title, best.title_spans) == ["苹果", "多收"]
    assert shown(result.query, best.query_spans) == ["ＡＰＰＬＥ", "收了两次钱"]
    assert best.synonyms == (
        ("ＡＰＰＬＥ", "苹果"),
        ("收了两次", "多收"),
        ("平果", "苹果"),
        ("重复收", "多收"),
    )
    assert {"多收", "收", "多", "钱"} <= {match.token for match in best.matched}


def test_marks_land_on_what_was_typed() -> None:
    result = INDEX.search("请问，　ＡＰＰＬＥ 的发票？")
    apple = next(hit for hit in result.hits if hit.key == "twice")
    assert shown(result.query, apple.query_spans) == ["ＡＰＰＬＥ"]
    assert apple.synonyms[0] == ("ＡＰＰＬＥ", "苹果")
    invoice = result.hits[0]
    assert invoice.key == "invoice"
    assert shown(result.query, invoice.query_spans) == ["发票"]
    assert shown(invoice.title, invoice.title_spans) == ["发票"]


def test_everyday_words_are_not_marked() -> None:
    hit = INDEX.search("怎么给樱桃去核").hits[0]
    assert hit.key == "stone"
    assert {"怎", "怎么"} <= {match.token for match in hit.matched}
    assert hit.query_spans == ((3, 7),)


@pytest.mark.parametrize(
    ("query", "confident"),
    [
        ("樱桃去核", True),
        ("多收钱", True),
        ("怎么", False),
        ("今天天气怎么样", False),
    ],
)
def test_confidence(query: str, confident: bool) -> None:
    assert INDEX.search(query).confident is confident


@pytest.mark.parametrize("query", ["", "   ", "？！…", "😀😀", "\x00\x1b[31m", "\ud800", "qqq"])
def test_nothing_is_found_for_nothing(query: str) -> None:
    result = INDEX.search(query)
    assert result.hits == ()
    assert not result.confident


def test_a_very_long_query_is_cut() -> None:
    result = INDEX.search("樱桃怎么去核" + "啊" * 10_000)
    assert len(result.query) == QUERY_LIMIT
    assert result.hits[0].key == "stone"
    assert INDEX.search("啊" * QUERY_LIMIT + "樱桃").hits == ()


def test_an_empty_library_finds_nothing() -> None:
    assert SearchIndex.build([], SYNONYMS).search("樱桃").hits == ()
    assert SearchIndex.build([Document("a", "", ())], SYNONYMS).search("樱桃").hits == ()


def test_a_key_may_be_there_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        SearchIndex.build([*FRUIT, FRUIT[0]], SYNONYMS)


def test_equal_texts_are_ordered_by_key() -> None:
    twins = [Document(key, "怎么剥橙子", ()) for key in ("c", "a", "b")]
    index = SearchIndex.build(twins, SYNONYMS)
    assert keys(index.search("怎么剥橙子")) == ["a", "b", "c"]
    assert keys(index.search("橙子")) == ["a", "b", "c"]
    assert not index.search("怎么剥橙子").confident


def test_limit() -> None:
    assert keys(INDEX.search("怎么", limit=1)) == keys(INDEX.search("怎么"))[:1]
    assert INDEX.search("怎么", limit=0).hits == ()


@given(libraries(), wild)
def test_search_never_raises_and_keeps_its_promises(library: list[Document], query: str) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    result = index.search(query, limit=4)
    by_key = {document.key: document for document in library}
    assert len(result.hits) <= 4
    assert len(set(keys(result))) == len(result.hits)
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    for hit in result.hits:
        document = by_key[hit.key]
        assert 0 < hit.score <= 1
        assert hit.title == document.title
        assert hit.text in document.texts
        assert sum(match.weight for match in hit.matched) == pytest.approx(hit.score)
        assert hit.text_spans
        assert hit.query_spans
        for text, spans in (
            (hit.title, hit.title_spans),
            (hit.text, hit.text_spans),
            (result.query, hit.query_spans),
        ):
            assert all(0 <= start < end <= len(text) for start, end in spans)
            assert all(one[1] < other[0] for one, other in pairwise(spans))


@given(libraries(), st.data())
def test_an_exact_text_finds_its_own_question_first(
    library: list[Document], data: st.DataObject
) -> None:
    texts = [(d.key, text) for d in library for text in (d.title, *d.phrasings) if key_of(text)]
    if not texts:
        return
    _, text = data.draw(st.sampled_from(texts))
    owners = {key for key, other in texts if key_of(other) == key_of(text)}
    result = SearchIndex.build(library, SYNONYMS).search(text, limit=len(library))
    assert keys(result)[: len(owners)] == sorted(owners)
    assert [hit.score for hit in result.hits if hit.score == 1] == [1.0] * len(owners)


@given(libraries(), words)
def test_another_document_takes_nobody_away(library: list[Document], query: str) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    more = SearchIndex.build([*library, Document("z", "香蕉核", ("苹果钱",))], SYNONYMS)
    before = keys(index.search(query, limit=99))
    after = keys(more.search(query, limit=99))
    assert set(before) <= set(after) <= {*before, "z"}


@given(libraries(), words, st.randoms(use_true_random=False))
def test_the_order_of_documents_does_not_matter(
    library: list[Document], query: str, source: random.Random
) -> None:
    shuffled = list(library)
    source.shuffle(shuffled)
    one, other = (SearchIndex.build(each, SYNONYMS) for each in (library, shuffled))
    assert one.search(query) == other.search(query)


@given(libraries(), words, st.integers(1, 6))
def test_a_smaller_limit_gives_a_prefix(library: list[Document], query: str, limit: int) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    assert index.search(query, limit=limit).hits == index.search(query, limit=99).hits[:limit]
    assert index.search(query, limit=limit).confident == index.search(query, limit=99).confident


@given(libraries(), words, st.sampled_from("abcdefgh"))
def test_questions_can_be_left_out(library: list[Document], query: str, key: str) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    left = keys(index.search(query, limit=99, without={key}))
    assert left == [each for each in keys(index.search(query, limit=99)) if each != key]


def test_a_learned_phrasing_weighs_less_than_an_equal_curated_one() -> None:
    by_editor = Document("z", "怎么剥橙子", ("甜橙去皮",))
    by_use = Document("a", "怎么剥橙子", (), ("甜橙去皮",))
    for query in ("甜橙", "甜橙去皮", "甜橙怎么去皮"):
        result = SearchIndex.build([by_editor, by_use], SYNONYMS).search(query)
        assert keys(result) == ["z", "a"], query
        assert result.hits[0].score > result.hits[1].score


@given(libraries(), words)
def test_learned_never_outranks_equal_curated(library: list[Document], query: str) -> None:
    if any(document.learned for document in library):
        library = [Document(d.key, d.title, d.phrasings) for d in library]
    pairs = [
        twin
        for document in library
        for twin in (
            Document(f"{document.key}1", document.title, document.phrasings, ("苹果核",)),
            Document(f"{document.key}2", document.title, (*document.phrasings, "苹果核")),
        )
    ]
    hits = SearchIndex.build(pairs, SYNONYMS).search(query, limit=99).hits
    scores = {hit.key: hit.score for hit in hits}
    if set(key_of(query)) <= set("苹果核"):
        for key in {hit.key[0] for hit in hits}:
            assert scores.get(f"{key}1", 0.0) <= scores.get(f"{key}2", 0.0) + 1e-6


@given(libraries(), words)
def test_learned_phrasings_do_not_change_what_words_are_worth(
    library: list[Document], query: str
) -> None:
    """A question without any scores the same, whatever others have learned."""
    plain = [Document(d.key, d.title, d.phrasings) for d in library]
    mixed = [Document(d.key, d.title, d.phrasings, ("钱",)) if d.key < "d" else d for d in plain]
    one = {h.key: h.score for h in SearchIndex.build(plain, SYNONYMS).search(query, limit=99).hits}
    two = {h.key: h.score for h in SearchIndex.build(mixed, SYNONYMS).search(query, limit=99).hits}
    if "钱" not in canonicalise(query, SYNONYMS).text:
        assert two == pytest.approx(one)


@settings(max_examples=50)
@given(libraries(), words)
def test_the_ranking_is_what_it_says_worked_out_the_slow_way(
    library: list[Document], query: str
) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    found = {hit.key: hit.score for hit in index.search(query, limit=99).hits}
    if any(hit.sounds for hit in index.search(query, limit=99).hits):
        return
    assert found == pytest.approx(slow_scores(library, query), rel=1e-4)


Bag = tuple[Counter[tuple[str, ...]], int]


def bag_of(text: str) -> Bag:
    """N-grams with their counts, and the number of units."""
    units = units_of(canonicalise(text, SYNONYMS).text)
    return Counter(gram.units for gram in grams_of(units)), len(units)


def slow_scores(library: list[Document], query: str) -> dict[str, float]:
    ranking = DEFAULT_RANKING
    curated = {d.key: [bag_of(text) for text in (d.title, *d.phrasings)] for d in library}
    learned = {d.key: [bag_of(text) for text in d.learned] for d in library}
    lengths = [length for own in curated.values() for _, length in own]
    average = max(sum(lengths) / max(len(lengths), 1), 1)
    asked, asked_length = bag_of(query)

    def rarity(gram: tuple[str, ...]) -> float:
        having = sum(any(gram in bag for bag, _ in own) for own in curated.values())
        return float(ranking.rarities(having, len(library)))

    def bm25(bag: Counter[tuple[str, ...]], length: int) -> float:
        norm = ranking.norm(length, average)
        return sum(rarity(g) * ranking.saturation(bag[g], norm) for g in asked if g in bag)

    def share(key: str, gram: tuple[str, ...]) -> float:
        own = sum(gram in bag for bag, _ in curated[key])
        taught = sum(gram in bag for bag, _ in learned[key])
        return float(ranking.share(own, taught, len(curated[key])))

    found = {}
    for key, own in curated.items():
        texts = [bm25(*bag) for bag in own]
        texts += [ranking.learned * bm25(*bag) for bag in learned[key]]
        if not max(texts):
            continue
        ideal, total = bm25(asked, asked_length), sum(map(rarity, asked))
        shares = sum(rarity(gram) * share(key, gram) for gram in asked)
        score = float(ranking.fused(max(texts) / ideal, shares / total))
        same = any(bag == (asked, asked_length) for bag in own)
        document = next(each for each in library if each.key == key)
        same = key_of(query) in map(key_of, (document.title, *document.phrasings))
        found[key] = 1.0 if same else min(score, 0.99)
    return found


def test_a_unit_and_a_pair_of_units_are_looked_up() -> None:
    assert ORDERS == (1, 2)


def test_more_texts_than_a_key_can_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.search.postings.KEY_BITS", 4)
    with pytest.raises(OverflowError, match="too many texts"):
        SearchIndex.build(FRUIT, SYNONYMS)


def test_equal_units_have_equal_fingerprints_and_are_compared_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Texts whose fingerprints collide are told apart."""
    monkeypatch.setattr(INDEX._corpus, "fingerprints", np.zeros_like(INDEX._corpus.fingerprints))
    monkeypatch.setattr("kb.search.corpus._MULTIPLIER", 0)
    assert all(hit.score < 1 for hit in INDEX.search("樱桃核").hits)
