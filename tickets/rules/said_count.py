"""A number that the user has already said, for a field that asks "how many": 扣了我两次 → 2."""

from __future__ import annotations

import re

_DIGITS = {"零": 0, "两": 2} | {sign: value for value, sign in enumerate("一二三四五六七八九", 1)}
_NUMBER = r"\d{1,3}|[零一二两三四五六七八九十]{1,3}"
_ASKED = re.compile(r"几(?:十|百)?(?P<measure>[一-鿿])")
"""What is counted stands behind 几, as in 一共扣了几次."""


def said_count(asked: str, words: str) -> int | None:
    """The one number of what ``asked`` counts that stands in ``words``.

    None where the field counts nothing, where nothing was said, and where it is not certain
    (different numbers; 多次 and 几次 beside one; 一次, which mostly says "once I did …"): an
    agent would rather type a number than take back a wrong one.
    """
    found = _ASKED.search(asked)
    if found is None:
        return None
    measure = re.escape(found["measure"])
    if re.search(rf"[多几数无]{measure}", words):
        return None
    # 第二次 is the second time, not two times.
    said = re.compile(rf"(?<![第零一二两三四五六七八九十\d.])(?P<number>{_NUMBER}) ?{measure}")
    numbers = {number_of(each["number"]) for each in said.finditer(words)}
    return numbers.pop() if len(numbers) == 1 and numbers != {1} else None


def number_of(text: str) -> int | None:
    """The value of Arabic digits, or of Chinese numerals below a hundred; None for neither."""
    if text.isascii() and text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.get(text)
    first = _DIGITS.get(tens, 0) if tens else 1
    last = _DIGITS.get(ones, 0) if ones else 0
    is_plain = (not tens or first > 0) and (not ones or last > 0)
    return first * 10 + last if is_plain else None
