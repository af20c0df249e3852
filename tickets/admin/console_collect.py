"""Steps at which the agent types something: typed values to fill in, a text to be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from kb.flows.automatic import CheckNode
from kb.flows.checkers.redaction import redact
from kb.flows.engine import PASTED
from kb.flows.schema import CollectNode, Node
from kb.flows.variables import CollectVariable, OneOfVariable, TextVariable
from tickets.admin.console_fields import RADIOS_UP_TO, WIDGETS, CaptureField, typed_text
from tickets.selectors.runs import RunState

PREFIX = "values."
ONE_LINE = 200
"""Texts that may be longer get a field of several lines."""
MOST_TYPED = 200
"""Of what is not free text: nothing that is accepted comes near it."""
MOST_PASTED = 2_400_000
"""Bytes of a pasted text as the form sends it: a little less than Django takes in one request."""


@dataclass(frozen=True, slots=True)
class TypedValues:
    """What was typed for the step ``node``, raw, by name of the variable."""

    node: str
    values: Mapping[str, str]
    errors: Mapping[str, Sequence[Any]]


def typed_values(post: QueryDict) -> dict[str, str]:
    """What the form of a collecting or checking step sent, by name of the variable."""
    return {
        name.removeprefix(PREFIX): typed_text(post, name)
        for name in post
        if name.startswith(PREFIX)
    }


def value_fields(state: RunState, typed: TypedValues | None) -> list[CaptureField]:
    """The fields of the step at which a run stands; none where nothing is typed."""
    here = state.position
    if typed is not None and typed.node != here.node_key:
        typed = None
    return _fields(here.node, state, typed)


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
    return CaptureField(
        f"{PREFIX}{PASTED}",
        _("The request, or what the interface answered"),
        "long",
        redact(typed.values.get(PASTED, "")) if typed else "",
        True,
        help=_("JSON, a curl command or code, as it came. Keys and signatures are taken out."),
        errors=_errors(typed, PASTED),
    )


def _field(
    variable: CollectVariable, typed: TypedValues | None, *, reads_secrets: bool
) -> CaptureField:
    value = typed.values.get(variable.key, "") if typed else ""
    options: list[tuple[str, str]] = []
    kind, most = WIDGETS.get(variable.kind, variable.kind), MOST_TYPED
    if isinstance(variable, OneOfVariable):
        options = [(option.value, option.label) for option in variable.options]
        kind = "radios" if len(options) <= RADIOS_UP_TO else "choice"
    elif isinstance(variable, TextVariable):
        most = variable.max_length
        kind = "long" if most > ONE_LINE else "text"
    return CaptureField(
        f"{PREFIX}{variable.key}",
        variable.label,
        kind,
        # What a check will read may hold keys, which no page shows.
        redact(value) if reads_secrets else value,
        variable.required,
        help=variable.help or _example(variable.kind),
        errors=_errors(typed, variable.key),
        options=options,
        most=most,
    )


def _example(kind: str) -> str:
    match kind:
        case "datetime":
            return _("For example 11月20日 15:30, or 昨天 20:15.")
        case "date":
            return _("For example 11月20日, or 2026-11-20.")
        case "mobile":
            return _("A mobile number, or a landline with its area code.")
        case _:
            return ""


def _errors(typed: TypedValues | None, name: str) -> Sequence[Any]:
    return typed.errors.get(f"{PREFIX}{name}", ()) if typed else ()
