"""Files of every kind, broken ones first: each error names the file, the place and the remedy."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from kb.imports.entries import MOST_BYTES, Code, Form, ReadingError
from kb.imports.reading import check_offered, form_of, read_file
from kb.services.import_words import told_problems

QUESTION = "可灵 AI-怎么换头像?\n\n您好,在设置里换。\n"
YAML = """
category: {slug: account, title: 账号, order: 10}
questions:
  - key: avatar
    title: 怎么换头像
    script: |
      您好，在设置里换。
    phrasings: [头像在哪改]
    follow_ups: [{question: 多大合适, script: 不超过 2 MB。}]
    contrast: {group: profile, label: 换头像}
    review: {due: 2027-02-28, reason: 入口会变}
    expires_at: 2026-12-31T18:00:00+08:00
"""


def refused(name: str, data: bytes | str) -> list[tuple[Code, int]]:
    raw = data if isinstance(data, bytes) else data.encode()
    with pytest.raises(ReadingError) as caught:
        read_file(name, raw)
    for words in told_problems(caught.value.as_json()):
        assert words.startswith(name)
    return [(problem.code, problem.line) for problem in caught.value.problems]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- what a file is ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.txt", Form.DOCUMENT),
        ("A.MD", Form.DOCUMENT),
        ("a.yml", Form.YAML),
        ("folder/a.csv", Form.CSV),
        ("C:\\x\\a.xlsx", Form.XLSX),
        ("a.docx", None),
        ("README", None),
    ],
)
def test_the_form_is_told_by_the_name(name: str, form: Form | None) -> None:
    assert form_of(name) is form


def test_other_kinds_are_refused() -> None:
    assert refused("a.pdf", b"%PDF-1.4") == [(Code.UNKNOWN_FORM, 0)]


@pytest.mark.parametrize("name", ["a.txt", "a.yaml", "a.csv", "a.xlsx"])
def test_an_empty_file(name: str) -> None:
    assert refused(name, b"") == [(Code.EMPTY, 0)]
    if not name.endswith("xlsx"):
        assert refused(name, b" \n\n ") == [(Code.EMPTY, 0)]
        assert refused(name, b"\xef\xbb\xbf") == [(Code.EMPTY, 0)]


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    check_offered("a.txt", MOST_BYTES)
    with pytest.raises(ReadingError):
        check_offered("a.txt", MOST_BYTES + 1)
    assert refused("a.txt", b"x" * (MOST_BYTES + 1)) == [(Code.TOO_LARGE, 0)]


# --- encodings -----------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_encodings_that_are_recognised(encoding: str) -> None:
    (entry,) = read_file("a.txt", QUESTION.encode(encoding)).entries
    assert (entry.title, entry.script) == ("怎么换头像？", "您好，在设置里换。")


def test_damaged_text_names_the_line_and_the_byte() -> None:
    data = QUESTION.encode()
    at = data.index("您".encode())
    broken = data[: at + 1] + data[at + 2 :]
    with pytest.raises(ReadingError) as caught:
        read_file("a.txt", broken)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == (Code.BROKEN_ENCODING, 3)
    assert problem.params == {"byte": at + 1}
    assert str(at + 1) in next(told_problems(caught.value.as_json()))


def test_bytes_that_are_no_text() -> None:
    assert refused("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00") == [(Code.NOT_TEXT, 0)]
    assert refused("a.txt", b"\xff\xfea") == [(Code.NOT_TEXT, 0)]
    rare = bytes(range(0x81, 0xFE)) * 40
    assert refused("a.txt", rare)[0][0] is Code.BROKEN_ENCODING


# --- YAML ----------------------------------------------------------------------


def test_a_yaml_question() -> None:
    (entry,) = read_file("a.yaml", YAML.encode()).entries
    assert (entry.key, entry.title, entry.source.line) == ("avatar", "怎么换头像", 4)
    assert entry.section is not None
    assert (entry.section.slug, entry.section.title, entry.section.order) == ("account", "账号", 10)
    assert entry.given == {
        "title": "怎么换头像",
        "script": "您好，在设置里换。",
        "phrasings": ["头像在哪改"],
        "follow_ups": [{"question": "多大合适", "script": "不超过 2 MB。"}],
        "contrast_group": "profile",
        "contrast_label": "换头像",
        "review_due": "2027-02-28",
        "review_reason": "入口会变",
        "expires_at": "2026-12-31T10:00:00+00:00",
    }


def test_several_groups_in_one_file() -> None:
    text = f"{YAML}---\n{YAML.replace('avatar', 'avatar2').replace('account', 'profile')}"
    assert [entry.key for entry in read_file("a.yaml", text.encode()).entries] == [
        "avatar",
        "avatar2",
    ]


ROW = "questions:\n  - title: 怎么换头像\n    "


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: [", [(Code.BROKEN_YAML, 2)]),
        ("questions:\n- title: 甲\n  title: 乙\n", [(Code.DUPLICATE_MEMBER, 3)]),
        ("a: &x 1\nb: *x\n", [(Code.YAML_ALIAS, 1)]),
        ("[" * 40 + "]" * 40, [(Code.YAML_DEPTH, 1)]),
        ("[" * 100_000, [(Code.YAML_DEPTH, 1)]),
        ("只是一句话", [(Code.YAML_SHAPE, 1)]),
        ("questions: 没有\n", [(Code.YAML_SHAPE, 1)]),
        ("questions: [一]\n", [(Code.YAML_SHAPE, 1)]),
        ("category: 5\nquestions: []\n", [(Code.BAD_VALUE, 1)]),
        ("category: {slug: a, x: 1}\nquestions: []\n", [(Code.UNKNOWN_KEY, 1)]),
        ("category: {slug: 中文}\nquestions: [{title: 甲}]\n", [(Code.BAD_KEY, 2)]),
        ("extra: 1\nquestions: []\n", [(Code.UNKNOWN_KEY, 1)]),
        (f"{ROW}anwser: 有\n", [(Code.UNKNOWN_KEY, 2)]),
        ("questions:\n  - script: 有\n", [(Code.MISSING, 2)]),
        ("questions:\n  - title: ''\n", [(Code.MISSING, 2)]),
        ("questions:\n  - title: 12\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}status: 在线\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}escalates: maybe\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}phrasings: 一句\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}follow_ups: [一句]\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}expires_at: soon\n", [(Code.BAD_VALUE, 2)]),
        (f"{ROW}expires_at: 2026-13-45\n", [(Code.BROKEN_YAML, 2)]),
        (f"{ROW}key: 中文\n", [(Code.BAD_KEY, 2)]),
        (f'{ROW}script: "a\\0b"\n', [(Code.BAD_VALUE, 2)]),
        (f'{ROW}script: "\\ud800"\n', [(Code.BROKEN_YAML, 3)]),
        ("questions: [{title: 甲, key: a}, {title: 乙, key: a}]\n", [(Code.DUPLICATE_KEY, 1)]),
        (f"{ROW}script: !!python/name:os.system x\n", [(Code.BROKEN_YAML, 3)]),
        ("a: \x07\n", [(Code.BROKEN_YAML, 1)]),
        (f'{ROW}key: !!int ""\n', [(Code.BROKEN_YAML, 2)]),
        (f'{ROW}key: !!float ""\n', [(Code.BROKEN_YAML, 2)]),
        (f"{ROW}escalates: !!bool x\n", [(Code.BROKEN_YAML, 2)]),
        (f"{ROW}expires_at: !!timestamp x\n", [(Code.BROKEN_YAML, 2)]),
        (f"{ROW}expires_at: 0001-01-01T00:00:00+08:00\n", [(Code.BAD_VALUE, 2)]),
        (f'{ROW}expires_at: "0001-01-01T00:00:00"\n', [(Code.BAD_VALUE, 2)]),
        (f'{ROW}expires_at: "9999-12-31T23:59:59Z"\n', [(Code.BAD_VALUE, 2)]),
        (f'{ROW}owner: "a\\0"\n', [(Code.BAD_VALUE, 2)]),
        (f'{ROW}flow: "a\\0"\n', [(Code.BAD_VALUE, 2)]),
        (f'{ROW}attachments: [{{digest: "a\\0", title: b}}]\n', [(Code.BAD_VALUE, 2)]),
        ("category: {slug: a, 5: 3, x: 2}\nquestions: []\n", [(Code.UNKNOWN_KEY, 1)] * 2),
        ('category: {slug: a, title: "a\\0"}\nquestions: []\n', [(Code.BAD_VALUE, 1)]),
        ("category: {slug: a, title: [1]}\nquestions: []\n", [(Code.BAD_VALUE, 1)]),
    ],
)
def test_yaml_that_is_refused(text: str, problems: list[tuple[Code, int]]) -> None:
    assert refused("a.yaml", text) == problems


@pytest.mark.parametrize("end", ["", ".5"])
def test_a_number_in_base_60_is_not_added_up(end: str) -> None:
    number = f"1{':1' * 300_000}{end}"
    assert refused("a.yaml", f"{ROW}key: {number}\n") == [(Code.BAD_VALUE, 3)]


def test_a_billion_laughs_ends_at_the_first_anchor() -> None:
    levels = [f"l{n}: &l{n} [{', '.join(['*l' + str(n - 1)] * 9)}]" for n in range(1, 9)]
    assert refused("a.yaml", "\n".join(["l0: &l0 [哈]", *levels])) == [(Code.YAML_ALIAS, 1)]


def test_disagreements_are_known_but_not_imported() -> None:
    (entry,) = read_file("a.yaml", f"{ROW}disagreements: [{{key: x}}]\n".encode()).entries
    assert [remark.code for remark in entry.remarks] == [Code.IGNORED_MEMBER]


# --- tables --------------------------------------------------------------------

TABLE = "标准问,参考话术,相似问,追问,状态,流转二线,复核日期\n"


def test_a_table_with_chinese_heads() -> None:
    row = (
        '怎么换头像,您好,"头像在哪改\n改头像","问：多大合适\n答：2 MB\n以内",未上线,是,2027-02-28\n'
    )
    (entry,) = read_file("a.csv", (TABLE + row).encode("utf-8-sig")).entries
    assert entry.title == "怎么换头像"
    assert entry.given == {
        "title": "怎么换头像",
        "script": "您好",
        "phrasings": ["头像在哪改", "改头像"],
        "follow_ups": [{"question": "多大合适", "script": "2 MB\n以内"}],
        "status": "unreleased",
        "escalates": True,
        "review_due": "2027-02-28",
        "review_reason": "",
    }


def test_a_list_that_goes_on_in_a_second_column() -> None:
    text = "title,phrasings,phrasings_2\n甲,乙,丙\n"
    (entry,) = read_file("a.csv", text.encode()).entries
    assert entry.given["phrasings"] == ["乙", "丙"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_separates_the_columns(delimiter: str) -> None:
    (entry,) = read_file("a.csv", f"title{delimiter}script\n甲{delimiter}乙\n".encode()).entries
    assert entry.script == "乙"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("script\n甲\n", [(Code.NO_TITLE_COLUMN, 1)]),
        ("title,answer\n甲,乙\n", [(Code.UNKNOWN_COLUMN, 1)]),
        ("title,标准问\n甲,乙\n", [(Code.DUPLICATE_COLUMN, 1)]),
        ("title,script\n甲,=1+1\n", [(Code.FORMULA, 2)]),
        ('title,script\n甲,"乙\n', [(Code.BROKEN_TABLE, 2)]),
        ("title,script\n甲,乙,丙\n", [(Code.BAD_VALUE, 2)]),
        ("title,key\n甲,a\n乙,a\n", [(Code.DUPLICATE_KEY, 3)]),
        ("title,follow_ups\n甲,随便写的\n", [(Code.BAD_VALUE, 2)]),
        ('title,phrasings\n甲,"[""a"", "\n', [(Code.BAD_VALUE, 2)]),
        ("title,status\n,online\n", [(Code.MISSING, 2)]),
        (f"title,phrasings\n甲,{'[' * 100_000}\n", [(Code.BAD_VALUE, 2)]),
    ],
)
def test_tables_that_are_refused(text: str, problems: list[tuple[Code, int]]) -> None:
    assert refused("a.csv", text) == problems


def test_a_marked_cell_is_text() -> None:
    (entry,) = read_file("a.csv", "title,script\n甲,'=1+1\n".encode()).entries
    assert entry.script == "=1+1"


def test_more_rows_than_an_import_may_have() -> None:
    rows = "".join(f"问{number}\n" for number in range(5001))
    assert refused("a.csv", f"title\n{rows}") == [(Code.TOO_MANY, 5002)]


def test_a_workbook() -> None:
    data = workbook(["title", "script", "category_order"], [], ["甲", 12, 3.0], ["乙", "文", None])
    entries = read_file("a.xlsx", data).entries
    assert [(entry.title, entry.script, entry.source.line) for entry in entries] == [
        ("甲", "12", 3),
        ("乙", "文", 4),
    ]


def test_formulas_of_a_workbook_are_refused() -> None:
    data = workbook(["title", "script"], ["甲", "=HYPERLINK(A1)"])
    with pytest.raises(ReadingError) as caught:
        read_file("a.xlsx", data)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.text) == (Code.FORMULA, 2, "=HYPERLINK(A1)")
    assert problem.params == {"column": "script"}


def test_a_workbook_that_is_none() -> None:
    assert refused("a.xlsx", b"no workbook") == [(Code.BROKEN_XLSX, 0)]
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    assert refused("a.xlsx", empty.getvalue()) == [(Code.BROKEN_XLSX, 0)]
    assert refused("a.xlsx", workbook()) == [(Code.EMPTY, 0)]


def bomb(size: int, part: str = "xl/sharedStrings.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(part, b"\0" * size)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much() -> None:
    assert refused("a.xlsx", bomb(61 * 1024 * 1024)) == [(Code.XLSX_BOMB, 0)]
    styles = bomb(3 * 1024 * 1024, "xl/styles.xml")
    assert refused("a.xlsx", styles) == [(Code.XLSX_BOMB, 0)]


def test_a_workbook_that_lies_about_its_size() -> None:
    """The size in the directory is what is unpacked at most, so a lie breaks the workbook."""
    data = bytearray(bomb(1024 * 1024))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    assert refused("a.xlsx", bytes(data)) == [(Code.BROKEN_XLSX, 0)]


def test_entities_of_a_workbook_are_not_expanded() -> None:
    bombed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["title"], ["甲"]))) as good,
        zipfile.ZipFile(bombed, "w") as bad,
    ):
        for name in good.namelist():
            text = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
                text = entity + text
            bad.writestr(name, text)
    assert refused("a.xlsx", bombed.getvalue()) == [(Code.BROKEN_XLSX, 0)]


def test_a_sheet_with_its_last_cell_far_away_is_read_quickly() -> None:
    book = Workbook()
    book.active.append(["title"])
    book.active.cell(row=1_048_576, column=16_384, value="远")
    out = io.BytesIO()
    book.save(out)
    assert read_file("a.xlsx", out.getvalue()).entries == ()
