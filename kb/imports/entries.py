"""What comes out of a file: entries, remarks on them, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Content = dict[str, Any]
"""Everything a revision holds, as JSON: the shape of ``QuestionContent.as_json``."""

MOST_BYTES = 10 * 1024 * 1024
MOST_ENTRIES = 5_000
MOST_UNREAD = 500
"""Passages of one file that are listed as not understood; the rest is only counted."""


class Form(StrEnum):
    """How a file is written."""

    DOCUMENT = "document"
    YAML = "yaml"
    CSV = "csv"
    XLSX = "xlsx"


class Code(StrEnum):
    """Everything that can be said about a place in a file. Interfaces have the words."""

    # the file cannot be read
    UNKNOWN_FORM = "unknown_form"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NOT_TEXT = "not_text"
    BROKEN_ENCODING = "broken_encoding"
    BROKEN_YAML = "broken_yaml"
    YAML_ALIAS = "yaml_alias"
    YAML_DEPTH = "yaml_depth"
    YAML_SHAPE = "yaml_shape"
    DUPLICATE_MEMBER = "duplicate_member"
    BROKEN_TABLE = "broken_table"
    BROKEN_XLSX = "broken_xlsx"
    XLSX_BOMB = "xlsx_bomb"
    FORMULA = "formula"
    NO_TITLE_COLUMN = "no_title_column"
    UNKNOWN_COLUMN = "unknown_column"
    DUPLICATE_COLUMN = "duplicate_column"
    TOO_MANY = "too_many"
    UNKNOWN_KEY = "unknown_key"
    MISSING = "missing"
    BAD_VALUE = "bad_value"
    BAD_KEY = "bad_key"
    DUPLICATE_KEY = "duplicate_key"
    TOO_SLOW = "too_slow"
    TOO_BIG = "too_big"
    TOO_MUCH = "too_much"
    BROKEN = "broken"
    GAVE_UP = "gave_up"
    # what was chosen cannot be saved
    STALE = "stale"
    NOT_SAVABLE = "not_savable"
    # a passage was not understood
    OUTSIDE = "outside"
    NO_QUESTION = "no_question"
    NO_ANSWER = "no_answer"
    MORE = "more"
    UNKNOWN_ATTACHMENT = "unknown_attachment"
    UNKNOWN_FLOW = "unknown_flow"
    REFUSED = "refused"
    # remarks on an entry
    PICTURE = "picture"
    LINK = "link"
    NO_SCRIPT = "no_script"
    HAND_OVER = "hand_over"
    CUT = "cut"
    TITLE_NO_QUESTION = "title_no_question"
    IGNORED_MEMBER = "ignored_member"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a place in a file: the line (row of a table), the text, details."""

    code: Code
    line: int = 0
    text: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code.value,
            "line": self.line,
            "text": self.text,
            "params": dict(self.params),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Remark:
        return cls(Code(data["code"]), data["line"], data["text"], data["params"])


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry begins: line of a text, row of a table."""

    file: str
    line: int

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Section:
    """The group that a source puts a question in; ``slug`` is empty where it has only a title."""

    title: str
    slug: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One question as a source has it.

    ``given`` holds the parts of a content that the source states, by name. ``adds`` is true
    for documents: their wordings, notes and follow-ups are added to what is there, and what
    they do not mention stays. In a table or YAML file each given part is complete.
    """

    title: str
    source: Source
    given: Content
    key: str = ""
    adds: bool = False
    section: Section | None = None
    remarks: tuple[Remark, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        return (self.title, *self.given.get("phrasings", ()))

    @property
    def script(self) -> str:
        return str(self.given.get("script", ""))

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "source": self.source.as_json(),
            "given": self.given,
            "key": self.key,
            "adds": self.adds,
            "section": None
            if self.section is None
            else [self.section.title, self.section.slug, self.section.order],
            "remarks": [remark.as_json() for remark in self.remarks],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        section = data["section"]
        return cls(
            title=data["title"],
            source=Source(**data["source"]),
            given=dict(data["given"]),
            key=data["key"],
            adds=data["adds"],
            section=None if section is None else Section(*section),
            remarks=tuple(map(Remark.from_json, data["remarks"])),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says, in its order, and the passages that were not understood."""

    file: str
    form: Form
    entries: tuple[Entry, ...]
    unread: tuple[Remark, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "form": self.form.value,
            "entries": [entry.as_json() for entry in self.entries],
            "unread": [remark.as_json() for remark in self.unread],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reading:
        return cls(
            file=data["file"],
            form=Form(data["form"]),
            entries=tuple(map(Entry.from_json, data["entries"])),
            unread=tuple(map(Remark.from_json, data["unread"])),
        )


class ReadingError(Exception):
    """A file cannot be read; ``problems`` says why and where, never empty."""

    def __init__(self, file: str, problems: Sequence[Remark]) -> None:
        super().__init__(file, *(problem.code.value for problem in problems))
        self.file = file
        self.problems = tuple(problems)

    def as_json(self) -> list[dict[str, Any]]:
        """Each problem with the ``file`` in which it is."""
        return [{"file": self.file, **problem.as_json()} for problem in self.problems]
