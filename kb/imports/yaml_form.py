"""YAML files of questions: a category and its questions, or several such groups in one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from kb.imports.entries import (
    MOST_ENTRIES,
    Code,
    Entry,
    Form,
    Reading,
    ReadingError,
    Remark,
    Section,
    Source,
)
from kb.imports.rows import RowError, entry_of

MOST_DEPTH = 12
MOST_EVENTS = 200 * MOST_ENTRIES
"""Nodes of a file, in the parser's count: so many questions have fewer."""
MOST_PROBLEMS = 20

MOST_NUMBER = 100
"""Characters of a number: a longer one in base 60 would take minutes to add up."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_GROUP_KEYS = {"category", "questions"}
_CATEGORY_KEYS = {"slug", "title", "order"}


def read_yaml(text: str, *, file: str) -> Reading:
    """The questions of a YAML file.

    Raises ``ReadingError`` for bad syntax, aliases (a few lines can stand for gigabytes),
    nesting beyond what questions have, a member given twice, and whatever a row refuses.
    """
    try:
        _check_events(text, file=file)
        groups = list(yaml.compose_all(text, Loader=_Loader))
        reader = _Reader(file)
        for group in groups:
            reader.read_group(group)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        problem = Remark(Code.BROKEN_YAML, line, error.problem or error.context or "")
        raise ReadingError(file, [problem]) from error
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise ReadingError(file, [Remark(Code.BROKEN_YAML, line)]) from error
    if reader.problems:
        raise ReadingError(file, reader.problems[:MOST_PROBLEMS])
    return Reading(file, Form.YAML, tuple(reader.entries))


def _check_events(text: str, *, file: str) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if number > MOST_EVENTS:
            raise ReadingError(
                file, [Remark(Code.TOO_MANY, _line(event), params={"most": MOST_ENTRIES})]
            )
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ReadingError(file, [Remark(Code.YAML_ALIAS, _line(event))])
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                params = {"most": MOST_DEPTH}
                raise ReadingError(file, [Remark(Code.YAML_DEPTH, _line(event), params=params)])
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.entries: list[Entry] = []
        self.problems: list[Remark] = []
        self.keys: dict[str, int] = {}

    def refuse(self, code: Code, line: int, text: str = "", **params: Any) -> None:
        self.problems.append(Remark(code, line, text, params))

    def read_group(self, node: yaml.Node) -> None:
        line = node.start_mark.line + 1
        members = self._members(node)
        if members is None or "questions" not in members:
            self.refuse(Code.YAML_SHAPE, line)
            return
        for name in sorted(set(members) - _GROUP_KEYS):
            self.refuse(Code.UNKNOWN_KEY, members[name].start_mark.line + 1, key=name)
        section = self._section(members.get("category"))
        questions = members["questions"]
        if not isinstance(questions, yaml.SequenceNode):
            self.refuse(Code.YAML_SHAPE, questions.start_mark.line + 1)
            return
        for question in questions.value:
            self._read_question(question, section)

    def _section(self, node: yaml.Node | None) -> Section | None:
        if node is None:
            return None
        line = node.start_mark.line + 1
        data = self._plain(node)
        if data is None:
            return None
        if isinstance(data, str):
            return Section(title=data, slug=data)
        if not isinstance(data, dict) or not isinstance(data.get("slug"), str):
            self.refuse(Code.BAD_VALUE, line, key="category", expected="category", found="")
            return None
        for name in sorted(str(each) for each in set(data) - _CATEGORY_KEYS):
            self.refuse(Code.UNKNOWN_KEY, line, key=f"category.{name}")
        order = data.get("order", 0)
        title = data.get("title", data["slug"])
        if not isinstance(title, str) or "\0" in title:
            self.refuse(Code.BAD_VALUE, line, key="category.title", expected="text", found="")
            return None
        return Section(
            title=title,
            slug=data["slug"],
            order=order if isinstance(order, int) and 0 <= order < 32768 else 0,
        )

    def _read_question(self, node: yaml.Node, section: Section | None) -> None:
        line = node.start_mark.line + 1
        data = self._plain(node)
        if data is None:
            return
        if not isinstance(data, dict):
            self.refuse(Code.YAML_SHAPE, line)
            return
        if len(self.entries) >= MOST_ENTRIES:
            if len(self.entries) == MOST_ENTRIES and not self.problems:
                self.refuse(Code.TOO_MANY, line, most=MOST_ENTRIES)
            return
        try:
            entry = entry_of(data, source=Source(self.file, line), section=section)
        except RowError as error:
            self.problems += error.problems
            return
        if entry.key and entry.key in self.keys:
            self.refuse(Code.DUPLICATE_KEY, line, entry.key, first=self.keys[entry.key])
        self.keys.setdefault(entry.key, line)
        self.entries.append(entry)

    def _members(self, node: yaml.Node) -> dict[str, yaml.Node] | None:
        """The members of a mapping by name; one given twice is refused, none wins."""
        if not isinstance(node, yaml.MappingNode):
            return None
        members: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in members:
                self.refuse(Code.DUPLICATE_MEMBER, key.start_mark.line + 1, key=name)
            members[name] = value
        return members

    def _plain(self, node: yaml.Node) -> Any:
        """Plain data of a node, or None when something in it was refused."""
        before = len(self.problems)
        for part in _parts(node):
            if isinstance(part, yaml.MappingNode):
                self._members(part)
            elif part.tag in _NUMBERS and len(part.value) > MOST_NUMBER:
                line, shown = part.start_mark.line + 1, part.value[:60]
                self.refuse(Code.BAD_VALUE, line, key=shown, expected="text", found=shown)
        if len(self.problems) > before:
            return None
        constructor = yaml.constructor.SafeConstructor()
        try:
            return constructor.construct_document(node)
        except yaml.YAMLError:
            raise
        except Exception as error:
            # 2026-13-45 is taken for a date, and a tag (!!int, !!timestamp) may stand before
            # anything: the library then breaks in many ways.
            why = next(iter(str(error).splitlines()), "")
            self.refuse(Code.BROKEN_YAML, node.start_mark.line + 1, why)
            return None


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    """The mappings and scalars in a node, itself included, keys too."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _parts(item)
        return
    yield node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _parts(key)
            yield from _parts(value)
