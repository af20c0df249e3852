"""Steps at which the agent types something: typed values to fill in, a text to be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kb.admin.flow_fields import PREFIX, CaptureField, pasted_field, variable_field
from kb.flows.automatic import CheckNode
from kb.flows.checkers.redaction import redact
from kb.flows.checks import CUT
from kb.flows.engine import PASTED
from kb.flows.schema import CollectNode, Node
from kb.flows.values import Json
from kb.flows.variables import CollectVariable
from tickets.models import RunStep
from tickets.selectors.runs import RunState


@dataclass(frozen=True, slots=True)
class TypedValues:
    """What was typed for the step ``node``, raw, by name of the variable."""

    node: str
    values: Mapping[str, str]
    errors: Mapping[str, Sequence[Any]]


def value_fields(state: RunState, typed: TypedValues | None) -> list[CaptureField]:
    """The fields of the step at which a run stands; none where nothing is typed.

    ``typed`` stands in them when it was typed for this step.
    """
    here = state.position
    if typed is not None and typed.node != here.node_key:
        typed = None
    return _fields(here.node, state, typed)


def typed_before(state: RunState) -> TypedValues | None:
    """What stood here before somebody went back: it is offered again, and nothing is sent of
    itself. A text for a check comes back as it was kept, without its secrets; one that was
    too long to be kept whole does not, because its rest would be checked as something else.
    """
    here, node = state.position.node_key, state.position.node
    step = next(
        (each for each in reversed(state.undone) if (each.node, each.kind) == (here, node.kind)),
        None,
    )
    if step is None:
        return None
    known = _taken_back(node, step)
    return TypedValues(here, known, {}) if known else None


def _taken_back(node: Node, step: RunStep) -> dict[str, str]:
    if isinstance(node, CollectNode):
        asked = {variable.key: variable for variable in node.variables}
        return {
            name: _as_typed(asked[name], value)
            for name, value in step.values.items()
            if name in asked
        }
    if isinstance(node, CheckNode) and "pasted" in node.gives:
        kept = str(step.values.get(node.gives["pasted"], ""))
        return {PASTED: kept} if kept and not kept.endswith(CUT) else {}
    return {}


def _as_typed(variable: CollectVariable, value: Json) -> str:
    text = str(value)
    return text.replace("T", " ") if variable.kind == "datetime" else text


def rescued_values(state: RunState, typed: TypedValues) -> list[CaptureField]:
    """What had been typed for a step at which the run does not stand any more."""
    answered = (step.node for step in state.position.path if step.node_key == typed.node)
    node = next(answered, state.position.flow.nodes.get(typed.node))
    fields = _fields(node, state, typed) if node is not None else []
    return [item for item in fields if item.value.strip()]


def _fields(node: Node, state: RunState, typed: TypedValues | None) -> list[CaptureField]:
    if isinstance(node, CheckNode):
        return [_pasted(typed)]
    if not isinstance(node, CollectNode):
        return []
    return [
        _field(variable, typed, reads_secrets=variable.key in state.reads_secrets)
        for variable in node.variables
    ]


def _pasted(typed: TypedValues | None) -> CaptureField:
    value = redact(typed.values.get(PASTED, "")) if typed else ""
    return pasted_field(value, _errors(typed, PASTED))


def _field(
    variable: CollectVariable, typed: TypedValues | None, *, reads_secrets: bool
) -> CaptureField:
    value = typed.values.get(variable.key, "") if typed else ""
    # What a check will read may hold keys, which no page shows.
    shown = redact(value) if reads_secrets else value
    return variable_field(variable, shown, _errors(typed, variable.key))


def _errors(typed: TypedValues | None, name: str) -> Sequence[Any]:
    return typed.errors.get(f"{PREFIX}{name}", ()) if typed else ()
