"""The yearly notice on public holidays, read from its text or from a table.

Source of the wording: the notices that the General Office of the State Council publishes each
autumn, one paragraph a festival: from when to when there are holidays, how many days that is, and
which weekend days are worked instead. What is written twice there (the weekday of a date, the
number of days) is compared with the calendar, because a typing error here moves promises.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

MOST_TEXT = 20_000
LONGEST_HOLIDAY = 15
"""Days in a row; more is a misread date."""

_WEEKDAYS = "一二三四五六日"
_FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")

_DATE = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
    r"(?:[(（](?P<aside>[^()（）]*)[)）])?"
)
_HOLIDAY = re.compile(
    rf"(?P<first>{_DATE.pattern.replace('?P<', '?P<a_')})"
    rf"(?:\s*[至到—-]+\s*(?P<last>{_DATE.pattern.replace('?P<', '?P<b_')}))?"
    r"[^。；;]*?放假"
)
_COUNT = re.compile(r"(?:共|放假)\s*(\d{1,2})\s*天")
_WEEKDAY = re.compile(r"(?:周|星期)([一二三四五六日天])")
_YEAR = re.compile(r"(\d{4})年(?:部分)?节假日")
_NAMES_DAY = re.compile(r"\d\s*[日号]")
_SAYS_WORKED = re.compile("放假|上班|调休|补班")


@dataclass(frozen=True, slots=True)
class NoticeDay:
    """What the notice makes of a date. ``reason`` is the festival, as the notice names it."""

    is_working: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not agree. ``code`` names the words, ``line`` counts from 1."""

    code: str
    line: int
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """What was read. With ``errors`` it must not be loaded; ``warnings`` are to be looked at.

    ``days`` are only those that differ from a plain week or confirm it: holidays (weekend days
    among them too) and worked weekend days, in order.
    """

    year: int | None
    days: Mapping[date, NoticeDay]
    errors: tuple[Doubt, ...]
    warnings: tuple[Doubt, ...]


def _belongs(day: date, year: int) -> bool:
    """A notice is about its year and, now and then, about the last week of the year before."""
    return day.year == year or ((day.year, day.month) == (year - 1, 12) and day.day >= 25)


class _Reading:
    def __init__(self, year: int | None) -> None:
        self.year = year
        self.days: dict[date, NoticeDay] = {}
        self.errors: list[Doubt] = []
        self.warnings: list[Doubt] = []

    def put(self, day: date, what: NoticeDay, line: int) -> None:
        before = self.days.get(day)
        if before is not None and before.is_working is not what.is_working:
            self.errors.append(Doubt("both", line, {"date": day.isoformat()}))
        self.days[day] = what
        if what.is_working and day.weekday() < 5:
            self.warnings.append(Doubt("works_on_weekday", line, {"date": day.isoformat()}))

    def result(self) -> Notice:
        if self.year is not None:
            foreign = [day for day in self.days if not _belongs(day, self.year)]
            self.errors += [Doubt("other_year", 0, {"date": day.isoformat()}) for day in foreign]
        if not self.days and not self.errors:
            self.errors.append(Doubt("nothing_read", 0))
        return Notice(
            self.year,
            dict(sorted(self.days.items())),
            tuple(self.errors),
            tuple(self.warnings),
        )


def read_notice(text: str, *, year: int | None = None) -> Notice:
    """The days of a notice's ``text``. ``year`` is needed where its heading does not name it.

    Never raises: what cannot be read or does not agree stands in ``errors``.
    """
    if len(text) > MOST_TEXT:
        return Notice(year, {}, (Doubt("too_long", 0, {"most": MOST_TEXT}),), ())
    found = _YEAR.search(text)
    named = int(found.group(1)) if found else None
    reading = _Reading(year or named)
    if year is not None and named is not None and named != year:
        reading.errors.append(Doubt("names_other_year", 0, {"named": named, "year": year}))
    if reading.year is None:
        reading.errors.append(Doubt("no_year", 0))
        return reading.result()
    for number, line in enumerate(text.splitlines(), start=1):
        festival = _festival(line)
        if festival:
            _read_paragraph(reading, line, number, festival)
        elif _NAMES_DAY.search(line) and _SAYS_WORKED.search(line):
            reading.warnings.append(Doubt("not_read", number))
    told = " ".join(day.reason for day in reading.days.values())
    for name in _FESTIVALS:
        if reading.days and name not in told:
            reading.warnings.append(Doubt("festival_missing", 0, {"name": name}))
    return reading.result()


def read_table(text: str, *, year: int) -> Notice:
    """The days of a table: ``date, working or not, reason`` a line, comma or tab between.

    The second column is 上班/放假, work/off, 1/0 or true/false; a first line without a date is a
    heading. Never raises.
    """
    if len(text) > MOST_TEXT:
        return Notice(year, {}, (Doubt("too_long", 0, {"most": MOST_TEXT}),), ())
    reading = _Reading(year)
    rows = csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ",")
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if any(cells):
            _read_row(reading, cells, number)
    return reading.result()


def looks_like_table(text: str) -> bool:
    """Whether ``text`` is a table rather than a notice: its lines begin with ISO dates."""
    dated = re.findall(r"^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}\s*[,\t]", text, re.MULTILINE)
    return len(dated) > 0


def _festival(line: str) -> str:
    head = re.match(
        r"\s*(?:[一二三四五六七八九十]+[、.．]|\d+[、.．])?\s*([^：:，。\d]{2,20})[：:]", line
    )
    name = head.group(1).strip() if head else ""
    return name if any(known in name for known in _FESTIVALS) else ""


def _read_paragraph(reading: _Reading, line: str, number: int, festival: str) -> None:
    body = re.split(r"[：:]", line, maxsplit=1)[1]
    holiday = _HOLIDAY.search(body)
    if holiday is None:
        reading.errors.append(Doubt("no_holiday", number, {"name": festival}))
        return
    first = _date(reading, _parts(holiday, "a_"), None, number)
    if first is None:
        return
    last = first
    if holiday.group("last"):
        end = _date(reading, _parts(holiday, "b_"), first, number)
        if end is None:
            return
        last = end
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST_HOLIDAY:
        reading.errors.append(Doubt("bad_stretch", number, {"name": festival, "days": length}))
        return
    for offset in range(length):
        reading.put(first + timedelta(days=offset), NoticeDay(False, festival), number)
    counted = _COUNT.search(body)
    if counted and int(counted.group(1)) != length:
        told = {"name": festival, "told": int(counted.group(1)), "counted": length}
        reading.errors.append(Doubt("bad_count", number, told))
    for day in _worked(reading, body[holiday.end() :], first, number):
        reading.put(day, NoticeDay(True, festival), number)


def _worked(reading: _Reading, rest: str, near: date, number: int) -> Iterator[date]:
    """The dates of each sentence that ends with 上班 or 补班."""
    for sentence in re.split(r"[。；;]", rest):
        if "上班" not in sentence and "补班" not in sentence:
            continue
        before: date | None = None
        for match in _DATE.finditer(sentence):
            day = _date(reading, match.groupdict(), before or near, number)
            if day is not None:
                before = day
                yield day


def _parts(match: re.Match[str], prefix: str) -> dict[str, str | None]:
    return {name: match.group(prefix + name) for name in ("year", "month", "day", "aside")}


def _date(
    reading: _Reading, parts: Mapping[str, str | None], near: date | None, number: int
) -> date | None:
    """The date that is meant: a month or year left out is that of the date before it."""
    year = int(parts["year"] or 0) or (near.year if near else reading.year or 0)
    month = int(parts["month"] or 0) or (near.month if near else 0)
    try:
        day = date(year, month, int(parts["day"] or 0))
    except ValueError:
        shown = f"{year}-{month}-{parts['day']}"
        reading.errors.append(Doubt("no_such_date", number, {"date": shown}))
        return None
    named = _WEEKDAY.search(parts["aside"] or "")
    told, is_really = named.group(1) if named else "", _WEEKDAYS[day.weekday()]
    if told and told.replace("天", "日") != is_really:
        params = {"date": day.isoformat(), "told": told, "is": is_really}
        reading.errors.append(Doubt("bad_weekday", number, params))
    return day


_WORKING = {
    **dict.fromkeys(("上班", "工作", "调休上班", "work", "1", "true", "yes"), True),
    **dict.fromkeys(("放假", "休息", "off", "0", "false", "no"), False),
}


def _read_row(reading: _Reading, cells: list[str], number: int) -> None:
    try:
        day = date.fromisoformat(cells[0].replace("/", "-"))
    except ValueError:
        if number > 1:
            reading.errors.append(Doubt("no_such_date", number, {"date": cells[0][:40]}))
        return
    word = cells[1].lower() if len(cells) > 1 else ""
    if word not in _WORKING:
        reading.errors.append(Doubt("no_such_word", number, {"word": word[:40]}))
        return
    if reading.year is not None and not _belongs(day, reading.year):
        reading.errors.append(Doubt("other_year", number, {"date": day.isoformat()}))
        return
    reason = cells[2][:100] if len(cells) > 2 else ""
    reading.put(day, NoticeDay(_WORKING[word], reason), number)
