"""What is kept of a user's words: no number, no address, and the rest as it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules import masking
from kb.rules.masking import (
    MOST_READ,
    MOST_WORDS,
    NUMBER,
    PLACEHOLDERS,
    has_placeholder,
    mask,
)

PATTERNS = [each for each in vars(masking).values() if isinstance(each, re.Pattern)]

anything = st.text(max_size=260)
chinese = st.text(alphabet="灵感值会员怎么退款水印被扣了吗我的，？", max_size=40)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("灵感值被扣了两次", "灵感值被扣了两次"),
        ("我的手机号13800138000收不到验证码", "我的手机号‹#›收不到验证码"),
        ("１３８ ００１３ ８０００ 没到账", "‹#› 没到账"),
        ("138-0013-8000没到账", "‹#›没到账"),
        ("1 3 8 0 0 1 3 8 0 0 0 没到账", "‹#› 没到账"),
        ("13\u200b8001\u200b38000 没到账", "‹#› 没到账"),
        ("①③⑧ 的 ٣٤٥", "‹#› 的 ‹#›"),
        ("幺三八零零一三八零零零没到账", "‹#›没到账"),
        ("扣了三次，买了一年，二十五块", "扣了三次，买了一年，二十五块"),
        ("生成10秒1080p的视频", "生成‹#›秒‹#›p的视频"),
        ("邮箱zhang.san@qq.com收不到", "邮箱‹@›收不到"),
        ("邮箱ｚｓ＠ｑｑ．ｃｏｍ收不到", "邮箱‹@›收不到"),
        ("发到 zhang@ 不行", "发到 ‹@› 不行"),
        ("打开https://example.com/u/77?x=1打不开", "打开‹/›打不开"),
        ("www.example.com 打不开", "‹/› 打不开"),
        ("klingai.com进不去", "‹/›进不去"),
        ("账号kwai998877登不上", "账号‹*›登不上"),
        ("微信wxid_abcdef收不到", "微信‹*›收不到"),
        ("订单 A1B2-C3D4-E5F6", "订单 ‹*›"),
        ("zenmeyangquxiaohuiyuan", "zenmeyangquxiaohuiyuan"),
        ("kling ai 怎么用", "kling ai 怎么用"),
        ("一行\n两行\x00", "一行 两行"),
        ("爱@可灵", "爱@可灵"),
        ("@@ 和 a@@b", "@@ 和 ‹@›"),
        ("klingai.com.1进不去", "‹/›.‹#›进不去"),
        ("去klingai.com/a/b?c=1看", "去‹/›看"),
        ("a..klingai.com.cn.", "a..‹/›."),
        ("v1.2 和 3.5", "v‹#›.‹#› 和 ‹#›.‹#›"),
        ("-a_b.klingai.com_x", "‹/›_x"),
        ("", ""),
    ],
)
def test_examples(said: str, kept: str) -> None:
    assert mask(said) == kept


@given(anything)
def test_no_digit_and_no_more_than_fits(said: str) -> None:
    kept = mask(said)
    assert not re.search(r"\d", kept)
    assert not any(each.isdigit() for each in kept)
    assert len(kept) <= MOST_WORDS
    kept.encode("utf-8")


@pytest.mark.parametrize(
    "part",
    ["a", "a.", "a-", "-", "_.", "a+", "http:", "a@", "@", "1-", "a.1", "www", "\u200b", " "],
)
def test_a_long_text_is_read_once(part: str) -> None:
    """With what is read again and again this takes hours."""
    many = 400_000 // len(part)
    assert len(mask(part * many)) <= MOST_WORDS
    for pattern in PATTERNS:
        pattern.sub("", part * many)


def test_nothing_is_read_that_would_not_be_kept() -> None:
    said = "扣了两次" * 50
    assert mask(said + "a." * 100_000) == said
    # Half of an address is no word.
    hidden = "1" * (MOST_READ - 10)
    assert mask(hidden + "，zhang.san@qq.com") == "‹#›，‹*›"


@given(anything)
def test_masking_twice_changes_nothing(said: str) -> None:
    assert mask(mask(said)) == mask(said)


@given(chinese)
def test_plain_words_stay_as_they_are(said: str) -> None:
    assert mask(said) == said
    assert not has_placeholder(mask(said))


@given(
    chinese,
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "-", ".", "  ", " - "]),
    st.integers(1, 10),
    chinese,
)
def test_a_telephone_never_survives(
    before: str, number: str, separator: str, at: int, after: str
) -> None:
    kept = mask(before + number[:at] + separator + number[at:] + after)
    assert has_placeholder(kept)
    assert not any(each.isdigit() for each in kept)


@given(chinese, st.emails(), chinese)
def test_a_mail_address_never_survives(before: str, address: str, after: str) -> None:
    assert address not in mask(f"{before} {address} {after}")


@given(st.integers(MOST_WORDS - 8, MOST_WORDS + 8))
def test_no_half_placeholder_at_the_end(length: int) -> None:
    kept = mask("扣" * length + "77")
    assert kept.replace(NUMBER, "") == "扣" * min(length, MOST_WORDS)


def test_placeholders_are_found_again() -> None:
    assert all(has_placeholder(f"前{each}后") for each in PLACEHOLDERS)
    assert not has_placeholder("前#后")
