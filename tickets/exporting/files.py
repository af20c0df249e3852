"""Writing rows into a file, one after the other, in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import xlsxwriter  # type: ignore[import-untyped]

from tickets.exporting.cells import Cell, header, in_file, neutral

ROWS_OF_A_SHEET: Final = 1_048_576
"""Excel's limit, the header included."""

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TableFile(Protocol):
    """A file that is being written; it is whole after ``close`` only."""

    def write(self, row: Iterable[Cell]) -> None: ...

    def close(self) -> None: ...


class CsvFile:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for the local code page;
    commas, CRLF and quotes as in RFC 4180."""

    def __init__(self, path: Path, labels: Sequence[Any]) -> None:
        self._file = io.open(path, "w", encoding="utf-8-sig", newline="")  # noqa: SIM115, UP020 - open until close()
        self._writer = csv.writer(self._file)
        self._writer.writerow([neutral(label) for label in header(labels)])

    def write(self, row: Iterable[Cell]) -> None:
        self._writer.writerow([neutral(in_file(value)) for value in row])

    def close(self) -> None:
        self._file.close()


class XlsxFile:
    """A workbook whose rows go to a temporary file beside it at once.

    Texts are written as texts, never as formulas or links. What does not fit on a sheet goes on
    on the next one, under the same header.
    """

    def __init__(
        self, path: Path, labels: Sequence[Any], *, rows_of_a_sheet: int = ROWS_OF_A_SHEET
    ) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent)}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._labels = header(labels)
        self._most = rows_of_a_sheet
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for column, label in enumerate(self._labels):
            self._sheet.write_string(0, column, label, self._bold)
        self._next = 1

    def write(self, row: Iterable[Cell]) -> None:
        if self._next >= self._most:
            self._begin_sheet()
        sheet, at = self._sheet, self._next
        for column, value in enumerate(map(in_file, row)):
            if isinstance(value, str):
                if value:
                    sheet.write_string(at, column, value)
            else:
                sheet.write_number(at, column, value)
        self._next += 1

    def close(self) -> None:
        self._book.close()


def open_file(file_format: str, path: Path, labels: Sequence[Any]) -> TableFile:
    """Begin a file of this format (``csv`` or ``xlsx``) with its header; words are those of the
    active language."""
    return CsvFile(path, labels) if file_format == "csv" else XlsxFile(path, labels)
