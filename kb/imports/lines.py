"""The lines of a support document: what each is, without its marks and without page noise.

Both forms of a document go through here: Markdown, and text from which headings and list marks
were lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from kb.imports.typography import HAN, clean

MOST_LINE = 20_000
"""A longer line is no passage of a support document."""


class Kind(StrEnum):
    BREAK = "break"
    HEADING = "heading"
    TEXT = "text"
    BULLET = "bullet"
    NUMBERED = "numbered"
    TABLE = "table"


@dataclass(slots=True)
class Line:
    """One line that says something, or a page break.

    ``level`` is that of a heading (1 is the highest), ``depth`` the nesting of a list item,
    ``order`` the number in front of it. ``loud``: it was all bold; ``dotted``: its list mark
    was a heavy dot, which stands before cases rather than before items; ``dashed``: a hyphen
    without a blank, as before titles; ``torn``: a page break parts it from the line before.
    """

    number: int
    kind: Kind
    text: str = ""
    level: int = 0
    depth: int = 0
    order: int | None = None
    loud: bool = False
    dotted: bool = False
    dashed: bool = False
    torn: bool = False
    pictures: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    cells: tuple[str, ...] = field(default=())


_FENCE = re.compile(r"^\s*`{3,}\s*[\w-]*\s*$")
_RULE = re.compile(r"^\s*(?:-[ \t]*){3,}$|^\s*(?:\*[ \t]*){3,}$|^\s*(?:_[ \t]*){3,}$")
_FOOTER = re.compile(
    r"(?:快手\s{0,3})?内部\s{0,3}(?:文档|资料|文件|材料)[\s，,。、]{0,3}"
    r"(?:请勿|严禁|禁止|切勿|不得)\s{0,3}"
    r"(?:外传|外泄|泄露|传播|转发)[。.!！]?"
)
_PAGE_NUMBER = re.compile(
    r"^(?:第\s*\d+\s*页(?:\s*[/，,]?\s*共\s*\d+\s*页)?|\d+\s*/\s*\d+|[-–—]\s*\d+\s*[-–—]"
    r"|page\s+\d+(?:\s+of\s+\d+)?)$",
    re.IGNORECASE,
)
_DECORATION = re.compile(r"[\s>*#_`\-—–|•●（）()\[\]【】：:。，]+")
_HEADING = re.compile(r"^\s{0,3}(#{1,6})(?:\s(.*))?$")
_QUOTE = re.compile(r"^\s*(?:>\s?)+")
_BULLET = re.compile(r"^(\s*)(?:([●•■◆▪○◦])\s*|[-*+·]\s+)(?=\S)")
_DASHED = re.compile(r"^\s*[-—–]+(?=[^\s\-—–])")
_NUMBER = re.compile(r"^(\d{1,2})\s*[、.．)）]\s*(?!\d)(?=\S)")
_TABLE_RULE = re.compile(r"^[\s|:\-]+$")
_LOUD = re.compile(r"^\*\*[^*\n]+\*\*[：:]?$")
_HEAVY = "●•■◆"


def read_lines(text: str) -> Iterator[Line]:
    """The lines that say something, and page breaks; blank lines and rules are left out."""
    torn = False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _line(number, raw[: MOST_LINE + 1].replace("\f", ""))
        if line is None:
            if "\f" in raw:
                torn = True
                yield Line(number, Kind.BREAK)
            continue
        if line.kind is Kind.BREAK:
            torn = True
        else:
            line.torn, torn = torn, False
        yield line


def _line(number: int, raw: str) -> Line | None:
    if not raw.strip() or _RULE.match(raw):
        return None
    if _FENCE.match(raw):
        return Line(number, Kind.BREAK)
    without = _FOOTER.sub("", raw)
    if without != raw or _PAGE_NUMBER.match(raw.strip()):
        if _DECORATION.sub("", without) in ("", "注", "注意", "声明") or without == raw:
            return Line(number, Kind.BREAK)
        raw = without
    return _marked(number, raw)


def _marked(number: int, raw: str) -> Line | None:
    if heading := _HEADING.match(raw):
        line = Line(number, Kind.HEADING, level=len(heading.group(1)))
        title = (heading.group(2) or "").strip(" \t#")
        if not title:
            return line
        titled = _filled(line, title)
        return _numbered(titled) if titled is not None else None
    body = _QUOTE.sub("", raw)
    if len(body.strip()) > 1 and body.strip()[0] == body.strip()[-1] == "|":
        return _table(number, body)
    line = Line(number, Kind.TEXT)
    if bullet := _BULLET.match(body):
        line.kind = Kind.BULLET
        line.depth = len(bullet.group(1).expandtabs(4)) // 2
        line.dotted = (bullet.group(2) or "") in _HEAVY and bool(bullet.group(2))
        body = body[bullet.end() :]
    elif dashed := _DASHED.match(body):
        line.dashed = True
        body = body[dashed.end() :]
    else:
        line.depth = (len(body) - len(body.lstrip(" "))) // 2
    line.loud = bool(_LOUD.match(body.strip()))
    filled = _filled(line, body.strip())
    return _numbered(filled) if filled is not None else None


def _filled(line: Line, body: str) -> Line | None:
    """``line`` with its cleaned text; one that held only a picture keeps only that."""
    body = body.strip()
    if len(body) > 1 and body.startswith("*") and body.endswith("*") and "**" not in body:
        body = body.strip("*")
    cleaned = clean(body)
    line.text, line.pictures, line.links = cleaned.text, cleaned.pictures, cleaned.links
    return line if line.text or line.pictures else None


def _numbered(line: Line) -> Line:
    found = _NUMBER.match(line.text)
    if found:
        line.order = int(found.group(1))
        line.text = line.text[found.end() :]
        if line.kind is not Kind.HEADING:
            line.kind = Kind.NUMBERED
    return line


def _table(number: int, body: str) -> Line | None:
    if _TABLE_RULE.match(body):
        return None
    cells = tuple(clean(cell).text for cell in body.strip().strip("|").split("|"))
    return Line(number, Kind.TABLE, text=" ".join(cells), cells=cells)


ENDED = re.compile(r"[。！？!?～~….)）”」】；;]$")
"""How a passage ends that is complete."""

HAN_ENDED = re.compile(rf"[{HAN}A-Za-z0-9，,、]$")
"""How a passage ends that a page break may have cut in the middle of a sentence."""
