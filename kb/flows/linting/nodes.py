"""Rules inside one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from kb.flows.automatic import BranchNode, CheckNode, SubflowNode, TableNode
from kb.flows.conditions import Compare, leaves
from kb.flows.errors import FlowError, finding
from kb.flows.linting.draft import Draft
from kb.flows.linting.texts import text_errors, texts
from kb.flows.parts import Option
from kb.flows.paths import Location
from kb.flows.schema import (
    CAPTURED,
    CHOOSING,
    CaptureField,
    Choice,
    ChoiceNode,
    CollectNode,
    EndNode,
    EscalateNode,
    Node,
    RedirectNode,
    SayNode,
)
from kb.flows.scripts import VARIABLES
from kb.flows.variables import AmountVariable, CountVariable, OneOfVariable, Variable

RESERVED_FIELDS = frozenset({*CAPTURED, "contact_channel", "contact_value", "extra"})
_KINDS_OF_2 = (CollectNode, BranchNode, TableNode, CheckNode, SubflowNode)
_SPEAKING = (SayNode, EndNode, *CHOOSING)
_FIELD_KINDS_OF_1 = ("text", "count", "datetime", "choice")


def node_errors(draft: Draft, key: str, node: Node) -> Iterator[FlowError]:
    """Faults of one node taken alone."""
    at: Location = ("nodes", key)
    for tail, text in texts(node):
        yield from text_errors((*at, *tail), text, node)
    if draft.schema_version == 1 and (what := _known_since_2(node)):
        yield finding(at, "needs_schema_2", what=what)
    yield from _script_errors(at, node, is_part=bool(draft.outcomes))
    if isinstance(node, CHOOSING):
        yield from _repeated((*at, "choices"), node.choices)
        yield from _alike(at, node.choices)
    elif isinstance(node, RedirectNode):
        if node.question is None and node.channel is None:
            yield finding(at, "redirect_nowhere")
    elif isinstance(node, EscalateNode):
        yield from _escalate_errors(at, node)
    elif isinstance(node, EndNode):
        if draft.outcomes is not None and node.outcome not in draft.end_outcomes:
            allowed = ", ".join(draft.end_outcomes)
            place = (*at, "outcome")
            yield finding(place, "outcome_unknown", text=node.outcome, allowed=allowed)
    elif isinstance(node, BranchNode):
        yield from _branch_errors(at, node)
    elif isinstance(node, CheckNode) and node.var is None and node.prompt is None:
        yield finding((*at, "prompt"), "text_missing")
    yield from _declaration_errors(at, node, draft.declared.get(key, ()))


def _known_since_2(node: Node) -> str | None:
    """What makes ``node`` unreadable for those who know schema 1 only."""
    if isinstance(node, _KINDS_OF_2):
        return node.kind
    for name in ("answer", "sets", "prefill", "queue"):
        if getattr(node, name, None):
            return name
    if isinstance(node, EscalateNode):
        if node.question is not None:
            return "question"
        for field in node.fields:
            if field.source is not None:
                return "from"
            if field.kind not in _FIELD_KINDS_OF_1:
                return field.kind
    return None


def _script_errors(at: Location, node: Node, *, is_part: bool) -> Iterator[FlowError]:
    """A script, or a standard question to take it from; not both."""
    if not isinstance(node, _SPEAKING):
        return
    if node.script is not None and node.answer is not None:
        yield finding((*at, "answer"), "script_and_answer")
    optional = isinstance(node, ChoiceNode) or (isinstance(node, EndNode) and is_part)
    if node.script is None and node.answer is None and not optional:
        yield finding((*at, "script"), "required")


def _alike(at: Location, choices: Sequence[Choice]) -> Iterator[FlowError]:
    first: dict[str, str] = {}
    for index, choice in enumerate(choices):
        begins = choice.label[0].casefold()
        other = first.setdefault(begins, choice.label)
        if other != choice.label:
            place = (*at, "choices", index, "label")
            yield finding(place, "alike_labels", text=choice.label, other=other)


def _repeated(
    at: Location, items: Sequence[Choice | Option | CaptureField | Variable]
) -> Iterator[FlowError]:
    """Items of one list must differ in their value (or key) and in their label."""
    name = "value" if items and isinstance(items[0], Choice | Option) else "key"
    for attribute in (name, "label"):
        first: dict[str, int] = {}
        for index, item in enumerate(items):
            text: str = getattr(item, attribute)
            if text in first:
                code = f"repeated_{attribute}"
                yield finding((*at, index, attribute), code, text=text, first=first[text] + 1)
            first.setdefault(text, index)


def _declaration_errors(at: Location, node: Node, own: tuple[Variable, ...]) -> Iterator[FlowError]:
    """Faults of the variables that ``node`` sets: listed in it, or named in passing."""
    listed = {CollectNode: "variables", TableNode: "outputs"}.get(type(node))
    if listed is not None:
        yield from _repeated((*at, listed), own)
    for index, variable in enumerate(own):
        place: Location = at if listed is None else (*at, listed, index)
        if variable.key in VARIABLES:
            yield finding(place, "reserved_variable", text=variable.key)
        if listed is not None:
            yield from _limit_errors(place, variable)


def _limit_errors(at: Location, variable: Variable) -> Iterator[FlowError]:
    if isinstance(variable, OneOfVariable):
        yield from _repeated((*at, "options"), variable.options)
    elif isinstance(variable, CountVariable | AmountVariable):
        low, high = variable.min, variable.max
        if low is not None and high is not None and Decimal(low) > Decimal(high):
            yield finding(at, "bad_limits")


def _branch_errors(at: Location, node: BranchNode) -> Iterator[FlowError]:
    for index, rule in enumerate(node.rules):
        for leaf in leaves(rule.when):
            if isinstance(leaf, Compare) and (leaf.value is None) == (leaf.other is None):
                yield finding((*at, "rules", index, "when"), "compare_with_what")


def _escalate_errors(at: Location, node: EscalateNode) -> Iterator[FlowError]:
    missing = [name for name in CAPTURED if name not in node.requires]
    if node.promise and missing:
        yield finding((*at, "requires"), "promise_requires_all", missing=", ".join(missing))
    for name in ("requires", "tags"):
        values: tuple[str, ...] = getattr(node, name)
        for index, value in enumerate(values):
            if value in values[:index]:
                yield finding((*at, name, index), "repeated", text=value)
    for captured in node.prefill:
        if captured not in node.requires:
            yield finding((*at, "prefill", captured), "prefill_not_captured", text=captured)
    yield from _repeated((*at, "fields"), node.fields)
    for index, field in enumerate(node.fields):
        place: Location = (*at, "fields", index)
        if field.key in RESERVED_FIELDS:
            yield finding((*place, "key"), "reserved_key", text=field.key)
        if field.kind == "choice":
            if field.options is None:
                yield finding(place, "options_missing")
            else:
                yield from _repeated((*place, "options"), field.options)
        elif field.options is not None:
            yield finding((*place, "options"), "options_unused")
