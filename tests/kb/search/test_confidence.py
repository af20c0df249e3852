"""When search says that its first hit is right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.confidence import FITTED, Evidence, confidence, is_sure
from kb.search.elsewhere import named
from kb.search.index import Contrast, Document, SearchIndex
from kb.search.synonyms import Synonyms

share = st.floats(0, 1)
evidence = st.builds(Evidence, share, share, share, share, st.integers(1, 200), st.integers(0, 5))


@given(evidence)
def test_it_is_a_probability(given_evidence: Evidence) -> None:
    assert 0 <= confidence(given_evidence) <= 1


@given(evidence, evidence)
def test_more_evidence_never_lowers_it(one: Evidence, other: Evidence) -> None:
    best = Evidence(
        max(one.best_text, other.best_text),
        max(one.gap, other.gap),
        max(one.lead, other.lead),
        max(one.content, other.content),
        one.length,
        min(one.elsewhere, other.elsewhere),
    )
    assert confidence(best) >= confidence(one)
    assert is_sure(best) or not is_sure(one)


@pytest.mark.parametrize(
    ("gap", "length", "sure"),
    [(0.0, 12, False), (0.03, 12, True), (0.03, 4, False), (0.1, 4, True), (0.1, 2, True)],
)
def test_a_tie_is_not_sure_and_a_single_word_hardly(gap: float, length: int, sure: bool) -> None:
    given_evidence = Evidence(1.0, gap, 0.5, 1.0, length, 0)
    assert confidence(given_evidence) > 0.5
    assert is_sure(given_evidence) is sure


def test_the_weights_have_the_signs_that_make_sense() -> None:
    assert min(FITTED.best_text, FITTED.lead, FITTED.content) > 0 > FITTED.elsewhere


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("打车软件多收了钱", {"打车"}),
        ("微信和支付宝", {"微信", "支付宝"}),
        ("ps里怎么去水印", {"ps"}),
        ("https://example.com", set()),
        ("会员多少钱", set()),
    ],
)
def test_words_of_daily_life(text: str, words: set[str]) -> None:
    assert named(text) == words


def test_what_the_question_holds_is_not_elsewhere() -> None:
    index = SearchIndex.build(
        [Document("pay", "微信付款失败", ()), Document("film", "视频下载失败", ())], Synonyms()
    )
    paid, film = index.evidence("微信付款失败了"), index.evidence("微信视频下载失败了")
    assert paid is not None
    assert film is not None
    assert (paid.elsewhere, film.elsewhere) == (0, 1)


def test_the_lead_is_over_other_groups() -> None:
    texts = {"a": "苹果熟了能放几天", "b": "苹果熟了能放几周", "c": "苹果树几年结果"}
    contrast = {"a": Contrast("keep", "天"), "b": Contrast("keep", "周"), "c": None}
    grouped = SearchIndex.build(
        [Document(key, text, (), contrast=contrast[key]) for key, text in texts.items()],
        Synonyms(),
    )
    plain = SearchIndex.build([Document(key, text, ()) for key, text in texts.items()], Synonyms())
    ours, theirs = grouped.evidence("苹果熟了放几"), plain.evidence("苹果熟了放几")
    assert ours is not None
    assert theirs is not None
    assert ours.lead > theirs.lead


def test_nothing_found_is_no_evidence() -> None:
    index = SearchIndex.build([Document("a", "苹果", ())], Synonyms())
    assert index.evidence("香蕉") is None
    assert index.evidence("") is None
    assert SearchIndex.build([], Synonyms()).evidence("苹果") is None
