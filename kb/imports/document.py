"""A support document cut into blocks: one for each question, with the lines of its answer.

Two forms of one document are read by the same rules. In Markdown the headings lead; where they
were lost, a line is a title when it reads like a user's question, has the product's name and a
hyphen before it, or is next in a numbered row of titles. A page that ends in the middle of an
answer goes on after the break: the headings that the next page begins with are no titles then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kb.imports import staff, titles
from kb.imports.entries import Code, Remark
from kb.imports.lines import ENDED, Kind, Line

_GREETING = re.compile(r"^(?:您好|你好|抱歉|很抱歉|非常感谢|感谢您)")
_NUMBERED_TITLE = re.compile(r"^[^，,。；;：:！!【】]{2,30}$")


@dataclass(slots=True)
class Block:
    """A title and what stands under it. ``sure``: the title is a question by its own words.

    ``background`` is the worked example of the part that this question is the first of; it is
    for staff.
    """

    title: str
    line: int
    level: int = 0
    sure: bool = False
    ordered: bool = False
    section: str = ""
    lines: list[Line] = field(default_factory=list)
    background: list[Line] = field(default_factory=list)

    @property
    def has_text(self) -> bool:
        return any(line.text for line in self.lines)

    @property
    def is_for_staff(self) -> bool:
        return any(
            staff.is_example(each.text) or staff.closes_box(each.text) for each in self.lines
        )


@dataclass(slots=True)
class Document:
    blocks: list[Block]
    unread: list[Remark]


@dataclass(slots=True)
class _Page:
    """A page that goes on with the answer of the one before.

    ``bare``: the break came right behind a title or a case, before any text of it, so that all
    headings up to that text belong to the page and none to the answer.
    """

    bare: bool
    begun: bool = False
    read: bool = False
    level: int = 0


def cut(lines: Sequence[Line]) -> Document:
    """The blocks of a document in their order; what belongs to none is unread."""
    cutter = _Cutter(lines)
    for at, line in enumerate(lines):
        cutter.take(at, line)
    cutter.close()
    cutter.leave_out(cutter.background, Code.OUTSIDE)
    return Document(cutter.blocks, sorted(cutter.unread, key=lambda remark: remark.line))


class _Cutter:
    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.blocks: list[Block] = []
        self.unread: list[Remark] = []
        self.background: list[Line] = []
        self.current: Block | None = None
        self.page: _Page | None = None
        self.section = ""
        self.section_level = 0
        self.row = 0
        """The last number in the present row of numbered titles."""
        headings = [each.text for each in lines if each.kind is Kind.HEADING]
        self.has_headings = sum(map(titles.is_question, headings)) >= 2

    def take(self, at: int, line: Line) -> None:
        if line.kind is Kind.BREAK:
            self.page = self._page_after_break()
        elif line.kind is Kind.HEADING and not line.text and not line.pictures:
            self._take_nameless(line)
        elif line.kind is Kind.HEADING:
            if not self._is_passed_over(line):
                self._take_heading(line)
        elif self._is_title(at, line):
            self._open(line)
        elif self.current is not None:
            self.current.lines.append(line)
            if self.page is not None:
                self.page.read = True
        else:
            self.leave_out([line], Code.OUTSIDE)

    # --- pages --------------------------------------------------------------------------------

    def _page_after_break(self) -> _Page | None:
        """The page that goes on, or None when the answer before the break is complete."""
        block = self.current
        if block is None:
            return None
        said = [each for each in block.lines if each.text]
        if not said:
            return _Page(bare=True) if block.sure or block.ordered else None
        last = said[-1]
        if last.kind is Kind.HEADING or (last.dotted and last.text.endswith("：")):
            return _Page(bare=True)
        if last is block.lines[-1] and not ENDED.search(last.text):
            return _Page(bare=False)
        return None

    def _is_passed_over(self, line: Line) -> bool:
        """Whether a heading belongs to a page that goes on: left out, or a case of the answer."""
        page = self.page
        if page is None or self.current is None:
            return False
        own = titles.is_question(line.text) or titles.is_branded(line.text)
        if own or staff.is_example(line.text) or titles.is_part(line.text):
            self.page = None
            return False
        if page.read:
            if page.level and line.level > page.level:
                self.current.lines.append(line)
                return True
            self.page = None
            return False
        if page.begun:
            page.level = page.level or line.level
            if not page.bare:
                self.current.lines.append(line)
        page.begun = True
        return True

    # --- titles -------------------------------------------------------------------------------

    def _take_heading(self, line: Line) -> None:
        block = self.current
        if titles.is_question(line.text) or titles.is_branded(line.text):
            self._open(line)
        elif block is not None and self._is_inside(line, block):
            block.lines.append(line)
        else:
            self._open(line)

    def _take_nameless(self, line: Line) -> None:
        """A heading whose title was forgotten ends the answer above; what follows is no part of
        it, and of no question. Of a lower level it divides the answer and says nothing."""
        if self.current is None or line.level <= self.current.level:
            self._open(line)

    def _is_inside(self, line: Line, block: Block) -> bool:
        """Whether a heading that is no question is part of the block above it."""
        if staff.reference(line.text) is not None or staff.is_example(line.text):
            return True
        if staff.is_account_path(line.text) or staff.is_instruction(line.text):
            return True
        return line.level > block.level > 0 and (block.sure or block.has_text)

    def _is_title(self, at: int, line: Line) -> bool:
        if line.kind is Kind.TABLE or not line.text:
            return False
        if titles.read_title(line.text).asked and titles.is_question(line.text):
            return True
        if staff.is_instruction(line.text) or staff.follow_up(line.text) is not None:
            return False
        if self.has_headings:
            return line.kind is Kind.TEXT and titles.is_branded(line.text)
        if line.kind is Kind.BULLET:
            return self._is_title_with_bullet(at, line)
        if line.kind is Kind.NUMBERED:
            return self._is_numbered_title(at, line)
        if titles.is_part(line.text) or titles.is_branded(line.text):
            return True
        return titles.is_question(line.text) or self._is_section(at, line)

    def _is_title_with_bullet(self, at: int, line: Line) -> bool:
        """A hyphen before a question is a mark of titles too, unless it is one item of a list."""
        after = self._next(at)
        if line.dotted or line.depth or after is None or after.kind is Kind.BULLET:
            return False
        return titles.is_question(line.text)

    def _is_numbered_title(self, at: int, line: Line) -> bool:
        after = self._next(at)
        order = line.order or 0
        if after is None or after.order == order + 1:
            return False
        block = self.current
        is_next = self.row > 0 and order == self.row + 1
        is_first = order == 1 and block is not None and not block.sure and not block.has_text
        if titles.is_question(line.text):
            return is_next or is_first or block is None or (self.row == 0 and order == 1)
        return (is_next or is_first) and bool(_NUMBERED_TITLE.match(line.text))

    def _is_section(self, at: int, line: Line) -> bool:
        """A short line that names a section: its heading mark was lost."""
        block = self.current
        if not titles.is_short_name(line.text):
            return False
        if block is not None and block.sure and not block.has_text:
            return False
        if line.text.endswith("相关问题"):
            return True
        after = self._next(at)
        if after is None:
            return False
        if after.kind is Kind.NUMBERED:
            return after.order == 1 and bool(_NUMBERED_TITLE.match(after.text))
        return (
            titles.is_part(after.text)
            or titles.is_branded(after.text)
            or titles.is_question(after.text)
            or titles.is_short_name(after.text)
        )

    def _next(self, at: int) -> Line | None:
        following = self.lines[at + 1 : at + 6]
        return next((each for each in following if each.kind is not Kind.BREAK and each.text), None)

    # --- blocks -------------------------------------------------------------------------------

    def _open(self, line: Line) -> None:
        self.close()
        self.page = None
        self.row = line.order or 0
        inside = not self.section_level or line.level > self.section_level
        self.current = Block(
            title=line.text,
            line=line.number,
            level=line.level,
            sure=titles.is_question(line.text),
            ordered=line.order is not None,
            section=self.section if inside else "",
        )

    def close(self) -> None:
        """Settle what the present block is: a question, the name of a section, or neither."""
        block, self.current = self.current, None
        if block is None or not (block.title or block.has_text):
            return
        if not block.has_text and not titles.read_title(block.title).answer:
            if block.sure or block.ordered:
                self.unread.append(Remark(Code.NO_ANSWER, block.line, block.title))
            elif not titles.is_part(block.title):
                self.section = titles.section_name(block.title)
                self.section_level = block.level
        elif block.sure:
            self._keep(block)
        elif block.is_for_staff:
            self.background.append(Line(block.line, Kind.TEXT, text=block.title))
            self.background += block.lines
        elif self._is_question_in_disguise(block):
            self._keep(block)
        else:
            heading = Line(block.line, Kind.HEADING, text=block.title)
            self.leave_out([heading, *block.lines], Code.NO_QUESTION)

    def _keep(self, block: Block) -> None:
        block.background, self.background = self.background, []
        self.blocks.append(block)

    def _is_question_in_disguise(self, block: Block) -> bool:
        """A title that asks nothing, with an answer: named so, numbered so, or greeting a user."""
        if titles.is_branded(block.title) or block.ordered or block.title.endswith("相关问题"):
            return True
        said = next(line for line in block.lines if line.text)
        return said.kind is Kind.TABLE or bool(_GREETING.match(said.text))

    def leave_out(self, lines: Sequence[Line], code: Code) -> None:
        said = [line for line in lines if line.text]
        if said:
            text = "\n".join(line.text for line in said)
            self.unread.append(Remark(code, said[0].number, text))
