"""Bytes to text. UTF-8 (with or without a mark), UTF-16 with its mark, GB18030 by what it says."""

from __future__ import annotations

import codecs
import re

from kb.imports.entries import Code, ReadingError, Remark

_HAN = re.compile(r"[\u4e00-\u9fff]")
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_COMMON_SHARE = 0.9
"""Share of the characters beyond ASCII that must be everyday ones (GB 2312) in real GB18030 text.
Other bytes read as GB18030 give mostly rare ones."""


def decode(data: bytes, *, file: str) -> str:
    """The text of ``data`` with plain newlines.

    Raises ``ReadingError``: ``EMPTY``, ``NOT_TEXT``, or ``BROKEN_ENCODING`` with the line and
    the byte (counted from 1) where it stops being UTF-8.
    """
    if not data.strip():
        raise ReadingError(file, [Remark(Code.EMPTY)])
    text = _utf16(data) if data.startswith(_UTF16_MARKS) else _utf8_or_gb(data, file=file)
    if text is None or "\0" in text:
        raise ReadingError(file, [Remark(Code.NOT_TEXT)])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ReadingError(file, [Remark(Code.EMPTY)])
    return text


def _utf16(data: bytes) -> str | None:
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError:
        return None


def _utf8_or_gb(data: bytes, *, file: str) -> str | None:
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as broken:
        # A few bad bytes among good UTF-8 are damage. Only text that is hardly UTF-8 at all may
        # be GB18030, which gives some character for nearly every pair of bytes.
        lenient = data.decode("utf-8", errors="replace")
        if lenient.count("\ufffd") > len(_HAN.findall(lenient)):
            text = _gb18030(data)
            if text is not None:
                return text
        byte = broken.start
        line = data.count(b"\n", 0, byte) + 1
        problem = Remark(Code.BROKEN_ENCODING, line, params={"byte": byte + 1})
        raise ReadingError(file, [problem]) from broken


def _gb18030(data: bytes) -> str | None:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    foreign = [letter for letter in text if not letter.isascii()]
    common = "".join(foreign).encode("gb2312", errors="ignore").decode("gb2312")
    return text if foreign and len(common) >= _COMMON_SHARE * len(foreign) else None
