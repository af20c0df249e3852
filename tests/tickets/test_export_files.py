"""The files of exports: nothing in them is calculated, and every program opens them."""

from __future__ import annotations

import csv
from typing import Any

from openpyxl import load_workbook

from tickets.exporting.cells import LONGEST_TEXT
from tickets.exporting.files import CsvFile, XlsxFile


def test_nothing_is_calculated(tmp_path: Any) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "－1", "a=1", "'x"]
    for name, cls in (("a.csv", CsvFile), ("a.xlsx", XlsxFile)):
        file = cls(tmp_path / name, ["=header", "number"])
        for text in evil:
            file.write((text, -5))
        file.close()
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as handle:
        header, *rows = csv.reader(handle)
    assert header == ["'=header", "number"]
    assert [row[0] for row in rows] == [*("'" + text for text in evil[:9]), "a=1", "'x"]
    assert {row[1] for row in rows} == {"-5"}
    sheet = load_workbook(tmp_path / "a.xlsx").active
    cells = [row[0] for row in sheet.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    # XML reads a lone carriage return as a line feed; the workbook escapes it.
    assert [cell.value for cell in cells][1:] == [
        text.replace("\r", "_x000D_") for text in evil
    ] or [cell.value for cell in cells][1:] == evil
    assert sheet["B2"].value == -5


def test_chinese_opens_in_excel_and_long_texts_are_cut(tmp_path: Any) -> None:
    file = CsvFile(tmp_path / "a.csv", ["工单"])
    file.write(('逗号, 引号" 换行\n',))
    file.write(("x" * (LONGEST_TEXT + 1),))
    file.close()
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.decode("utf-8-sig").splitlines()[0] == "工单"
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[1] == ['逗号, 引号" 换行\n']
    assert len(rows[2][0]) == LONGEST_TEXT
    assert rows[2][0].endswith("…")


def test_a_workbook_goes_on_on_another_sheet(tmp_path: Any) -> None:
    file = XlsxFile(tmp_path / "a.xlsx", ["n"], rows_of_a_sheet=4)
    for number in range(7):
        file.write((number,))
    file.close()
    book = load_workbook(tmp_path / "a.xlsx")
    assert [[row[0] for row in sheet.values] for sheet in book] == [
        ["n", 0, 1, 2],
        ["n", 3, 4, 5],
        ["n", 6],
    ]
