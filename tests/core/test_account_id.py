"""The account ID: what is cleaned silently and what is refused, with which reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.account_id import (
    HIDDEN,
    MAX_DIGITS,
    MIN_DIGITS,
    AccountIdError,
    AccountIdProblem,
    mask_account_id,
    parse_account_id,
)

P = AccountIdProblem
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

digits = st.text(alphabet="0123456789", min_size=MIN_DIGITS, max_size=MAX_DIGITS)
mobiles = st.builds("1{}{:09d}".format, st.integers(3, 9), st.integers(0, 999_999_999))


def is_mobile(text: str) -> bool:
    """Said without a pattern: 11 digits from 13 on, with or without 86, 0086 or a trunk 0."""
    return any(
        len(rest) == 11 and rest[0] == "1" and rest[1] in "3456789"
        for prefix in ("", "0", "86", "860", "0086", "00860")
        if text.startswith(prefix)
        for rest in (text[len(prefix) :],)
    )


account_ids = digits.filter(lambda text: not is_mobile(text))


def problem(raw: str) -> AccountIdProblem:
    with pytest.raises(AccountIdError) as caught:
        parse_account_id(raw)
    return caught.value.code


@pytest.mark.parametrize(
    "raw",
    [
        "3184427",
        " 3184427\n",
        "318 44 27",
        "３１８４４２７",
        "318\u30004427",
        "318\u00a04427",
        "ID:3184427",
        "id：3184427",
        "Id : 3184427",
        "ID 3184427",
        "ＩＤ：３１８４４２７",
        "ＩＤ3184427",
        "账号ID：3184427",
        "帐号 id 3184427",
        "快手账号ID3184427",
        "\u202d3184427\u202c",
        "\ufeff318\u200b4427",
    ],
)
def test_noise_is_cleaned_silently(raw: str) -> None:
    assert parse_account_id(raw) == "3184427"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", P.EMPTY),
        ("  \u3000\t", P.EMPTY),
        ("\u200b", P.EMPTY),
        ("ID:", P.EMPTY),
        ("ＩＤ：", P.EMPTY),
        ("13812345678", P.MOBILE_NUMBER),
        ("１３８１２３４５６７８", P.MOBILE_NUMBER),
        ("138 1234 5678", P.MOBILE_NUMBER),
        ("138-1234-5678", P.MOBILE_NUMBER),
        ("138－1234－5678", P.MOBILE_NUMBER),
        ("+86 138 1234 5678", P.MOBILE_NUMBER),
        ("＋８６13812345678", P.MOBILE_NUMBER),
        ("(+86)138 1234 5678", P.MOBILE_NUMBER),
        ("8613812345678", P.MOBILE_NUMBER),
        ("0086-138-1234-5678", P.MOBILE_NUMBER),
        ("013812345678", P.MOBILE_NUMBER),
        ("ID:19912345678", P.MOBILE_NUMBER),
        ("小明同学", P.NOT_NUMERIC),
        ("abc_123", P.NOT_NUMERIC),
        ("ｋｌｉｎｇ", P.NOT_NUMERIC),
        ("id3184427", P.NOT_NUMERIC),  # somebody's chosen handle
        ("ID:id3184427", P.NOT_NUMERIC),
        ("3184427x", P.NOT_NUMERIC),
        ("318-4427", P.NOT_NUMERIC),
        ("-3184427", P.NOT_NUMERIC),
        ("3184427.0", P.NOT_NUMERIC),
        ("3e7", P.NOT_NUMERIC),
        ("①②③④⑤", P.NOT_NUMERIC),
        ("٣١٨٤٤٢٧", P.NOT_NUMERIC),
        ("三一八四四二七", P.NOT_NUMERIC),
        ("318\x004427", P.NOT_NUMERIC),
        ("12", P.TOO_SHORT),
        ("ID:1", P.TOO_SHORT),
        ("1234567890123456", P.TOO_LONG),  # as long as a bank card
        ("110101199003078515", P.TOO_LONG),  # as long as a resident ID number
    ],
)
def test_refused_with_its_reason(raw: str, why: AccountIdProblem) -> None:
    assert problem(raw) is why


@pytest.mark.parametrize(
    "raw", ["10012345678", "12912345678", "21381234567", "1381234567", "138123456789"]
)
def test_near_misses_of_a_mobile_number_are_account_ids(raw: str) -> None:
    assert parse_account_id(raw) == raw


@pytest.mark.parametrize("length", [MIN_DIGITS, MAX_DIGITS])
def test_the_bounds_themselves_are_in(length: int) -> None:
    assert parse_account_id("2" * length) == "2" * length


def test_the_error_does_not_repeat_what_was_typed() -> None:
    for raw in ("13812345678", "secretname", "110101199003078515"):
        with pytest.raises(AccountIdError) as caught:
            parse_account_id(raw)
        assert raw not in f"{caught.value!r} {caught.value}"


@given(account_ids)
def test_an_account_id_is_its_own_clean_form(text: str) -> None:
    assert parse_account_id(text) == text


@given(account_ids, st.data())
def test_any_mixture_of_noise_gives_the_same_id(text: str, data: st.DataObject) -> None:
    noise = st.text(alphabet=" \t\u3000\u00a0\u200b\u202c", max_size=2)
    label = data.draw(st.sampled_from(["", "ID:", "id：", "Ｉｄ：", "ＩＤ", "账号ID:", "ID "]))
    widened = (char.translate(FULL_WIDTH) if data.draw(st.booleans()) else char for char in text)
    raw = data.draw(noise) + label + "".join(char + data.draw(noise) for char in widened)
    assert parse_account_id(raw) == text


@given(mobiles, st.sampled_from(["", "+86", "+86 ", "86", "0086", "0", "(+86)"]), st.data())
def test_a_mobile_number_never_passes(mobile: str, prefix: str, data: st.DataObject) -> None:
    separator = st.sampled_from(["", "-", " ", "－", ".", "—"])
    assert problem(prefix + "".join(d + data.draw(separator) for d in mobile)) is P.MOBILE_NUMBER


@given(st.text(max_size=30))
def test_any_text_gives_digits_in_bounds_or_a_reason(raw: str) -> None:
    try:
        clean = parse_account_id(raw)
    except AccountIdError:
        return
    assert set(clean) <= set("0123456789")
    assert MIN_DIGITS <= len(clean) <= MAX_DIGITS
    assert not is_mobile(clean)
    assert parse_account_id(clean) == clean


@given(digits, st.characters(categories=["L"], exclude_characters="ＩｉＤｄ"), st.data())
def test_a_letter_anywhere_is_refused(text: str, letter: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    assert problem(text[:place] + letter + text[place:]) is P.NOT_NUMERIC


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("", ""),
        ("1", HIDDEN),
        ("12345", HIDDEN),
        ("123456", "1****6"),
        ("12345678", "12****78"),
        ("123456789", "12****89"),
        ("1234567890", "123****890"),
        ("123456789012345", "123****345"),
        ("nickname", HIDDEN),
        ("１２３４５６７８９０", HIDDEN),
    ],
)
def test_mask(value: str, masked: str) -> None:
    assert mask_account_id(value) == masked


@given(digits)
def test_a_mask_hides_at_least_four_digits(text: str) -> None:
    shown = mask_account_id(text).replace("*", "")
    assert len(shown) <= len(text) - min(4, len(text))
    assert len(shown) <= 6


@given(
    st.text(alphabet="0123456789", min_size=3, max_size=3),
    st.lists(st.text(alphabet="0123456789", min_size=4, max_size=9), min_size=2, max_size=2),
    st.text(alphabet="0123456789", min_size=3, max_size=3),
)
def test_a_mask_tells_no_more_than_its_ends(head: str, middles: list[str], tail: str) -> None:
    """Two IDs with the same ends look alike, even when one is longer."""
    assert len({mask_account_id(head + middle + tail) for middle in middles}) == 1
