"""The account ID and the telephone number that an agent types while the user reads them out.

The account ID is the number that Kuaishou gave the account. Users read out other things in its
place: the mobile number they log in with, their nickname, or the handle they chose themselves
(letters, digits, underscores). A wrong number would send the ticket after a stranger's account,
so whatever is not clearly an account ID is refused with a code; only noise is cleaned silently.

What was typed is personal data: it is in no error and no log that comes from here.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

MIN_DIGITS = 3
MAX_DIGITS = 15
"""IDs seen in public have up to 10 digits; 15 leaves room for growth. 16 and more would let in
bank cards (16-19 digits) and resident ID numbers (18), which this field must never hold."""

HIDDEN = "****"
"""What stands for hidden characters, always four, so that a mask does not tell the length."""


class AccountIdProblem(StrEnum):
    """Why an account ID was refused."""

    EMPTY = "empty"
    MOBILE_NUMBER = "mobile_number"
    NOT_NUMERIC = "not_numeric"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


class PhoneProblem(StrEnum):
    """Why a telephone number was refused."""

    EMPTY = "empty"
    NOT_NUMERIC = "not_numeric"
    NO_AREA_CODE = "no_area_code"
    NOT_A_PHONE = "not_a_phone"


class AccountIdError(ValueError):
    """Not an account ID; ``code`` says why."""

    def __init__(self, code: AccountIdProblem) -> None:
        super().__init__(code.value)
        self.code = code


class PhoneError(ValueError):
    """Not a telephone number that can be called back; ``code`` says why."""

    def __init__(self, code: PhoneProblem) -> None:
        super().__init__(code.value)
        self.code = code


_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー·.", "-"))
_BRACKETS = str.maketrans("", "", "-()")

# A chosen handle may itself begin with "id", so plain letters are a label only before a colon or
# a space; with 账号 in front, or in full-width letters, they cannot be part of a handle.
_LABEL = re.compile(
    r"(?:(?:快手)?[账帐]号\s*[IiＩｉ][DdＤｄ]|[Ｉｉ][Ｄｄ])\s*[:：]?|[Ii][Dd](?:\s*[:：]|\s)"
)
_NUMBER = re.compile(r"[0-9]+")
_MOBILE = re.compile(r"(?:\+?86|0086)?0?(1[3-9][0-9]{9})")
_COUNTRY = re.compile(r"^(?:\+86|0086)0?(?=[1-9])")
# Area codes of three digits (010 and 02x) have local numbers of eight digits.
_LANDLINE = re.compile(r"(010|02[0-9])([2-8][0-9]{7})|(0[3-9][0-9]{2})([2-8][0-9]{6,7})")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_EXTENSION = re.compile(r"(.+?)(?:-|转|分机|ext|#|,)([0-9]{1,6})", re.IGNORECASE)


def parse_account_id(raw: str) -> str:
    """The account ID in ``raw``: 3 to 15 ASCII digits.

    Spaces, invisible characters, full-width forms and a leading ``ID:`` are cleaned away.
    ``AccountIdError`` with its code otherwise; a mainland mobile number is recognised with
    country code and separators too.
    """
    visible = _visible(raw)
    label = _LABEL.match(visible)
    text = _compact(visible[label.end() :] if label else visible)
    if not text:
        raise AccountIdError(AccountIdProblem.EMPTY)
    if _MOBILE.fullmatch(text.translate(_DASHES).translate(_BRACKETS)):
        raise AccountIdError(AccountIdProblem.MOBILE_NUMBER)
    if not _NUMBER.fullmatch(text):
        raise AccountIdError(AccountIdProblem.NOT_NUMERIC)
    if len(text) < MIN_DIGITS:
        raise AccountIdError(AccountIdProblem.TOO_SHORT)
    if len(text) > MAX_DIGITS:
        raise AccountIdError(AccountIdProblem.TOO_LONG)
    return text


def parse_phone(raw: str) -> str:
    """The call-back number in ``raw``, normalised.

    A mainland mobile as 11 digits; a landline as ``area-number`` or ``area-number-extension``
    (``010-82345678-801``). Accepts +86, 0086, 86 (mobiles), a trunk 0, spaces, dashes, brackets and
    full-width forms. ``PhoneError`` with its code otherwise.
    """
    text = _compact(_visible(raw)).translate(_DASHES)
    if not text:
        raise PhoneError(PhoneProblem.EMPTY)
    bare = text.translate(_BRACKETS)
    if mobile := _MOBILE.fullmatch(bare):
        return mobile[1]
    extended = _EXTENSION.fullmatch(text)
    if extended and (landline := _landline(extended[1])):
        return f"{landline}-{extended[2]}"
    if landline := _landline(text):
        return landline
    if not _NUMBER.fullmatch(bare.removeprefix("+")):
        raise PhoneError(PhoneProblem.NOT_NUMERIC)
    if _LOCAL.fullmatch(bare):
        raise PhoneError(PhoneProblem.NO_AREA_CODE)
    raise PhoneError(PhoneProblem.NOT_A_PHONE)


def mask_account_id(value: str) -> str:
    """``value`` with its middle hidden: ``1234567890`` gives ``123****890``.

    At least four characters stay hidden and at most three show at either end; what is too short
    for that, or is no number, is hidden whole. Empty stays empty.
    """
    if not _NUMBER.fullmatch(value):
        return HIDDEN if value else ""
    shown = max(0, min(3, (len(value) - 4) // 2))
    return value[:shown] + HIDDEN + value[len(value) - shown :]


def mask_phone(value: str) -> str:
    """A number from ``parse_phone`` with four digits of it hidden, extensions left out.

    ``13812345678`` gives ``138****5678``, ``010-82345678`` gives ``010-****5678``; anything of
    another form is hidden whole. Empty stays empty.
    """
    if re.fullmatch(r"1[0-9]{10}", value):
        return value[:3] + HIDDEN + value[7:]
    area, _, rest = value.partition("-")
    number = rest.partition("-")[0]
    if _LANDLINE.fullmatch(area + number):
        return f"{area}-{HIDDEN}{number[4:]}"
    return HIDDEN if value else ""


def _landline(text: str) -> str | None:
    """``area-number`` when ``text`` is a landline with its area code."""
    match = _LANDLINE.fullmatch(_COUNTRY.sub("0", text.translate(_BRACKETS), count=1))
    return "-".join(part for part in match.groups() if part) if match else None


def _visible(raw: str) -> str:
    """``raw`` without format characters (pasted numbers carry direction marks) and outer spaces."""
    return "".join(char for char in raw if unicodedata.category(char) != "Cf").strip()


def _compact(text: str) -> str:
    """``text`` without any space and with full-width forms as ASCII."""
    return "".join(text.split()).translate(_HALF_WIDTH)
