"""Tables of questions: one row for each, the parts of its content in columns (CSV and XLSX)."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook

from kb.imports.cells import (
    is_formula,
    read_attachments,
    read_follow_ups,
    read_list,
    unguarded,
)
from kb.imports.entries import (
    MOST_ENTRIES,
    Code,
    Entry,
    Form,
    Reading,
    ReadingError,
    Remark,
    Section,
    Source,
)
from kb.imports.rows import RowError, entry_of

COLUMNS = (
    "key",
    "category",
    "category_title",
    "category_order",
    "title",
    "status",
    "script",
    "fallback",
    "internal_note",
    "escalates",
    "flow",
    "phrasings",
    "learned",
    "follow_ups",
    "attachments",
    "contrast_group",
    "contrast_label",
    "owner",
    "effective_from",
    "expires_at",
    "review_due",
    "review_reason",
)
"""The columns in the order in which an export writes them; a list may go on in "phrasings_2"."""

ALIASES = {
    "标准问": "title",
    "标题": "title",
    "相似问": "phrasings",
    "参考话术": "script",
    "话术": "script",
    "内部备注": "internal_note",
    "追问": "follow_ups",
    "分类": "category_title",
    "状态": "status",
    "决策流程": "flow",
    "流转二线": "escalates",
    "失效话术": "fallback",
    "负责人": "owner",
    "生效时间": "effective_from",
    "失效时间": "expires_at",
    "复核日期": "review_due",
    "复核原因": "review_reason",
}
"""Chinese column heads that are read as well."""

_LISTS = {
    "phrasings": read_list,
    "learned": read_list,
    "follow_ups": read_follow_ups,
    "attachments": read_attachments,
}
_NESTED = {
    "contrast_group": ("contrast", "group"),
    "contrast_label": ("contrast", "label"),
    "review_due": ("review", "due"),
    "review_reason": ("review", "reason"),
}
_NEVER_EMPTY = ("status", "key")
"""Columns in which an empty cell says nothing rather than "none"."""

MOST_COLUMNS = 200
MOST_PROBLEMS = 20
MOST_UNPACKED = 60 * 1024 * 1024
MOST_BESIDE = 2 * 1024 * 1024
"""Bytes of styles and the like, which the library holds as a whole, at twenty times their size."""
MOST_MEMBERS = 500
_HELD_TEXTS = re.compile(r"xl/(worksheets/|sharedStrings).*\.xml", re.IGNORECASE)
_CONTINUED = re.compile(r"^(.+)_([1-9]\d?)$")

csv.field_size_limit(10 * 1024 * 1024)


def read_csv(text: str, *, file: str) -> Reading:
    """The questions of a CSV file (comma, semicolon or tab). Raises ``ReadingError``."""
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table = _Table(file)
    try:
        for cells in reader:
            table.take(reader.line_num, cells)
    except csv.Error as error:
        raise ReadingError(
            file, [Remark(Code.BROKEN_TABLE, reader.line_num, str(error))]
        ) from error
    return table.reading(Form.CSV)


def read_xlsx(data: bytes, *, file: str) -> Reading:
    """The questions on the first sheet of a workbook.

    Raises ``ReadingError``, also for one that unpacks to more than any table of questions.
    """
    _check_package(data, file=file)
    table = _Table(file)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ENTRIES + 2, max_col=MOST_COLUMNS)
        for number, row in enumerate(rows, start=1):
            table.take(number, [_cell(cell) for cell in row])
    except ReadingError:
        raise
    except Exception as error:  # a damaged workbook breaks in the library in many ways
        raise ReadingError(file, [Remark(Code.BROKEN_XLSX)]) from error
    return table.reading(Form.XLSX)


class _Formula(str):
    """What stands in a formula cell."""

    __slots__ = ()


def _cell(cell: Any) -> Any:
    value = cell.value
    if cell.data_type == "f" or (
        value is not None and type(value).__module__.startswith("openpyxl")
    ):
        return _Formula(value)
    return value


def _check_package(data: bytes, *, file: str) -> None:
    """Refuse what is no package or would unpack to too much; sizes that lie fail on unpacking."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ReadingError(file, [Remark(Code.BROKEN_XLSX)]) from error
    beside = [
        member.file_size
        for member in members
        if member.filename.lower().endswith((".xml", ".rels"))
        and not _HELD_TEXTS.fullmatch(member.filename)
    ]
    unpacked = sum(member.file_size for member in members)
    for found, most in ((unpacked, MOST_UNPACKED), (sum(beside), MOST_BESIDE)):
        if len(members) > MOST_MEMBERS or found > most:
            params = {"most": most // 1024**2, "found": found // 1024**2}
            raise ReadingError(file, [Remark(Code.XLSX_BOMB, params=params)])


class _Table:
    """Rows as they come; the first that is not empty has the heads of the columns."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.columns: list[str] | None = None
        self.entries: list[Entry] = []
        self.problems: list[Remark] = []
        self.keys: dict[str, int] = {}

    def take(self, line: int, cells: Sequence[Any]) -> None:
        if all(cell is None or not str(cell).strip() for cell in cells):
            return
        if self.columns is None:
            self.columns = self._heads(line, cells)
        elif len(self.entries) >= MOST_ENTRIES:
            raise ReadingError(
                self.file, [Remark(Code.TOO_MANY, line, params={"most": MOST_ENTRIES})]
            )
        elif len(self.problems) < MOST_PROBLEMS:
            self._take_row(line, cells)

    def _heads(self, line: int, cells: Sequence[Any]) -> list[str]:
        heads: list[str] = []
        for cell in cells:
            head = unguarded(str(cell).strip()) if cell is not None else ""
            name = ALIASES.get(head, head)
            parted = _CONTINUED.match(name)
            if name and name not in COLUMNS and not (parted and parted.group(1) in _LISTS):
                self.problems.append(Remark(Code.UNKNOWN_COLUMN, line, head[:60]))
            elif name and name in heads:
                self.problems.append(Remark(Code.DUPLICATE_COLUMN, line, head[:60]))
            heads.append(name)
        if "title" not in heads:
            self.problems.append(Remark(Code.NO_TITLE_COLUMN, line))
        if self.problems:
            raise ReadingError(self.file, self.problems)
        return heads

    def _take_row(self, line: int, cells: Sequence[Any]) -> None:
        problems: list[Remark] = []
        values: dict[str, Any] = {}
        for at, cell in enumerate(cells):
            name = (self.columns or [])[at] if at < len(self.columns or []) else ""
            text = _text(cell)
            if isinstance(cell, _Formula) or (isinstance(cell, str) and is_formula(cell)):
                problems.append(
                    Remark(Code.FORMULA, line, text[:60], {"column": name or str(at + 1)})
                )
            elif not name and text.strip():
                params = {"key": str(at + 1), "expected": "head", "found": text[:60]}
                problems.append(Remark(Code.BAD_VALUE, line, params=params))
            elif name:
                values[name] = cell if isinstance(cell, date | bool) else unguarded(text)
        if problems:
            self.problems += problems
            return
        try:
            data, section = self._data(line, values)
            entry = entry_of(data, source=Source(self.file, line), section=section)
        except RowError as error:
            self.problems += error.problems
            return
        if entry.key and entry.key in self.keys:
            self.problems.append(
                Remark(Code.DUPLICATE_KEY, line, entry.key, {"first": self.keys[entry.key]})
            )
        self.keys.setdefault(entry.key, line)
        self.entries.append(entry)

    def _data(self, line: int, values: dict[str, Any]) -> tuple[dict[str, Any], Section | None]:
        """The members that a YAML question would have, and its group."""
        section = _section(values)
        data: dict[str, Any] = {}
        for name, value in values.items():
            parted = _CONTINUED.match(name)
            base = parted.group(1) if parted and parted.group(1) in _LISTS else name
            if base in _LISTS:
                data.setdefault(base, []).extend(_list(base, value, line))
            elif name in _NESTED:
                outer, inner = _NESTED[name]
                data.setdefault(outer, {})[inner] = value
            elif name in _NEVER_EMPTY and not str(value).strip():
                continue
            else:
                data[name] = value
        return data, section

    def reading(self, form: Form) -> Reading:
        if self.columns is None:
            raise ReadingError(self.file, [Remark(Code.EMPTY)])
        if self.problems:
            raise ReadingError(self.file, self.problems[:MOST_PROBLEMS])
        return Reading(self.file, form, tuple(self.entries))


def _section(values: dict[str, Any]) -> Section | None:
    slug = str(values.pop("category", "")).strip()
    title = str(values.pop("category_title", "")).strip()
    order = str(values.pop("category_order", "")).strip()
    if not slug and not title:
        return None
    return Section(title or slug, slug, int(order) if order.isdecimal() and len(order) < 5 else 0)


def _list(name: str, value: Any, line: int) -> Iterable[Any]:
    try:
        return _LISTS[name](_text(value))
    except ValueError as error:
        params = {"key": name, "expected": name, "found": str(error)[:60]}
        raise RowError([Remark(Code.BAD_VALUE, line, params=params)]) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def sheet_rows(rows: Iterable[dict[str, list[str]]]) -> Iterator[list[str]]:
    """Rows for an export: heads first; ``rows`` give the cells of each column by its name."""
    held = list(rows)
    widths = {name: max([len(row.get(name, [""])) for row in held] or [1]) for name in COLUMNS}
    yield [
        name if at == 0 else f"{name}_{at + 1}" for name in COLUMNS for at in range(widths[name])
    ]
    for row in held:
        yield [
            cell
            for name in COLUMNS
            for cell in [*row.get(name, [""]), *[""] * (widths[name] - len(row.get(name, [""])))]
        ]
