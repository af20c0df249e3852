"""One question of a YAML file or of a table: its keys, their values, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from kb.imports.entries import Code, Content, Entry, Remark, Section, Source

SHANGHAI = timezone(timedelta(hours=8))
"""The zone of a moment that is written without one."""


def _plain_text(value: Any) -> Any:
    """Newlines of every system alike, nothing around the text; None is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("no text may hold a null character")
        value.encode()  # half a surrogate pair raises a ValueError
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    return value


def _zoned(moment: datetime | None) -> datetime | None:
    """The same instant in UTC."""
    if moment is None:
        return None
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=SHANGHAI)
    try:
        utc = zoned.astimezone(UTC)
        utc.astimezone(SHANGHAI)  # where every page shows it
        return utc
    except OverflowError as beyond:
        raise ValueError("no calendar reaches this moment") from beyond


def _empty_is_none(value: Any) -> Any:
    text = _plain_text(value)
    return None if text == "" else text


def _none_is_empty(value: Any) -> Any:
    return () if value is None else value


_WORDS: dict[str, Any] = {
    "是": True,
    "否": False,
    "": False,
    "已上线": "online",
    "未上线": "unreleased",
    "已下线": "retired",
}


def _word(value: Any) -> Any:
    """The Chinese words that people write into a table, as values."""
    return _WORDS.get(value.strip(), value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_plain_text)]
Name = Annotated[str | None, BeforeValidator(_empty_is_none)]
Moment = Annotated[datetime | None, BeforeValidator(_empty_is_none), AfterValidator(_zoned)]
Day = Annotated[date | None, BeforeValidator(_empty_is_none)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FollowUpRow(_Strict):
    question: Text
    script: Text


class AttachmentRow(_Strict):
    digest: Text
    title: Text


class ContrastRow(_Strict):
    group: Text = ""
    label: Text = ""


class ReviewRow(_Strict):
    due: Day = None
    reason: Text = ""


class Row(_Strict):
    """The keys of a question in ``kb/data/questions``, attachments by digest instead of file.

    A key that is not there leaves that part as it is (in a new question: empty).
    """

    key: Text = ""
    title: Text
    status: Annotated[Literal["online", "unreleased", "retired"], BeforeValidator(_word)] = "online"
    script: Text = ""
    fallback: Text = ""
    internal_note: Text = ""
    escalates: Annotated[bool, BeforeValidator(_word)] = False
    flow: Name = None
    phrasings: Annotated[tuple[Text, ...], BeforeValidator(_none_is_empty)] = ()
    learned: Annotated[tuple[Text, ...], BeforeValidator(_none_is_empty)] = ()
    follow_ups: Annotated[tuple[FollowUpRow, ...], BeforeValidator(_none_is_empty)] = ()
    attachments: Annotated[tuple[AttachmentRow, ...], BeforeValidator(_none_is_empty)] = ()
    contrast: ContrastRow | None = None
    owner: Name = None
    effective_from: Moment = None
    expires_at: Moment = None
    review: ReviewRow | None = None
    disagreements: Any = None
    """Known, because the files have them; no part of a question's content, so not read."""


KEYS = tuple(Row.model_fields)


def entry_of(data: Mapping[str, Any], *, source: Source, section: Section | None) -> Entry:
    """The entry of one question. Raises ``RowError`` with everything that is wrong with it."""
    try:
        row = Row.model_validate(dict(data))
    except ValidationError as error:
        raise RowError(
            [_problem(dict(each), source.line) for each in error.errors(include_url=False)]
        ) from error
    problems = []
    if not row.title:
        problems.append(Remark(Code.MISSING, source.line, params={"key": "title"}))
    if row.key and not _is_slug(row.key):
        problems.append(Remark(Code.BAD_KEY, source.line, row.key))
    if section is not None and section.slug and not _is_slug(section.slug, most=50):
        problems.append(Remark(Code.BAD_KEY, source.line, section.slug[:60]))
    if problems:
        raise RowError(problems)
    ignored = "disagreements" in row.model_fields_set
    return Entry(
        title=row.title,
        source=source,
        given=_given(row),
        key=row.key,
        section=section,
        remarks=(
            (Remark(Code.IGNORED_MEMBER, source.line, params={"key": "disagreements"}),)
            if ignored
            else ()
        ),
    )


class RowError(Exception):
    """One question of a file is refused; ``problems`` are remarks with their lines."""

    def __init__(self, problems: list[Remark]) -> None:
        super().__init__(*(problem.code.value for problem in problems))
        self.problems = problems


def _given(row: Row) -> Content:
    """The parts of a content that the row states, under a content's names."""
    stated = row.model_dump(mode="json", exclude_unset=True)
    for name in ("key", "disagreements"):
        stated.pop(name, None)
    if "contrast" in stated:
        contrast = row.contrast or ContrastRow()
        del stated["contrast"]
        stated |= {"contrast_group": contrast.group, "contrast_label": contrast.label}
    if "review" in stated:
        review = row.review or ReviewRow()
        del stated["review"]
        stated["review_due"] = review.due.isoformat() if review.due else None
        stated["review_reason"] = review.reason
    for name in ("effective_from", "expires_at"):
        if name in stated:
            moment = getattr(row, name)
            stated[name] = moment.isoformat() if moment else None
    return stated


_EXPECTED = {
    "bool_type": "bool",
    "bool_parsing": "bool",
    "string_type": "text",
    "tuple_type": "list",
    "literal_error": "status",
    "model_type": "mapping",
    "model_attributes_type": "mapping",
}


def _problem(error: Mapping[str, Any], line: int) -> Remark:
    key = ".".join(str(part) if isinstance(part, str) else str(part + 1) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return Remark(Code.UNKNOWN_KEY, line, params={"key": key})
    if error["type"] == "missing":
        return Remark(Code.MISSING, line, params={"key": key})
    expected = _EXPECTED.get(error["type"])
    if expected is None:
        expected = "date" if str(error["type"]).startswith(("date", "timezone")) else "value"
    return Remark(
        Code.BAD_VALUE,
        line,
        params={"key": key, "expected": expected, "found": _shown(error["input"])},
    )


def _shown(value: Any) -> str:
    return str(value)[:60].replace("\0", "").encode(errors="replace").decode()


def _is_slug(text: str, *, most: int = 80) -> bool:
    return len(text) <= most and all(
        letter.isascii() and (letter.isalnum() or letter in "-_") for letter in text
    )
