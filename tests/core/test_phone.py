"""The call-back number: normalised, or refused with a reason, and masked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.core.account_id import HIDDEN, PhoneError, PhoneProblem, mask_phone, parse_phone

P = PhoneProblem
mobiles = st.builds("1{}{:09d}".format, st.integers(3, 9), st.integers(0, 999_999_999))
landlines = st.one_of(
    st.builds(
        "{}-{}{:07d}".format,
        st.sampled_from(["010", *(f"02{n}" for n in range(10))]),
        st.integers(2, 8),
        st.integers(0, 9_999_999),
    ),
    st.builds(
        "0{}-{}{}".format,
        st.integers(300, 999),
        st.integers(2, 8),
        st.text(alphabet="0123456789", min_size=6, max_size=7),
    ),
)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("＋８６－138－1234－5678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("\u202d13812345678\u202c", "13812345678"),
        ("010-82345678", "010-82345678"),
        ("010 8234 5678", "010-82345678"),
        ("(010)82345678", "010-82345678"),
        ("（０１０）８２３４５６７８", "010-82345678"),
        ("01082345678", "010-82345678"),
        ("+86 10 8234 5678", "010-82345678"),
        ("+86-010-82345678", "010-82345678"),
        ("0086 755 82345678", "0755-82345678"),
        ("0312-2345678", "0312-2345678"),
        ("0755-8234-5678", "0755-82345678"),
        ("010-82345678-801", "010-82345678-801"),
        ("010-82345678转801", "010-82345678-801"),
        ("01082345678 ext 801", "010-82345678-801"),
        ("010-82345678分机801", "010-82345678-801"),
    ],
)
def test_normalised(raw: str, number: str) -> None:
    assert parse_phone(raw) == number


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", P.EMPTY),
        (" \u3000", P.EMPTY),
        ("私信", P.NOT_NUMERIC),
        ("138x2345678", P.NOT_NUMERIC),
        ("①③⑧12345678", P.NOT_NUMERIC),
        ("82345678", P.NO_AREA_CODE),
        ("8234-5678", P.NO_AREA_CODE),
        ("2345678", P.NO_AREA_CODE),
        ("110", P.NOT_A_PHONE),
        ("1381234567", P.NOT_A_PHONE),
        ("138123456789", P.NOT_A_PHONE),
        ("12812345678", P.NOT_A_PHONE),
        ("4008101234", P.NOT_A_PHONE),
        ("+852 9123 4567", P.NOT_A_PHONE),
        ("010-1234567", P.NOT_A_PHONE),
        ("010-8234567", P.NOT_A_PHONE),
        ("3184427001", P.NOT_A_PHONE),
        ("----", P.NOT_NUMERIC),
    ],
)
def test_refused_with_its_reason(raw: str, why: PhoneProblem) -> None:
    with pytest.raises(PhoneError) as caught:
        parse_phone(raw)
    assert caught.value.code is why
    assert not raw or raw not in str(caught.value)


@given(mobiles, st.sampled_from(["", "+86", "86 ", "0086-", "0"]), st.data())
def test_a_mobile_number_is_the_same_however_it_is_written(
    mobile: str, prefix: str, data: st.DataObject
) -> None:
    separator = st.sampled_from(["", "-", " ", "－", "\u3000"])
    assert parse_phone(prefix + "".join(d + data.draw(separator) for d in mobile)) == mobile


@given(landlines, st.sampled_from(["-", "", " ", "—"]))
def test_a_landline_is_the_same_however_it_is_written(number: str, separator: str) -> None:
    assert parse_phone(number.replace("-", separator)) == number


@given(st.one_of(mobiles, landlines, landlines.map(lambda number: f"{number}-88")))
def test_a_normalised_number_is_its_own_clean_form(number: str) -> None:
    assert parse_phone(number) == number


@given(st.text(max_size=30))
def test_any_text_gives_a_number_or_a_reason(raw: str) -> None:
    try:
        number = parse_phone(raw)
    except PhoneError:
        return
    assert set(number) <= set("0123456789-")
    assert parse_phone(number) == number


def test_the_longest_normalised_number_has_20_characters() -> None:
    assert len(parse_phone("0755-82345678-123456")) == 20


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("", ""),
        ("13812345678", "138****5678"),
        ("010-82345678", "010-****5678"),
        ("0312-2345678", "0312-****678"),
        ("010-82345678-801", "010-****5678"),
        ("110", HIDDEN),
        ("12345678", HIDDEN),
        ("not a number", HIDDEN),
    ],
)
def test_mask(value: str, masked: str) -> None:
    assert mask_phone(value) == masked


@given(st.one_of(mobiles, landlines))
def test_a_mask_hides_four_digits(number: str) -> None:
    masked = mask_phone(number)
    assert masked.count("*") == 4
    assert len(masked.replace("*", "")) == len(number) - 4
