"""Search: what is found, in which order, with which marks."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.search import postings
from kb.search.canonical import canonicalise
from kb.search.explain import Span
from kb.search.index import QUERY_LIMIT, Document, SearchIndex, SearchResult
from kb.search.postings import Postings
from kb.search.ranking import is_confident
from kb.search.synonyms import Synonyms
from kb.search.tokens import same_words

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

Scores = dict[int, float]
Rest = Sequence[Any]

ALPHABET = "苹果樱桃核香蕉平收了两次钱怎么 ,，apleAPＬＥ1２\u200b"
words = st.text(alphabet=ALPHABET, max_size=14)
wild = st.text(alphabet=st.characters(), max_size=30) | words


@st.composite
def libraries(draw: st.DrawFn) -> list[Document]:
    texts = st.lists(words | st.sampled_from([t for d in FRUIT for t in d.phrasings]), max_size=3)
    keys = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6))
    return [Document(key, draw(words), tuple(draw(texts))) for key in keys]


def keys(result: SearchResult) -> list[str]:
    return [hit.key for hit in result.hits]


def shown(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def key_of(text: str) -> str:
    return same_words(canonicalise(text, SYNONYMS).text)


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


@pytest.mark.parametrize(
    ("scores", "confident"),
    [
        ([], False),
        ([0.29], False),
        ([0.30], True),
        ([0.38, 0.30], True),
        ([0.37, 0.30], False),
        ([1.0, 1.0], False),
    ],
)
def test_confidence_needs_a_good_score_and_a_lead(scores: list[float], confident: bool) -> None:
    assert is_confident(scores) is confident


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
        assert hit.text in (document.title, *document.phrasings)
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


@settings(max_examples=50)
@given(libraries(), words)
def test_the_ranking_is_bm25_worked_out_the_slow_way(library: list[Document], query: str) -> None:
    index = SearchIndex.build(library, SYNONYMS)
    found = {hit.key: hit.score for hit in index.search(query, limit=99).hits}
    assert found == pytest.approx(slow_scores(library, query))


def slow_tokens(text: str) -> tuple[list[str], int]:
    """Tokens by hand, and the number of units."""
    units: list[str] = []
    glued: list[bool] = []
    touching = False
    for character in canonicalise(text, SYNONYMS).text:
        if not character.isalnum():
            touching = False
            continue
        if touching and character.isascii() and units[-1].isascii():
            units[-1] += character
        else:
            units.append(character)
            glued.append(touching)
        touching = True
    pairs = [
        one + other for (one, other), near in zip(pairwise(units), glued[1:], strict=True) if near
    ]
    return units + pairs, len(units)


def slow_scores(library: list[Document], query: str) -> dict[str, float]:
    texts = {d.key: [d.title, *d.phrasings] for d in library}
    bags = {key: [slow_tokens(text) for text in own] for key, own in texts.items()}
    lengths = [length for own in bags.values() for _, length in own]
    average = max(sum(lengths) / max(len(lengths), 1), 1)
    asked, asked_length = slow_tokens(query)

    def weight(token: str) -> float:
        having = sum(any(token in bag for bag, _ in own) for own in bags.values())
        return math.log(1 + (len(library) - having + 0.5) / (having + 0.5))

    def score(bag: list[str], length: int) -> float:
        norm = 1.2 * (1 - 0.9 + 0.9 * length / average)
        counts = {token: bag.count(token) for token in set(asked) & set(bag)}
        return sum(weight(token) * n * (1.2 + 1) / (n + norm) for token, n in counts.items())

    found = {}
    for key, own in bags.items():
        best = max(score(*bag) for bag in own)
        if best:
            same = key_of(query) in map(key_of, texts[key])
            found[key] = 1.0 if same else min(best / score(asked, asked_length), 0.99)
    return found


def test_skipping_common_tokens_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    source = random.Random(11)
    common, rare = "的了吗怎么会员", "".join(chr(0x4E00 + 7 * number) for number in range(300))

    def text(length: int) -> str:
        return "".join(
            source.choice(common if source.random() < 0.6 else rare) for _ in range(length)
        )

    library = [
        Document(f"q{number:03}", text(8), tuple(text(source.randint(2, 20)) for _ in range(4)))
        for number in range(120)
    ]
    index = SearchIndex.build(library, SYNONYMS)
    queries = [text(source.randint(1, 25)) for _ in range(150)]
    plain = [index.search(query) for query in queries]
    skipped = []
    finish = Postings._finish

    def noticed(self: Postings, scores: Scores, rest: Rest, floor: float) -> Scores:
        skipped.append(floor > 0)
        return finish(self, scores, rest, floor)

    monkeypatch.setattr(postings, "FIRST_LOOK", 0)
    monkeypatch.setattr(Postings, "_finish", noticed)
    assert [index.search(query) for query in queries] == plain
    assert sum(skipped) > 100
