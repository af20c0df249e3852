"""The lines under one title sorted into script, follow-ups and what is for staff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kb.imports import staff
from kb.imports.entries import Code, Remark
from kb.imports.lines import ENDED, HAN_ENDED, Kind, Line

NOT_SOLVED = "以上方法都试过了，还是没有解决怎么办？"
"""The follow-up whose script tells the user that a colleague takes over."""

_CASE = re.compile(r"^【([^【】]{1,20})】$")
_CASE_WITH_TEXT = re.compile(r"^([^：:，,。]{2,20})[：:]\s?(?=您好|抱歉|很抱歉|麻烦)")
_INLINE_LIST = re.compile(r"(?<=[：:])\s?(?=1[.、]\s?[^\d\s])")
_ANSWER = re.compile(r"^(?:答|A)\s?[：:]\s?")
_LOST_STEPS = re.compile(r"(?<![^。！？；;])[^。！？；;]{0,12}(?:流程|步骤|操作|方法)如下[：:]?$")


@dataclass(slots=True)
class Answer:
    """``script`` may be empty: then the source has only instructions for staff."""

    script: str
    notes: tuple[str, ...]
    follow_ups: tuple[tuple[str, str], ...]
    escalates: bool
    remarks: tuple[Remark, ...]


def read_answer(
    lines: Sequence[Line], *, first: str = "", line: int = 0, background: Sequence[Line] = ()
) -> Answer:
    """Sort the lines under a title. ``first`` is an answer on the title's own line."""
    sorter = _Sorter()
    if background:
        sorter.note("\n".join(_shown(each) for each in background if each.text))
    if first:
        sorter.take(Line(line, Kind.TEXT, text=first), None)
    for at, each in enumerate(lines):
        sorter.take(each, lines[at + 1] if at + 1 < len(lines) else None)
    return sorter.answer()


@dataclass(slots=True)
class _Sorter:
    script: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    follow_ups: list[tuple[str, list[str]]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    escalates: bool = False
    case: str = ""
    is_case_written: bool = True
    open_follow_up: list[str] | None = None
    in_example: bool = False
    in_path: bool = False
    is_reference_next: bool = False
    head: tuple[str, ...] = ()
    """Cells of the first row of the table that is being read."""

    def take(self, line: Line, after: Line | None) -> None:
        for picture in line.pictures:
            self.remarks.append(Remark(Code.PICTURE, line.number, picture))
        for link in line.links:
            self.remarks.append(Remark(Code.LINK, line.number, link))
        text = _ANSWER.sub("", line.text)
        if line.kind is not Kind.TABLE:
            self.head = ()
        if not text:
            return
        if staff.closes_box(text):
            self._close_box(text)
        elif staff.is_example(text) or (self.in_example and not text.startswith("您好")):
            self.in_example = True
            self.note(_shown(line))
        else:
            self.in_example = False
            self._sort(line, text, after)

    def _sort(self, line: Line, text: str, after: Line | None) -> None:
        asked = staff.follow_up(text)
        reference = staff.reference(text)
        if asked is not None:
            self._begin_follow_up(asked[0], asked[1])
        elif reference is not None:
            self._take_reference(reference)
        elif line.kind is Kind.HEADING and staff.is_account_path(text):
            self.in_path = True
            self.note(text)
        elif staff.is_note(text):
            self._take_note(text)
        elif (case := _case(line, text, after)) is not None:
            self._begin_case(case)
        elif line.dotted and (found := _CASE_WITH_TEXT.match(text)) is not None:
            self._begin_case(found.group(1))
            self._say(line, text[found.end() :], after)
        elif self.in_path:
            self.note(_shown(line))
        else:
            self._say(line, text, after)

    # --- for staff ----------------------------------------------------------------------------

    def note(self, text: str) -> None:
        text = text.strip()
        if text and text not in self.notes:
            self.notes.append(text)

    def _take_note(self, text: str) -> None:
        self.escalates |= staff.hands_over(text)
        self.note(text)

    def _close_box(self, text: str) -> None:
        """What was said since the box began is for staff; without a beginning, all of it is."""
        if not self.in_example:
            self.notes += [said for said in self.script if said]
            self.script, self.is_case_written = [], True
        self.in_example = False
        self.note(text)

    def _instruct(self, notes: Iterable[str]) -> None:
        for text in notes:
            self.escalates |= staff.hands_over(text)
            self.note(f"{self.case}：{text}" if self.case else text)

    # --- cases, references, follow-ups --------------------------------------------------------

    def _begin_case(self, case: str) -> None:
        self.open_follow_up, self.in_path, self.is_reference_next = None, False, False
        if staff.is_instruction(case):
            self._take_note(case)
            self.case = ""
        else:
            self.case = case
        self.is_case_written = not self.case

    def _begin_follow_up(self, question: str, answer: str) -> None:
        said: list[str] = [answer] if answer else []
        self.follow_ups.append((question, said))
        self.open_follow_up = said
        self.in_path = self.is_reference_next = False

    def _take_reference(self, text: str) -> None:
        self.in_path, self.open_follow_up = False, None
        if not text:
            self.is_reference_next = True
        elif staff.is_hand_over_script(text):
            self._hand_over(text)
        else:
            self._write(text)

    def _hand_over(self, text: str) -> None:
        self.escalates = True
        for question, said in self.follow_ups:
            if question == NOT_SOLVED:
                if text not in said:
                    said.append(text)
                return
        self.follow_ups.append((NOT_SOLVED, [text]))

    # --- for the user -------------------------------------------------------------------------

    def _say(self, line: Line, text: str, after: Line | None) -> None:
        if self.is_reference_next and staff.is_hand_over_script(text):
            self._hand_over(text)
            return
        parted = staff.part(text)
        self._instruct(parted.notes)
        said = parted.script
        if said and not _goes_on_with_steps(after) and (lost := _LOST_STEPS.search(said)):
            self.remarks.append(Remark(Code.PICTURE, line.number, lost.group(0)))
            said = said[: lost.start()].rstrip()
        if not said:
            return
        if line.kind is Kind.TABLE:
            said = self._row(line)
        else:
            said = _shown(line, _INLINE_LIST.sub("\n", said))
        if said and self.open_follow_up is not None:
            self.open_follow_up.append(said.removeprefix("· "))
        elif said:
            self._write(said, torn=line.torn and line.kind is Kind.TEXT)

    def _write(self, text: str, *, torn: bool = False) -> None:
        if not self.is_case_written:
            self.script += ["", f"【{self.case}】"]
            self.is_case_written = True
        if torn and self.script and HAN_ENDED.search(self.script[-1]):
            self.script[-1] += text
        else:
            self.script.append(text)

    def _row(self, line: Line) -> str:
        if not self.head:
            self.head = line.cells
            return ""
        pairs = zip(self.head[1:], line.cells[1:], strict=False)
        return f"{line.cells[0]}：" + "；".join(f"{head} {cell}" for head, cell in pairs if cell)

    def answer(self) -> Answer:
        follow_ups = tuple(
            (question, "\n".join(said)) for question, said in self.follow_ups if said
        )
        script = "\n".join(self.script).strip()
        if not script:
            self.remarks.append(Remark(Code.NO_SCRIPT))
        if self.escalates:
            self.remarks.append(Remark(Code.HAND_OVER))
        return Answer(script, tuple(self.notes), follow_ups, self.escalates, tuple(self.remarks))


def _shown(line: Line, text: str | None = None) -> str:
    """A line as it stands in a script: numbers stay, other marks only inside a list."""
    said = line.text if text is None else text
    if line.order is not None and line.kind is not Kind.HEADING:
        return f"{line.order}. {said}"
    return f"· {said}" if line.kind is Kind.BULLET and line.depth else said


def _case(line: Line, text: str, after: Line | None) -> str | None:
    """The condition that a line names for what follows it, or None."""
    if bracketed := _CASE.match(text):
        return bracketed.group(1)
    if line.kind is Kind.HEADING:
        return text.rstrip("：: ")
    short = len(text) <= 25 and not ENDED.search(text)
    if short and (line.dotted or line.loud) and text.endswith(("：", ":")):
        return text.rstrip("：: ")
    if line.kind is Kind.NUMBERED and short and after is not None:
        return text if staff.reference(after.text) is not None else None
    return None


def _goes_on_with_steps(after: Line | None) -> bool:
    return after is not None and (
        (after.kind is Kind.NUMBERED and after.order == 1)
        or after.kind is Kind.BULLET
        or after.kind is Kind.TABLE
        or (after.kind is Kind.TEXT and bool(after.text) and not after.torn)
    )
