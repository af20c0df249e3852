"""Shape of a flow definition, schema versions 1 and 2 (2 is a superset).

The models say what keys exist and of what type; the rules between keys and between nodes are
in ``kb.flows.lint``. Both are applied by ``kb.flows.loader``, the only way to get a definition
that the engine may be given.

A new node kind is a new class in ``Node``: give it ``kind``, ``is_terminal`` and ``exits()``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from kb.flows.automatic import BranchNode, CheckNode, CheckResultName, SubflowNode, TableNode
from kb.flows.parts import (
    NEXT,
    SCRIPT_LIMIT,
    Captured,
    Exit,
    FieldKey,
    Key,
    Label,
    Line,
    Option,
    Options,
    Part,
    Script,
    Text,
    Value,
)
from kb.flows.variables import (
    MOST_LONG_TEXT,
    MOST_TEXT,
    CollectVariable,
    CountVariable,
    OneOfVariable,
    TextVariable,
    Variable,
)

__all__ = ["NEXT", "SCRIPT_LIMIT", "Exit", "Option"]

NODE_LIMIT = 1_000
CAPTURED: tuple[Captured, ...] = ("problem", "demand", "account_id", "contact")
ANSWERED = "answered"


class Choice(Part):
    """One possible answer."""

    value: Value
    label: Label
    next: Key


class _Asking(Part):
    """A node left by choosing an answer, which is kept as the variable ``sets``.

    ``answer`` is the key of a standard question whose script is read out here.
    """

    hint: Text | None = None
    answer: Key | None = None
    sets: FieldKey | None = None
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=9)]

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return tuple(
            Exit(choice.value, choice.label, choice.next, ("choices", index, "next"))
            for index, choice in enumerate(self.choices)
        )


class ChoiceNode(_Asking):
    """The agent establishes something: ``prompt`` is for the agent, ``script`` may be read out."""

    kind: Literal["choice"]
    prompt: Text
    script: Script | None = None


class RetryNode(_Asking):
    """``script`` is read out, the user tries, then the agent comes back to the choices.

    The run waits for the user meanwhile, also for hours.
    """

    kind: Literal["retry"]
    script: Script | None = None
    prompt: Text


class SayNode(Part):
    """``script`` is read out; one button leads on (its answer is always ``next``)."""

    kind: Literal["say"]
    script: Script | None = None
    answer: Key | None = None
    prompt: Text | None = None
    hint: Text | None = None
    next: Key

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(NEXT, "", self.next),)


class CollectNode(Part):
    """Typed values are filled in (its answer is always ``next``)."""

    kind: Literal["collect"]
    prompt: Text
    script: Script | None = None
    hint: Text | None = None
    variables: Annotated[tuple[CollectVariable, ...], Field(min_length=1, max_length=12)]
    next: Key

    @property
    def is_terminal(self) -> bool:
        return False

    def exits(self) -> tuple[Exit, ...]:
        return (Exit(NEXT, "", self.next),)


class _Terminal(Part):
    @property
    def is_terminal(self) -> bool:
        return True

    def exits(self) -> tuple[Exit, ...]:
        return ()


class EndNode(_Terminal):
    """The question is answered; the consultation can be closed.

    In a flow that is part of another one, ``outcome`` says how that one goes on, and the
    script may be missing: then nobody is shown anything here.
    """

    kind: Literal["end"]
    outcome: Value
    script: Script | None = None
    answer: Key | None = None


class RedirectNode(_Terminal):
    """Another standard question answers it, or another team's channel; no ticket."""

    kind: Literal["redirect"]
    script: Script
    question: Key | None = None
    channel: Line | None = None


class CaptureField(Part):
    """Something the flow asks for on top of the four captured things.

    ``from`` names the variable it is filled in with beforehand.
    """

    key: FieldKey
    label: Label
    kind: Literal["text", "count", "datetime", "choice", "account_id", "mobile", "date", "amount"]
    required: StrictBool = True
    options: Options | None = None
    help: Line | None = None
    source: FieldKey | None = Field(default=None, alias="from")
    max_length: Annotated[StrictInt, Field(ge=1, le=MOST_LONG_TEXT)] = MOST_TEXT


class EscalateNode(_Terminal):
    """Capture, then a ticket. With ``promise`` the script may name ``{{due_date}}``.

    ``script`` is read out after the ticket exists. Without ``promise`` it is a report: it is
    recorded, and nothing is promised to the user. ``question`` is the standard question of the
    ticket when it is another one than that of the contact; ``queue`` is a hint for routing;
    ``prefill`` fills captured things with variables.
    """

    kind: Literal["escalate"]
    script: Script
    prompt: Text | None = None
    promise: StrictBool = True
    requires: tuple[Captured, ...] = CAPTURED
    fields: Annotated[tuple[CaptureField, ...], Field(max_length=20)] = ()
    tags: Annotated[tuple[Key, ...], Field(max_length=10)] = ()
    question: Key | None = None
    queue: Key | None = None
    prefill: dict[Captured, FieldKey] = Field(default_factory=dict)


Node = Annotated[
    ChoiceNode
    | RetryNode
    | SayNode
    | CollectNode
    | BranchNode
    | TableNode
    | CheckNode
    | SubflowNode
    | EndNode
    | RedirectNode
    | EscalateNode,
    Field(discriminator="kind"),
]

# A union made anew at each isinstance() is slow, and the lint asks often.
CHOOSING = (ChoiceNode, RetryNode)
_CHECK_RESULTS: dict[CheckResultName, str] = {
    "pasted": "检查的内容",
    "findings": "检查发现",
    "corrected": "改正后的请求",
    "problems": "问题个数",
    "model": "模型",
}


def declared(node: Node) -> tuple[Variable, ...]:
    """The variables that ``node`` sets; not those it takes out of a subflow."""
    if isinstance(node, CollectNode):
        return node.variables
    if isinstance(node, TableNode):
        return node.outputs
    if isinstance(node, CHOOSING) and node.sets is not None:
        options = tuple(Option(value=item.value, label=item.label) for item in node.choices)
        label = node.prompt[:80]
        return (OneOfVariable(kind="one_of", key=node.sets, label=label, options=options),)
    if isinstance(node, CheckNode):
        return tuple(_check_result(name, key) for name, key in node.gives.items())
    return ()


def _check_result(name: CheckResultName, key: str) -> Variable:
    """What was pasted may hold anything, so it never stands in a script."""
    label = _CHECK_RESULTS[name]
    if name == "problems":
        return CountVariable(kind="count", key=key, label=label, min=0)
    return TextVariable(
        kind="text",
        key=key,
        label=label,
        max_length=MOST_LONG_TEXT,
        personal=name == "pasted",
    )


class FlowDefinition(Part):
    """A whole flow. ``question`` is the key of the standard question it belongs to.

    A flow with ``outcomes`` is a part: it is walked inside others only, and each of its ends
    has one of them.
    """

    schema_version: Literal[1, 2] = Field(alias="schema")
    key: Key
    title: Label
    question: Key
    start: Key
    outcomes: Annotated[tuple[Value, ...], Field(max_length=9)] = ()
    nodes: Annotated[dict[Key, Node], Field(min_length=1, max_length=NODE_LIMIT)]

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Every variable by name, as it is declared first; none taken out of a subflow."""
        found: dict[str, Variable] = {}
        for node in self.nodes.values():
            for variable in declared(node):
                found.setdefault(variable.key, variable)
        return found


def json_schema() -> dict[str, Any]:
    """JSON Schema of a definition, for editors' tools. The rules between nodes are not in it."""
    schema = FlowDefinition.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    import json

    print(json.dumps(json_schema(), ensure_ascii=False, indent=1))  # noqa: T201
