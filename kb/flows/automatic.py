"""Nodes that never wait for a person: branch, decision table, check and subflow.

A check waits only when it has no variable to read: then it asks for the text itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag

from kb.flows.conditions import Condition
from kb.flows.parts import Exit, FieldKey, Key, Label, Line, Part, Script, Text, Value
from kb.flows.variables import OutputVariable

ELSE = "else"
ENTER = "enter"
RELATIONS = ("lower", "same", "higher")
CheckResultName = Literal["pasted", "findings", "corrected", "problems", "model"]


class Automatic(Part):
    @property
    def is_terminal(self) -> bool:
        return False

    @property
    def prompt(self) -> str | None:
        return None

    @property
    def script(self) -> str | None:
        return None

    @property
    def hint(self) -> str | None:
        return None


class Rule(Part):
    """Leads on to ``next`` when ``when`` holds and no rule before it did."""

    when: Condition
    next: Key
    label: Label | None = None


class BranchNode(Automatic):
    """The first rule that holds leads on; ``else`` does when none holds."""

    kind: Literal["branch"]
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=30)]
    otherwise: Key = Field(alias="else")

    def exits(self) -> tuple[Exit, ...]:
        ways = [
            Exit(str(number), rule.label or "", rule.next, ("rules", number - 1, "next"))
            for number, rule in enumerate(self.rules, start=1)
        ]
        return (*ways, Exit(ELSE, "", self.otherwise, ("else",)))


class VariableColumn(Part):
    """The value of a variable: one of its options, a range of its numbers, true or false."""

    var: FieldKey


class CompareColumn(Part):
    """How the variable ``compare`` stands to ``to``: lower, same or higher. Both are ordered."""

    key: FieldKey
    label: Label
    compare: FieldKey
    to: FieldKey


class IsSetColumn(Part):
    """Whether an optional variable was filled in: true or false."""

    key: FieldKey
    label: Label
    is_set: FieldKey


class Range(Part):
    """Numbers from ``from`` to ``to``, both included; a missing end is open."""

    low: StrictInt | None = Field(default=None, alias="from")
    high: StrictInt | None = Field(default=None, alias="to")


def _cell_tag(value: Any) -> str:
    if isinstance(value, bool):
        return "=bool"
    if isinstance(value, int):
        return "=int"
    if isinstance(value, Mapping | Range):
        return "=range"
    return "=list" if isinstance(value, list | tuple) else "=text"


def _column_tag(value: Any) -> str:
    for name in ("compare", "is_set"):
        if name in value if isinstance(value, Mapping) else hasattr(value, name):
            return f"={name}"
    return "=var"


CellValue = Annotated[
    Annotated[StrictBool, Tag("=bool")]
    | Annotated[StrictInt, Tag("=int")]
    | Annotated[Value, Tag("=text")]
    | Annotated[Range, Tag("=range")],
    Discriminator(_cell_tag),
]
Cell = Annotated[
    Annotated[StrictBool, Tag("=bool")]
    | Annotated[StrictInt, Tag("=int")]
    | Annotated[Value, Tag("=text")]
    | Annotated[Range, Tag("=range")]
    | Annotated[tuple[CellValue, ...], Tag("=list"), Field(min_length=1, max_length=50)],
    Discriminator(_cell_tag),
]
Column = Annotated[
    Annotated[VariableColumn, Tag("=var")]
    | Annotated[CompareColumn, Tag("=compare")]
    | Annotated[IsSetColumn, Tag("=is_set")],
    Discriminator(_column_tag),
]
Output = Annotated[
    Annotated[StrictBool, Tag("=bool")]
    | Annotated[StrictInt, Tag("=int")]
    | Annotated[Line, Tag("=text")],
    Discriminator(_cell_tag),
]


class Row(Part):
    """Applies when every column named in ``when`` has (one of) its values; others may be any."""

    when: dict[FieldKey, Cell] = Field(default_factory=dict)
    give: dict[FieldKey, Output] = Field(default_factory=dict)
    next: Key | None = None
    label: Label | None = None


class TableNode(Automatic):
    """A decision table: exactly one row applies, whatever the inputs, or it is refused."""

    kind: Literal["table"]
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=8)]
    outputs: Annotated[tuple[OutputVariable, ...], Field(max_length=8)] = ()
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=200)]
    next: Key | None = None

    def exits(self) -> tuple[Exit, ...]:
        ways = []
        for number, row in enumerate(self.rows, start=1):
            at = ("next",) if row.next is None else ("rows", number - 1, "next")
            target = row.next or self.next
            if target is not None:
                ways.append(Exit(str(number), row.label or "", target, at))
        return tuple(ways)


class CheckNode(Part):
    """A checker reads a text: that of ``var``, or what is pasted here when there is no ``var``.

    ``gives`` names the variables that its results are kept in.
    """

    kind: Literal["check"]
    checker: Key
    var: FieldKey | None = None
    prompt: Text | None = None
    script: Script | None = None
    hint: Text | None = None
    gives: dict[CheckResultName, FieldKey] = Field(default_factory=dict)
    found: Key
    clean: Key
    unreadable: Key

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return (
            Exit("found", "有不符合规则的地方", self.found, ("found",)),
            Exit("clean", "没有发现问题", self.clean, ("clean",)),
            Exit("unreadable", "内容无法识别", self.unreadable, ("unreadable",)),
        )


class SubflowNode(Automatic):
    """Another flow, in the version named, is walked here; the outcome of its end leads on.

    ``take`` brings variables out of it: ours to theirs. A redirect or hand-over in it ends the
    whole run.
    """

    kind: Literal["subflow"]
    flow: Key
    version: Annotated[StrictInt, Field(ge=1)]
    outcomes: Annotated[dict[Value, Key], Field(min_length=1, max_length=9)]
    take: dict[FieldKey, FieldKey] = Field(default_factory=dict)

    def exits(self) -> tuple[Exit, ...]:
        return tuple(
            Exit(outcome, "", target, ("outcomes", outcome))
            for outcome, target in self.outcomes.items()
        )
