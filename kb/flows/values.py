"""Values of variables: what was typed to what is kept, and back to words.

Kept is plain JSON: text; ``count`` and ``boolean`` as themselves; ``amount`` as ``"66.00"``,
``date`` as ``"2026-11-20"``, ``datetime`` as ``"2026-11-20T15:30"`` (the desk's local time).
What is refused, and in which words, is in ``kb.flows.refusals``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from kb.flows.moments import NotADay, NotATime, YearMissing, parse_date, parse_datetime
from kb.flows.parts import Option
from kb.flows.refusals import Refusal
from kb.flows.variables import (
    AccountIdVariable,
    AmountVariable,
    BooleanVariable,
    CountVariable,
    DatetimeVariable,
    DateVariable,
    MobileVariable,
    OneOfVariable,
    TextVariable,
    Variable,
)
from klingdesk.core.account_id import (
    MAX_DIGITS,
    MIN_DIGITS,
    AccountIdError,
    PhoneError,
    parse_account_id,
    parse_phone,
)

Json = str | int | bool

ZONE = ZoneInfo("Asia/Shanghai")
_DIGITS = re.compile(r"[0-9]+")
_AMOUNT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_MONEY_SIGNS = re.compile(r"^(?:￥|¥|rmb|人民币)|(?:元|块|块钱|圆)$", re.IGNORECASE)


class ValueRefused(ValueError):
    """A value that its variable does not take."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def refusal_of(error: ValueRefused, own_words: str | None = None) -> Refusal:
    """``error`` as it is told; ``own_words`` of the variable go before ours, not for a blank."""
    own = None if error.code in ("required", "unknown_field") else own_words
    return Refusal(error.code, error.params, own)


def parse_values(
    variables: tuple[Variable, ...], raw: Mapping[str, object], *, now: datetime | None
) -> tuple[dict[str, Json], dict[str, Refusal]]:
    """Check what was typed for ``variables``: ``(clean, refused)``, all refusals at once.

    ``clean`` has every accepted value that is not blank; use it only when ``refused`` is empty.
    """
    clean: dict[str, Json] = {}
    refused: dict[str, Refusal] = {}
    for variable in variables:
        try:
            value = parse_value(variable, raw.get(variable.key), now=now)
        except ValueRefused as error:
            refused[variable.key] = refusal_of(error, variable.error)
        else:
            if value is not None:
                clean[variable.key] = value
    known = {variable.key for variable in variables}
    for key in raw:
        if key not in known:
            refused[str(key)] = refusal_of(ValueRefused("unknown_field"))
    return clean, refused


def parse_value(variable: Variable, raw: object, *, now: datetime | None) -> Json | None:
    """The value that is kept for ``raw``; None for a blank that is allowed.

    Raises ``ValueRefused``. ``now`` is needed for a day without its year, and for limits in time.
    """
    if isinstance(variable, CountVariable) and _is_int(raw):
        assert isinstance(raw, int)  # noqa: S101 - _is_int
        return in_range(raw, variable.min, variable.max)
    if isinstance(variable, AmountVariable) and _is_int(raw):
        raw = str(raw)
    if raw is not None and not isinstance(raw, str):
        raise ValueRefused("not_text")
    text = visible(raw or "")
    if not text:
        if variable.required:
            raise ValueRefused("required")
        return None
    return _parse(variable, text, now)


def _is_int(raw: object) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool)


def _parse(variable: Variable, text: str, now: datetime | None) -> Json:
    if isinstance(variable, AccountIdVariable):
        return account_id(text)
    if isinstance(variable, MobileVariable):
        return mobile(text)
    if isinstance(variable, DatetimeVariable | DateVariable):
        return _moment(variable, text, now)
    if isinstance(variable, AmountVariable):
        return _limited_amount(variable, text)
    if isinstance(variable, CountVariable):
        return count(text, variable.min, variable.max)
    if isinstance(variable, OneOfVariable):
        return option(text, variable.options)
    most = variable.max_length if isinstance(variable, TextVariable) else 1
    if len(text) > most:
        raise ValueRefused("too_long", max=most)
    return text


def visible(text: str) -> str:
    """Without what PostgreSQL and JSON cannot hold (U+0000, lone surrogates), stripped."""
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    ).strip()


def plain(text: str) -> str:
    """Full-width digits and signs as ASCII, without any space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def account_id(text: str) -> str:
    try:
        return parse_account_id(text)
    except AccountIdError as error:
        raise ValueRefused(
            f"account_id.{error.code.value}", least=MIN_DIGITS, most=MAX_DIGITS
        ) from error


def mobile(text: str) -> str:
    try:
        return parse_phone(text)
    except PhoneError as error:
        raise ValueRefused(f"mobile.{error.code.value}") from error


def count(text: str, low: int, high: int) -> int:
    digits = plain(text)
    if not _DIGITS.fullmatch(digits):
        raise ValueRefused("not_a_number")
    # Cut before int(): Python refuses to read thousands of digits.
    return in_range(int(digits.lstrip("0")[:12] or "0"), low, high)


def in_range(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueRefused("out_of_range", min=low, max=high)
    return number


def amount(text: str) -> str:
    match = _AMOUNT.fullmatch(_MONEY_SIGNS.sub("", plain(text)).replace(",", ""))
    if match is None:
        raise ValueRefused("not_an_amount")
    return f"{int(match[1])}.{(match[2] or '').ljust(2, '0')}"


def _limited_amount(variable: AmountVariable, text: str) -> str:
    value = amount(text)
    if variable.min is not None and Decimal(value) < Decimal(variable.min):
        raise ValueRefused("amount_too_small", min=variable.min)
    if variable.max is not None and Decimal(value) > Decimal(variable.max):
        raise ValueRefused("amount_too_big", max=variable.max)
    return value


def option(text: str, options: tuple[Option, ...]) -> str:
    """The value of the option that ``text`` names by value or by label."""
    for each in options:
        if text in (each.value, each.label):
            return each.value
    raise ValueRefused("unknown_option", allowed=[each.value for each in options])


def date(text: str, now: datetime | None = None) -> str:
    return _moment(DateVariable(kind="date", key="date", label="date"), text, now)


def _moment(variable: DatetimeVariable | DateVariable, text: str, now: datetime | None) -> str:
    """``now`` is of any zone; what is typed and kept is the desk's local time."""
    is_day = isinstance(variable, DateVariable)
    now = None if now is None else now.astimezone(ZONE)
    try:
        if is_day:
            moment = parse_date(text, now=now, when=variable.when)
        else:
            moment = parse_datetime(text, now=now, when=variable.when)
    except YearMissing as error:
        raise ValueRefused("year_missing") from error
    except (NotADay, NotATime) as error:
        raise ValueRefused("not_a_date" if is_day else "not_a_datetime") from error
    value = moment.isoformat()[: 10 if is_day else 16]
    if now is not None and variable.when is not None:
        here = now.isoformat()[: 10 if is_day else 16]
        if variable.when == "past" and value > here:
            raise ValueRefused("in_future")
        if variable.when == "future" and value < here:
            raise ValueRefused("in_past")
    return value


def in_words(variable: Variable, value: Json) -> str:
    """A kept value as it is read out or shown."""
    if isinstance(variable, OneOfVariable):
        return next((each.label for each in variable.options if each.value == value), str(value))
    if isinstance(variable, BooleanVariable):
        return "是" if value else "否"
    if isinstance(variable, AmountVariable):
        return f"{str(value).removesuffix('.00')} 元"
    if isinstance(variable, DateVariable | DatetimeVariable):
        day, _, time = str(value).partition("T")
        year, month, date_ = day.split("-")
        return f"{year}年{int(month)}月{int(date_)}日{' ' if time else ''}{time}"
    return str(value)


def rank(variable: Variable, value: Json) -> Decimal | str | int:
    """What values of ``variable`` are ordered by."""
    if isinstance(variable, AmountVariable):
        return Decimal(str(value))
    if isinstance(variable, OneOfVariable):
        return [each.value for each in variable.options].index(str(value))
    return value
