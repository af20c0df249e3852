"""Folding, synonym replacement and tokens, always with offsets back to the original."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.canonical import canonical_texts, canonicalise, substitute
from kb.search.folding import MappedText, fold, folded_texts
from kb.search.synonyms import SynonymError, Synonyms
from kb.search.tokens import grams_of, units_of

NONE = Synonyms.from_groups([])
SYNONYMS = Synonyms.from_groups(
    [
        ("灵感值", ["点数", "灵感", "credits", "Ｃredit Points"]),
        ("会员", ["VIP", "会圆"]),
        ("快影会员", ["快影VIP"]),
        ("客户端", ["app", "手机app"]),
    ]
)

any_text = st.text(alphabet=st.characters(), max_size=40) | st.text(
    alphabet="灵感值点数会员圆快影VIPvipＡpｐ ,，。\u200b\ufe0f😀\x00\ud800ﬁ½ß", max_size=40
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＶＩＰ 会员", "vip 会员"),
        ("１０８０Ｐ", "1080p"),
        ("  a \t\n　b  ", "a b"),
        ("灵\u200b感\ufe0f值", "灵感值"),
        ("a\x00b", "ab"),
        ("\ud800a", "a"),
        ("½", "1⁄2"),
        ("STRASSE ß", "strasse ss"),
        ("會員點數，帳號與餘額", "会员点数,帐号与余额"),
        ("著作權歸誰", "著作权归谁"),
        ("", ""),
        ("\x00\u200b", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text).text == folded


def test_folding_any_single_character_twice_changes_nothing() -> None:
    for code in range(sys.maxunicode + 1):
        once = fold(chr(code)).text
        assert fold(once).text == once, hex(code)


@given(any_text)
def test_canonicalising_without_synonyms_is_idempotent(text: str) -> None:
    once = canonicalise(text, NONE).text
    assert canonicalise(once, NONE).text == once


@given(st.lists(any_text, max_size=5))
def test_many_texts_are_read_like_single_ones(texts: list[str]) -> None:
    assert list(folded_texts(texts)) == [fold(text).text for text in texts]
    canonical, met = canonical_texts(texts, SYNONYMS)
    assert canonical == [canonicalise(text, SYNONYMS).text for text in texts]
    rules = [rule.variant for text in texts for _, rule in SYNONYMS.rules_in(fold(text).text)]
    assert sorted(met.elements()) == sorted(rules)


def check_map(mapped: MappedText, original: str) -> None:
    assert len(mapped.text) == len(mapped.starts) == len(mapped.ends)
    assert list(mapped.starts) == sorted(mapped.starts)
    assert list(mapped.ends) == sorted(mapped.ends)
    for start, end in zip(mapped.starts, mapped.ends, strict=True):
        assert 0 <= start < end <= len(original)


@given(any_text)
def test_every_canonical_character_comes_from_somewhere_in_order(text: str) -> None:
    check_map(fold(text), text)
    mapped = canonicalise(text, SYNONYMS)
    check_map(mapped, text)
    for rule in mapped.replacements:
        assert text[rule.start : rule.end] == rule.variant


@given(any_text)
def test_what_was_not_replaced_maps_to_the_character_it_is_folded_from(text: str) -> None:
    mapped = canonicalise(text, NONE)
    for index, character in enumerate(mapped.text):
        source = text[mapped.starts[index] : mapped.ends[index]]
        assert character in fold(source).text or character == " "


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("点数没了", "灵感值没了"),
        ("灵感值没了", "灵感值没了"),  # the variant 灵感 inside its canonical term
        ("灵感没了", "灵感值没了"),
        ("快影VIP", "快影会员"),  # the longer rule wins over VIP alone
        ("快影ＶＩＰ和vip", "快影会员和会员"),
        ("手机APP里", "客户端里"),
        ("happy", "happy"),  # app inside a word
        ("app2", "app2"),
        ("快影app里", "快影客户端里"),
        ("credit  points", "灵感值"),
        ("creditsapp", "creditsapp"),
    ],
)
def test_synonyms_are_replaced_longest_first(text: str, canonical: str) -> None:
    assert canonicalise(text, SYNONYMS).text == canonical


def test_a_replacement_maps_to_the_whole_variant() -> None:
    mapped = canonicalise("我的Ｃredits呢", SYNONYMS)
    assert mapped.text == "我的灵感值呢"
    assert mapped.span(2, 5) == (2, 9)
    assert mapped.span(2, 3) == (2, 9)
    [rule] = mapped.replacements
    assert (rule.variant, rule.canonical, rule.start, rule.end) == ("Ｃredits", "灵感值", 2, 9)


def test_pieces_of_a_read_text_can_be_replaced_again() -> None:
    once = canonicalise("看credits吧", SYNONYMS)
    assert once.text == "看灵感值吧"
    twice = substitute(once, "看credits吧", [(0, 1, "查看"), (1, 4, "点")], by_sound=True)
    assert twice.text == "查看点吧"
    assert [twice.span(place, place + 1) for place in range(4)] == [(0, 1), (0, 1), (1, 8), (8, 9)]
    assert [(rule.variant, rule.by_sound) for rule in twice.replacements] == [
        ("credits", False),
        ("看", True),
        ("credits", True),
    ]


def test_a_table_may_be_empty() -> None:
    assert not NONE
    assert canonicalise("点数", NONE).text == "点数"


@pytest.mark.parametrize(
    ("groups", "codes"),
    [
        ([("会员", ["会员"])], ["loop"]),
        ([("会员", ["ＶＩＰ", "vip"])], ["duplicate_variant"]),
        ([("会员", ["vip"]), ("贵宾", ["VIP"])], ["duplicate_variant"]),
        ([("会员", ["贵宾"]), ("贵宾", [])], ["chain"]),
        ([("a b", ["b"]), ("b", ["a b"])], ["chain", "chain"]),
        ([("会员", ["可灵会员"])], ["contains_canonical"]),
        ([("会员", []), ("会员", [])], ["duplicate_canonical"]),
        ([("会员", ["\u200b"])], ["empty"]),
        ([(" ", [])], ["empty"]),
        ([("会员", ["会员", ""]), ("", ["x"])], ["empty", "loop", "empty"]),
    ],
)
def test_contradictory_tables_are_refused_with_every_reason(
    groups: list[tuple[str, list[str]]], codes: list[str]
) -> None:
    with pytest.raises(SynonymError) as caught:
        Synonyms.from_groups(groups)
    assert isinstance(caught.value, ValueError)
    assert [problem.code for problem in caught.value.problems] == codes
    assert all(problem.message in str(caught.value) for problem in caught.value.problems)


def test_a_longer_latin_word_does_not_contain_its_canonical_term() -> None:
    table = Synonyms.from_groups([("app", ["apps"])])
    assert canonicalise("two apps", table).text == "two app"


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("去水印", ["去", "去水", "水", "水印", "印"]),
        ("用vip看", ["用", "用vip", "vip", "vip看", "看"]),
        ("水，印", ["水", "印"]),
        ("api 1080p", ["api", "1080p"]),
        ("v1.5", ["v1", "5"]),
        ("a_b", ["a", "b"]),
        ("😀！", []),
    ],
)
def test_grams(text: str, grams: list[str]) -> None:
    found = grams_of(units_of(text))
    assert sorted("".join(gram.units) for gram in found) == sorted(grams)


@given(any_text)
def test_grams_stand_where_they_say(text: str) -> None:
    canonical = canonicalise(text, SYNONYMS).text
    units = units_of(canonical)
    grams = grams_of(units)
    assert all(canonical[gram.start : gram.end] == "".join(gram.units) for gram in grams)
    assert len(units) <= len(grams) <= max(2 * len(units) - 1, 0)
