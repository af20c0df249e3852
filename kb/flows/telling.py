"""Kinds of nodes and conditions in words, for those who look at a flow and do not run it."""

from __future__ import annotations

from collections.abc import Mapping

from kb.flows.conditions import All, Any_, Compare, Condition, InForce, IsSet, Not
from kb.flows.findings import gettext_noop as _
from kb.flows.paths import Translate
from kb.flows.values import Json, in_words
from kb.flows.variables import OneOfVariable, Variable

KINDS: Mapping[str, str] = {
    "say": _("Read a script out"),
    "choice": _("Ask, and choose"),
    "retry": _("The user tries"),
    "collect": _("Fill in"),
    "branch": _("Decide by conditions"),
    "table": _("Decision table"),
    "check": _("Check a text"),
    "subflow": _("Walk another flow"),
    "end": _("End of the flow"),
    "redirect": _("Lead elsewhere"),
    "escalate": _("Hand-over with a promise"),
}
REPORT = _("Report without a promise")
UNREAD = _("Cannot be read")
MISSING = _("Is not there")
_SIGNS = {"eq": "=", "ne": "≠", "in": "∈", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
_NOT = _("not (%(what)s)")
_AND = _(" and ")
_OR = _(" or ")
_IS_SET = _("%(label)s is filled in")
_IN_FORCE = _("the script of %(question)s is in force")


def condition_words(
    condition: Condition, variables: Mapping[str, Variable], translate: Translate = str
) -> str:
    """``condition`` as a person reads it; unknown variables stand under their names."""
    if isinstance(condition, All | Any_):
        parts = condition.all if isinstance(condition, All) else condition.any
        joined = translate(_AND if isinstance(condition, All) else _OR)
        return joined.join(_nested(each, variables, translate) for each in parts)
    if isinstance(condition, Not):
        return translate(_NOT) % {"what": condition_words(condition.negated, variables, translate)}
    if isinstance(condition, IsSet):
        return translate(_IS_SET) % {"label": _label(condition.is_set, variables)}
    if isinstance(condition, InForce):
        return translate(_IN_FORCE) % {"question": condition.in_force}
    return _compared(condition, variables)


def _nested(condition: Condition, variables: Mapping[str, Variable], translate: Translate) -> str:
    words = condition_words(condition, variables, translate)
    is_several = isinstance(condition, All) and len(condition.all) > 1
    is_either = isinstance(condition, Any_) and len(condition.any) > 1
    return f"({words})" if is_several or is_either else words


def _compared(condition: Compare, variables: Mapping[str, Variable]) -> str:
    sign = _SIGNS[condition.op]
    left = _label(condition.var, variables)
    if condition.other is not None:
        return f"{left} {sign} {_label(condition.other, variables)}"
    given = condition.value
    values = given if isinstance(given, tuple) else (given,)
    variable = variables.get(condition.var)
    return f"{left} {sign} {', '.join(_value(each, variable) for each in values)}"


def _value(value: Json | None, variable: Variable | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(variable, OneOfVariable) and value is not None:
        return in_words(variable, value)
    return "" if value is None else str(value)


def _label(name: str, variables: Mapping[str, Variable]) -> str:
    variable = variables.get(name)
    return variable.label if variable is not None else name
