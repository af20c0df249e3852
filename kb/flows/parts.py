"""What all parts of a definition are made of: keys, texts, ways out."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SCRIPT_LIMIT = 2_000
NEXT = "next"

KEBAB = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
SNAKE = r"^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$"
VALUE = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"

Key = Annotated[str, StringConstraints(pattern=KEBAB, max_length=60)]
FieldKey = Annotated[str, StringConstraints(pattern=SNAKE, max_length=40)]
Value = Annotated[str, StringConstraints(pattern=VALUE, max_length=60)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Script = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SCRIPT_LIMIT)
]
Captured = Literal["problem", "demand", "account_id", "contact"]

Tail = tuple[str | int, ...]
"""A place inside a node."""


class Exit(NamedTuple):
    """A way out of a node: the answer's value and label, the node it leads to, and where the
    definition says so."""

    value: str
    label: str
    next: str
    at: Tail = (NEXT,)


class Part(BaseModel):
    """Base of everything in a definition: unknown keys are refused, nothing can be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Part):
    """One option of something to be chosen."""

    value: Value
    label: Label


Options = Annotated[tuple[Option, ...], Field(min_length=2, max_length=30)]
