"""Rules about variables: declared, of the right kind, and set wherever they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from kb.flows.automatic import (
    BranchNode,
    CheckNode,
    CompareColumn,
    IsSetColumn,
    SubflowNode,
    TableNode,
)
from kb.flows.conditions import Compare, IsSet, known_when, leaves, needed
from kb.flows.errors import FlowError, finding
from kb.flows.linting.assigned import NOTHING, Assigned
from kb.flows.linting.draft import Draft
from kb.flows.linting.texts import FILLED_IN, INTERNAL_WORDS
from kb.flows.parts import Tail
from kb.flows.paths import Location
from kb.flows.schema import EscalateNode, Node
from kb.flows.scripts import VARIABLES, variables
from kb.flows.values import ValueRefused, parse_value
from kb.flows.variables import BooleanVariable, CountVariable, OneOfVariable, TextVariable, Variable

Known = Mapping[str, Variable | None]
"""Variables by name; None for one whose kind is not known here (taken out of a subflow)."""
ORDERED = ("count", "amount", "date", "datetime")
Use = tuple[Tail, str, Literal["set", "known"]]


def known_variables(draft: Draft, taken: Mapping[str, Variable] | None = None) -> Known:
    known: dict[str, Variable | None] = {}
    for node in draft.nodes.values():
        if isinstance(node, SubflowNode):
            known.update({name: (taken or {}).get(name) for name in node.take})
    for own in draft.declared.values():
        for variable in own:
            known[variable.key] = known.get(variable.key) or variable
    return known


def variable_errors(draft: Draft, known: Known, assigned: Assigned) -> Iterator[FlowError]:
    """Faults of all uses of variables. ``draft`` must have been read completely."""
    yield from _conflicts(draft)
    for key, node in draft.nodes.items():
        at: Location = ("nodes", key)
        for tail, name, need in _uses(node):
            if name not in known:
                code = "unknown_variable" if tail[0] in FILLED_IN else "variable_unknown"
                yield finding((*at, *tail), code, variable=name)
            elif need == "set" and not assigned.holds(key, name):
                way = " → ".join(assigned.way_without(key, name))
                yield finding((*at, *tail), "maybe_unset", variable=name, way=way)
        yield from _kind_errors(at, node, known)


def _conflicts(draft: Draft) -> Iterator[FlowError]:
    """A variable that several nodes set must be the same kind of thing everywhere."""
    first: dict[str, tuple[str, Variable]] = {}
    for key, own in draft.declared.items():
        for index, variable in enumerate(own):
            node_key, other = first.setdefault(variable.key, (key, variable))
            if other is not variable and _meaning(other) != _meaning(variable):
                lists = {"collect": "variables", "table": "outputs"}
                name = lists.get(draft.nodes[key].kind)
                place: Location = ("nodes", key, *((name, index) if name else ()))
                yield finding(place, "variable_conflict", variable=variable.key, node=node_key)


def _meaning(variable: Variable) -> object:
    if isinstance(variable, OneOfVariable):
        return [each.value for each in variable.options], variable.ordered
    if isinstance(variable, CountVariable):
        return variable.kind, variable.min, variable.max
    return variable.kind, variable.is_personal


def _uses(node: Node) -> Iterator[Use]:
    """Places of ``node`` that name a variable, and whether it must be set there."""
    for part in FILLED_IN:
        text = vars(node).get(part)
        if text and "{{" in text:
            for name in variables(text):
                if name is not None and name not in VARIABLES:
                    yield (part,), name, "set"
    if isinstance(node, BranchNode):
        yield from _uses_of_rules(node)
    elif isinstance(node, TableNode):
        yield from _uses_of_columns(node)
    elif isinstance(node, CheckNode):
        if node.var is not None:
            yield ("var",), node.var, "set"
    elif isinstance(node, EscalateNode):
        for name, source in node.prefill.items():
            yield ("prefill", name), source, "known"
        for index, field in enumerate(node.fields):
            if field.source is not None:
                yield ("fields", index, "from"), field.source, "known"


def _uses_of_rules(node: BranchNode) -> Iterator[Use]:
    given = NOTHING
    for index, rule in enumerate(node.rules):
        place: Tail = ("rules", index, "when")
        for name in dict.fromkeys(needed(rule.when, given)):
            yield place, name, "set"
        for leaf in leaves(rule.when):
            if isinstance(leaf, IsSet):
                yield place, leaf.is_set, "known"
            elif isinstance(leaf, Compare):
                for name in filter(None, (leaf.var, leaf.other)):
                    if name in given or name not in set(needed(rule.when, given)):
                        yield place, name, "known"
        given |= known_when(rule.when, False)


def _uses_of_columns(node: TableNode) -> Iterator[Use]:
    for index, column in enumerate(node.columns):
        place: Tail = ("columns", index)
        if isinstance(column, IsSetColumn):
            yield (*place, "is_set"), column.is_set, "known"
        elif isinstance(column, CompareColumn):
            yield (*place, "compare"), column.compare, "set"
            yield (*place, "to"), column.to, "set"
        else:
            yield (*place, "var"), column.var, "set"


def _kind_errors(at: Location, node: Node, known: Known) -> Iterator[FlowError]:
    for name in _in_scripts(node):
        variable = known.get(name)
        if variable is None:
            continue
        if variable.is_personal:
            yield finding((*at, "script"), "personal_in_script", variable=name)
        yield from _internal(at, variable)
    if isinstance(node, BranchNode):
        for index, rule in enumerate(node.rules):
            for leaf in leaves(rule.when):
                if isinstance(leaf, Compare):
                    yield from _compare_errors((*at, "rules", index, "when"), leaf, known)
    elif isinstance(node, CheckNode):
        variable = known.get(node.var or "")
        if variable is not None and not isinstance(variable, TextVariable):
            yield _wrong_kind((*at, "var"), variable, "text")
    elif isinstance(node, EscalateNode):
        yield from _capture_errors(at, node, known)


def _in_scripts(node: Node) -> Iterator[str]:
    for part in FILLED_IN:
        text = vars(node).get(part)
        if text and "{{" in text:
            yield from (name for name in variables(text) if name and name not in VARIABLES)


def _internal(at: Location, variable: Variable) -> Iterator[FlowError]:
    """A label that is filled into a text for users is one itself."""
    labels = [each.label for each in vars(variable).get("options", ())]
    for word in INTERNAL_WORDS:
        if any(word in label for label in labels):
            yield finding((*at, "script"), "internal_words", word=word)


def _wrong_kind(at: Location, variable: Variable, expected: str) -> FlowError:
    return finding(at, "wrong_kind", variable=variable.key, kind=variable.kind, expected=expected)


def _compare_errors(at: Location, leaf: Compare, known: Known) -> Iterator[FlowError]:
    variable = known.get(leaf.var)
    if variable is None:
        return
    is_ordered = variable.kind in ORDERED or getattr(variable, "ordered", False)
    if leaf.op in ("lt", "le", "gt", "ge") and not is_ordered:
        yield finding(at, "wrong_operator", operator=leaf.op, variable=leaf.var, kind=variable.kind)
    if leaf.other is not None:
        other = known.get(leaf.other)
        if other is not None and _order(other) != _order(variable):
            yield finding(at, "not_comparable", variable=leaf.var, other=leaf.other)
        if leaf.op == "in":
            yield finding(at, "wrong_operator", operator="in", variable=leaf.var, kind="one value")
        return
    if leaf.value is None:
        return
    if isinstance(leaf.value, tuple) is not (leaf.op == "in"):
        yield finding(
            at, "wrong_value", value=_plain(leaf.value), variable=leaf.var, allowed="in: […]"
        )
        return
    for value in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
        yield from value_errors(at, variable, value)


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _order(variable: Variable) -> object:
    if isinstance(variable, OneOfVariable):
        return [each.value for each in variable.options], variable.ordered
    return variable.kind


def value_errors(at: Location, variable: Variable, value: object) -> Iterator[FlowError]:
    """Whether ``value`` may ever be the value of ``variable``."""
    if isinstance(variable, BooleanVariable):
        fits, allowed = isinstance(value, bool), "true, false"
    elif isinstance(variable, OneOfVariable):
        options = [each.value for each in variable.options]
        fits, allowed = value in options, ", ".join(options)
    elif isinstance(variable, CountVariable):
        fits = type(value) is int and variable.min <= value <= variable.max
        allowed = f"{variable.min}–{variable.max}"
    elif isinstance(variable, TextVariable):
        fits, allowed = isinstance(value, str), "text"
    else:
        fits, allowed = _parses(variable, value), variable.kind
    if not fits:
        yield finding(at, "wrong_value", value=str(value), variable=variable.key, allowed=allowed)


def _parses(variable: Variable, value: object) -> bool:
    try:
        kept = parse_value(variable.model_copy(update={"when": None}), value, now=None)
    except ValueRefused:
        return False
    return variable.kind == "amount" or kept == value


def _capture_errors(at: Location, node: EscalateNode, known: Known) -> Iterator[FlowError]:
    for name, source in node.prefill.items():
        variable = known.get(source)
        if variable is None:
            continue
        fits = {"account_id": ("account_id",), "contact": ("mobile",)}.get(name)
        if fits is not None and variable.kind not in fits:
            yield _wrong_kind((*at, "prefill", name), variable, ", ".join(fits))
    for index, field in enumerate(node.fields):
        variable = known.get(field.source or "")
        if variable is None or field.kind in ("text", "datetime"):
            continue
        place: Location = (*at, "fields", index, "from")
        if field.kind != "choice":
            if variable.kind != field.kind:
                yield _wrong_kind(place, variable, field.kind)
        elif not isinstance(variable, OneOfVariable):
            yield _wrong_kind(place, variable, "one_of")
        else:
            offered = {option.value for option in field.options or ()}
            for option in variable.options:
                if option.value not in offered:
                    allowed = ", ".join(sorted(offered))
                    yield finding(
                        place,
                        "wrong_value",
                        value=option.value,
                        variable=field.key,
                        allowed=allowed,
                    )
