"""A support document (either form) as entries."""

from __future__ import annotations

from collections.abc import Sequence

from kb.imports.answers import Answer, read_answer
from kb.imports.document import Block, cut
from kb.imports.entries import MOST_UNREAD, Code, Entry, Form, Reading, Remark, Section, Source
from kb.imports.lines import read_lines
from kb.imports.titles import MOST_PHRASING, MOST_TITLE, is_question, read_title
from kb.imports.wording import unique


def read_document(text: str, *, file: str) -> Reading:
    """The questions of a support document, one entry for each place where one is asked."""
    document = cut(list(read_lines(text)))
    entries = [_entry(block, file=file) for block in document.blocks]
    unread = document.unread
    if len(unread) > MOST_UNREAD:
        rest = len(unread) - MOST_UNREAD
        unread = unread[:MOST_UNREAD]
        unread.append(Remark(Code.MORE, unread[-1].line, params={"number": rest}))
    return Reading(file, Form.DOCUMENT, tuple(entries), tuple(unread))


def _entry(block: Block, *, file: str) -> Entry:
    title = read_title(block.title)
    answer = read_answer(
        block.lines, first=title.answer, line=block.line, background=block.background
    )
    remarks = [remark for remark in answer.remarks if remark.code is not Code.LINK]
    remarks += _links(answer.remarks)
    if not is_question(block.title):
        remarks.append(Remark(Code.TITLE_NO_QUESTION, block.line, block.title))
    wordings = unique(title.wordings) or [block.title.strip()]
    heading, phrasings = wordings[0], wordings[1:]
    if len(heading) > MOST_TITLE:
        remarks.append(Remark(Code.CUT, block.line, heading))
        heading = heading[: MOST_TITLE - 1] + "…"
    notes = [*answer.notes, *(f"同样适用于：{words}" for words in title.rest)]
    return Entry(
        title=heading,
        source=Source(file, block.line),
        given=_given(answer, [text for text in phrasings if len(text) <= MOST_PHRASING], notes),
        adds=True,
        section=Section(block.section) if block.section else None,
        remarks=tuple(remarks),
    )


def _given(answer: Answer, phrasings: Sequence[str], notes: Sequence[str]) -> dict[str, object]:
    return {
        "phrasings": list(phrasings),
        "script": answer.script,
        "internal_note": "\n".join(notes),
        "follow_ups": [
            {"question": question, "script": script} for question, script in answer.follow_ups
        ],
        "escalates": answer.escalates,
    }


def _links(remarks: Sequence[Remark]) -> list[Remark]:
    """Each address once: the editor is to see that it still leads somewhere."""
    seen: dict[str, Remark] = {}
    for remark in remarks:
        if remark.code is Code.LINK:
            seen.setdefault(remark.text, remark)
    return list(seen.values())
