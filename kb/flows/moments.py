"""Days and times of day as agents type them: 2026-11-20, 11月20日 下午3点半, 昨天 20:15."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta

_DAY = re.compile(
    r"(?:(?P<year>[0-9]{4})\s*[-/.年]\s*)?(?P<month>[0-9]{1,2})\s*[-/.月]\s*(?P<day>[0-9]{1,2})\s*[日号]?"
    r"|(?P<word>今天|昨天|前天|明天|后天)"
)
_TIME = re.compile(
    r"(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?\s*(?P<hour>[0-9]{1,2})"
    r"(?:\s*[:点时]\s*(?:(?P<minute>[0-9]{1,2})(?::[0-9]{2})?\s*分?|(?P<halfpast>半))?)?"
)
_WORDS = {"前天": -2, "昨天": -1, "今天": 0, "明天": 1, "后天": 2}
_EVENING = range(17, 24)
_HOURS = {
    "凌晨": range(12),
    "早上": range(1, 12),
    "上午": range(13),
    "中午": range(10, 16),
    "下午": range(12, 24),
    "傍晚": range(16, 24),
    "晚上": _EVENING,
    "晚": _EVENING,
}
"""The hours of the day that each word may stand before. 晚上12点 and 晚上1点 may be of the day that
was typed or of the next one: they have no reading, so that the agent is asked."""


class NotADay(ValueError):
    """No day can be seen in it."""


class NotATime(ValueError):
    """A day, but no time of day can be seen after it."""


class YearMissing(ValueError):
    """A day without its year, and nothing to tell the year from."""


def parse_date(text: str, *, now: datetime | None, when: str | None) -> date:
    """The day in ``text`` and nothing else. A missing year is told from ``now``: the last such
    day for ``when`` past, the next for future, else the nearest."""
    text = _half_width(text)
    match = _DAY.fullmatch(text)
    if match is None:
        raise NotADay(text)
    return _day(match, now, when)


def parse_datetime(text: str, *, now: datetime | None, when: str | None) -> datetime:
    """The day and time of day in ``text``, to the minute, without a zone."""
    text = _half_width(text)
    match = _DAY.match(text)
    if match is None:
        raise NotADay(text)
    day = _day(match, now, when)
    rest = re.sub(r"^\s*[Tt,，]?\s*", "", text[match.end() :])
    return datetime.combine(day, _time(rest))


def _half_width(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _day(match: re.Match[str], now: datetime | None, when: str | None) -> date:
    if match["word"]:
        if now is None:
            raise YearMissing(match[0])
        return now.date() + timedelta(days=_WORDS[match["word"]])
    month, day = int(match["month"]), int(match["day"])
    if match["year"]:
        return _exists(int(match["year"]), month, day)
    if now is None:
        raise YearMissing(match[0])
    today = now.date()
    possible = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            possible.append(_exists(year, month, day))
        except NotADay:
            continue
    if when == "past":
        possible = [each for each in possible if each <= today]
    elif when == "future":
        possible = [each for each in possible if each >= today]
    if not possible:
        raise NotADay(match[0])
    return min(possible, key=lambda each: abs(each - today))


def _exists(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NotADay(f"{year}-{month}-{day}") from error


def _time(text: str) -> time:
    match = _TIME.fullmatch(text)
    if match is None:
        raise NotATime(text)
    minute = 30 if match["halfpast"] else int(match["minute"] or 0)
    try:
        return time(_hour(match["half"], int(match["hour"])), minute)
    except ValueError as error:
        raise NotATime(text) from error


def _hour(word: str | None, hour: int) -> int:
    """Of 24, read by the word before it; as it stands where that makes sense (下午15点)."""
    if word is None:
        return hour
    readings = (hour, (hour + 12) % 24) if hour <= 12 else (hour,)
    for each in readings:
        if each in _HOURS[word]:
            return each
    raise NotATime(f"{word}{hour}")
