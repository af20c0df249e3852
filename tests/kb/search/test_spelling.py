"""Pinyin, initials and homophones: what was meant by what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.index import Document, SearchIndex
from kb.search.pinyin import segmentations, sound, syllable, syllables
from kb.search.synonyms import Synonyms

SYNONYMS = Synonyms.from_groups([("会员", ["vip"]), ("灵感值", ["点数"]), ("接口", ["api"])])
INDEX = SearchIndex.build(
    [
        Document("mark", "怎么去水印", ("会员下载去水印", "水印太大")),
        Document("credits", "灵感值有什么用", ("点数花在哪里", "首尾帧要多少灵感值")),
        Document("api", "接口说明在哪里", ("api说明", "接口价格")),
    ],
    SYNONYMS,
)


@pytest.mark.parametrize(
    ("ideograph", "reading"), [("会", "hui"), ("绿", "lv"), ("帧", "zhen"), ("a", ""), ("😀", "")]
)
def test_syllables_of_ideographs(ideograph: str, reading: str) -> None:
    assert syllable(ideograph) == reading


def test_sounds_that_are_mixed_up_are_one() -> None:
    assert [sound(each) for each in ("zhi", "chang", "shen", "xing", "lv", "zhong")] == [
        "zi",
        "can",
        "sen",
        "xin",
        "lv",
        "zong",
    ]


@pytest.mark.parametrize(
    ("word", "ways"),
    [
        ("huiyuan", [("hui", "yuan"), ("hui", "yu", "an")]),
        ("xian", [("xian",), ("xi", "an")]),
        ("hy", []),
        ("", []),
        ("code", []),
    ],
)
def test_segmentations(word: str, ways: list[tuple[str, ...]]) -> None:
    assert list(segmentations(word)) == ways


@given(st.lists(st.sampled_from(sorted(syllables())), min_size=1, max_size=6))
def test_what_is_spelt_in_syllables_is_found_to_be(way: list[str]) -> None:
    word = "".join(way)
    found = segmentations(word)
    assert found
    assert all("".join(each) == word for each in found)
    assert len(found[0]) <= len(way)


@pytest.mark.parametrize(
    ("typed", "key", "pairs"),
    [
        ("huiyuan", "mark", (("huiyuan", "会员"),)),
        ("HuiYuan xiazai", "mark", (("HuiYuan xiazai", "会员下载"),)),
        ("hui yuan", "mark", (("hui yuan", "会员"),)),
        ("qushuiyin", "mark", (("qushuiyin", "去水印"),)),
        ("dianshu", "credits", (("dianshu", "点数"),)),
        ("lgz", "credits", (("lgz", "灵感值"),)),
        ("jk价格", "api", (("jk", "接口"),)),
        ("hylgz", "credits", (("hylgz", "会员灵感值"),)),
        ("会圆下载", "mark", (("会圆", "会员"),)),
        ("手尾针", "credits", (("手尾针", "首尾帧"),)),
        ("怎么曲水印", "mark", (("么曲", "么去"),)),
        ("去水银", "mark", (("水银", "水印"),)),
    ],
)
def test_what_was_meant_is_found_and_said(
    typed: str, key: str, pairs: tuple[tuple[str, str], ...]
) -> None:
    hit = INDEX.search(typed).hits[0]
    assert hit.key == key
    assert set(pairs) <= set(hit.sounds)
    assert hit.query_spans[0][0] <= typed.index(pairs[0][0])


@pytest.mark.parametrize("typed", ["api", "vip", "xyz", "hello", "mxq", "怎么", "水印", "q"])
def test_what_needs_no_reading_gets_none(typed: str) -> None:
    assert all(not hit.sounds for hit in INDEX.search(typed).hits)


def test_pinyin_of_nothing_known_finds_nothing() -> None:
    assert INDEX.search("beijing").hits == ()
    assert INDEX.search("bj").hits == ()
