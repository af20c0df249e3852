"""Shape of a flow definition, schema version 1.

The models say what keys exist and of what type; the rules between keys and between nodes are
in ``kb.flows.lint``. Both are applied by ``kb.flows.loader``, the only way to get a definition
that the engine may be given.

A new node kind is a new class in ``Node``: give it ``kind``, ``is_terminal`` and ``exits()``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

SCRIPT_LIMIT = 2_000
NODE_LIMIT = 200
NEXT = "next"
CAPTURED = ("problem", "demand", "account_id", "contact")

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


class Exit(NamedTuple):
    """A way out of a node: the answer's value and label, and the node it leads to."""

    value: str
    label: str
    next: str


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(_Model):
    """One possible answer."""

    value: Value
    label: Label
    next: Key


class _Asking(_Model):
    """A node left by choosing an answer."""

    hint: Text | None = None
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=9)]

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return tuple(Exit(choice.value, choice.label, choice.next) for choice in self.choices)


class ChoiceNode(_Asking):
    """The agent establishes something: ``prompt`` is for the agent, ``script`` may be read out."""

    kind: Literal["choice"]
    prompt: Text
    script: Script | None = None


class RetryNode(_Asking):
    """``script`` is read out, the user tries, then the agent comes back to the choices."""

    kind: Literal["retry"]
    script: Script
    prompt: Text


class SayNode(_Model):
    """``script`` is read out; one button leads on (its answer is always ``next``)."""

    kind: Literal["say"]
    script: Script
    prompt: Text | None = None
    hint: Text | None = None
    next: Key

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(NEXT, "", self.next),)


class _Terminal(_Model):
    @property
    def is_terminal(self) -> bool:
        return True

    def exits(self) -> tuple[Exit, ...]:
        return ()


class EndNode(_Terminal):
    """The question is answered; the consultation can be closed."""

    kind: Literal["end"]
    outcome: Literal["answered"]
    script: Script


class RedirectNode(_Terminal):
    """Another standard question answers it, or another team's channel; no ticket."""

    kind: Literal["redirect"]
    script: Script
    question: Key | None = None
    channel: Line | None = None


class Option(_Model):
    """One option of a field of kind ``choice``."""

    value: Value
    label: Label


class CaptureField(_Model):
    """Something the flow asks for on top of the four captured things."""

    key: FieldKey
    label: Label
    kind: Literal["text", "count", "datetime", "choice"]
    required: StrictBool = True
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=30)] | None = None
    help: Line | None = None


class EscalateNode(_Terminal):
    """Capture, then a ticket. With ``promise`` the script may name ``{{due_date}}``.

    ``script`` is read out after the ticket exists. Without ``promise`` it is a report: it is
    recorded, and nothing is promised to the user.
    """

    kind: Literal["escalate"]
    script: Script
    prompt: Text | None = None
    promise: StrictBool = True
    requires: tuple[Literal["problem", "demand", "account_id", "contact"], ...] = (
        "problem",
        "demand",
        "account_id",
        "contact",
    )
    fields: Annotated[tuple[CaptureField, ...], Field(max_length=20)] = ()
    tags: Annotated[tuple[Key, ...], Field(max_length=10)] = ()


Node = Annotated[
    ChoiceNode | RetryNode | SayNode | EndNode | RedirectNode | EscalateNode,
    Field(discriminator="kind"),
]


class FlowDefinition(_Model):
    """A whole flow. ``question`` is the key of the standard question it belongs to."""

    schema_version: Literal[1] = Field(alias="schema")
    key: Key
    title: Label
    question: Key
    start: Key
    nodes: Annotated[dict[Key, Node], Field(min_length=1, max_length=NODE_LIMIT)]


def json_schema() -> dict[str, Any]:
    """JSON Schema of a definition, for editors' tools. The rules between nodes are not in it."""
    return FlowDefinition.model_json_schema(by_alias=True)
