"""What a machine can check of good wording, in both languages; docs/language.md has the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.house.test_translations import (
    CATALOGUE,
    PLACE_HOLDER,
    SCRIPTS,
    key_of,
    messages,
    translations,
)

MARKUP = re.compile(r"<[^>]*>")

NOT_OUR_WORDS = {
    "您": "the interface speaks to the staff of the desk: short, without a form of address",
    "你": "as above",
    "升级": "流转二线",
    "小组": "团队",
    "服务台": "客服台",
    "请假": "休假",
    "时效政策": "时效规则",
    "兜底": "备用话术",
    "替代话术": "备用话术",
    "打码": "脱敏",
    "载入": "导入",
    "修订": "版本",
    "逾期": "超时",
    "截止日期": "截止时间",
    "补班": "调休上班",
    "回电": "回拨",
    "站内信": "私信",
    "点数": "灵感值",
    "灵感点": "灵感值",
    "催促": "催单",
    "帐号": "账号",
    "帐户": "账号",
    "登陆": "登录",
    "其它": "其他",
    "该当": "translated, not written",
    "被用户": "translated, not written: say who does it",
}
"""Words that mean what another word of ours means already, with that word."""

RIGHT_ALL_THE_SAME = ("优先级升为",)

AMERICAN = re.compile(
    r"\b(colors?|centers?|canceled|behaviors?|favorites?|catalogs?|labels? canceled"
    r"|\w*[^aeiou]ized?|\w+ization|licenses?|gray|fulfill|jewelry)\b",
    re.I,
)
BRITISH_TOO = {"size", "sized", "prize", "seize"}


def chinese() -> Iterator[str]:
    for message in messages(CATALOGUE, SCRIPTS):
        yield from translations(message)


def english() -> Iterator[str]:
    for message in messages(CATALOGUE):
        yield from map(str, message.id if isinstance(message.id, tuple) else (message.id,))


@pytest.mark.parametrize("word", NOT_OUR_WORDS)
def test_one_word_for_one_thing(word: str) -> None:
    found = []
    for text in chinese():
        rest = text
        for phrase in RIGHT_ALL_THE_SAME:
            rest = rest.replace(phrase, "")
        if word in rest:
            found.append(text)
    assert found == [], NOT_OUR_WORDS[word]


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("two blanks", r"  |\u3000"),
        ("straight quotes", "[\"']"),
        ("corner brackets: quotes are “”", "[「」『』]"),
        ("three dots, or two ellipses: one … will do", r"\.\.\.|……|。。"),
        ("a blank before an ellipsis", r"[\u4e00-\u9fff] …"),
        ("a blank beside full-width punctuation", r" [，。；：！？（）、]|[，。；：！？（）、] "),
        ("an exclamation mark: the desk does not shout", "[!！]"),
        ("full-width letters or digits", "[Ａ-Ｚａ-ｚ０-９]"),
    ],
)
def test_setting_of_chinese(fault: str, pattern: str) -> None:
    texts = {MARKUP.sub("", text) for text in chinese() if re.search(r"[\u4e00-\u9fff]", text)}
    allowed = ("(')",)  # the apostrophe itself is meant
    found = [
        text
        for text in texts
        if re.search(pattern, PLACE_HOLDER.sub("某", text))
        and not any(each in text for each in allowed)
    ]
    assert found == [], fault


def test_no_blank_stands_between_two_chinese_words() -> None:
    """One stands beside values, Latin words and names like @用户名 only."""
    value = re.compile(rf"{PLACE_HOLDER.pattern}|@\w+")
    texts = {value.sub("x", MARKUP.sub("", text)) for text in chinese()}
    assert [text for text in texts if re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]", text)] == []


def test_quotes_come_in_pairs() -> None:
    texts = [*chinese(), *english()]
    assert [text for text in texts if text.count("“") != text.count("”")] == []
    assert [text for text in texts if text.count("（") != text.count("）")] == []


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("two blanks", r"\S  \S"),
        ("straight double quotes", '"'),
        ("three dots: write …", r"\.\.\."),
        ("no blank before the ellipsis of a button", r"^(?!.*%s)[A-Z][a-z]+…$"),
        ("an exclamation mark: the desk does not shout", "!"),
        ("contractions: write them out", r"\b\w+n't\b|\bwe're\b|\byou're\b"),
    ],
)
def test_setting_of_english(fault: str, pattern: str) -> None:
    from_django = ("After you’ve created a user, you’ll be able to edit more user options.",)
    found = [
        text
        for text in english()
        if text not in from_django and re.search(pattern, MARKUP.sub("", text))
    ]
    assert found == [], fault


def test_english_is_british() -> None:
    found = [
        (word, text)
        for text in english()
        for word in (match[0] for match in AMERICAN.finditer(text))
        if word.casefold() not in BRITISH_TOO
    ]
    assert found == []


def test_labels_are_in_sentence_case() -> None:
    """Not Every Word Has a Capital: two words or more, each with one, is a title."""
    titles = re.compile(r"^[A-Z][a-z]+( [A-Z][a-z]+)+$")
    holidays = {"Spring Festival", "Labour Day", "National Day", "Dragon Boat Festival"}
    names = {"Simplified Chinese", *holidays}
    assert [text for text in english() if titles.match(text) and text not in names] == []


def test_what_introduces_something_does_so_in_both_languages() -> None:
    """A text that ends with a colon has something after it."""
    odd = []
    for message in messages(CATALOGUE):
        source, text = key_of(message)[1], translations(message)[0]
        if MARKUP.sub("", source).endswith(":") and not MARKUP.sub("", text).endswith("："):
            odd.append((source, text))
    assert odd == []
