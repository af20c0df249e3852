"""Text or data to a checked ``FlowDefinition``; every fault is reported at once.

Shape (``schema``), rules inside a node and rules between nodes (``lint``) are checked in one
go: a node that cannot be read does not hide the faults of the others, and is not blamed on
those that lead to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kb.flows.errors import FlowError, FlowErrors, finding
from kb.flows.findings import FINDINGS
from kb.flows.lint import Surroundings, errors_of_draft, lint
from kb.flows.paths import Location, in_words
from kb.flows.readable import readable
from kb.flows.schema import FlowDefinition
from kb.flows.source import Format, read, refusal

# pydantic's error types and our codes; the others keep pydantic's.
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_key",
    "string_too_short": "blank",
    "string_too_long": "too_long",
    "string_type": "not_text",
    "string_unicode": "not_text",
    "string_pattern_mismatch": "bad_key",
    "bool_type": "not_bool",
    "int_type": "not_a_number",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_big",
    "tuple_type": "not_a_list",
    "dict_type": "not_a_mapping",
    "model_type": "not_a_mapping",
    "model_attributes_type": "not_a_mapping",
    "union_tag_not_found": "kind_missing",
    "union_tag_invalid": "unknown_kind",
    "literal_error": "not_allowed",
    "too_short": "too_few",
    "too_long": "too_many",
}
_TAG = "="
"""Begins the tags of unions that are told apart by their looks (``conditions``, ``automatic``)."""
_TAGGED = ("variables", "outputs")
"""Lists of variables: the place of an item is followed by its kind."""


def load_flow(text: str, *, source_format: Format = "yaml") -> FlowDefinition:
    """Read a flow file (YAML or JSON). Raises ``FlowErrors``."""
    return parse_flow(read(text, source_format))


def parse_flow(data: object) -> FlowDefinition:
    """Check plain data (as posted, or as a file holds it). Raises ``FlowErrors``."""
    definition, found = check_flow(data)
    errors = [each for each in found if each.severity == "error"]
    if errors or definition is None:
        raise FlowErrors(errors)
    return definition


def check_flow(
    data: object, around: Surroundings | None = None
) -> tuple[FlowDefinition | None, tuple[FlowError, ...]]:
    """A definition and all findings about it, errors and warnings; never raises.

    The definition is None when its shape is wrong; with findings of severity error it must not
    be walked. ``around`` is what it refers to: see ``kb.flows.lint.Surroundings``.
    """
    if not isinstance(data, Mapping):
        return None, refusal("not_a_mapping").errors
    try:
        definition = FlowDefinition.model_validate(data)
    except ValidationError as exc:
        return None, (*_shape_errors(exc), *_errors_of_the_rest(data))
    return definition, lint(definition, around)


def stored_flow(data: object) -> FlowDefinition:
    """A definition that was checked when it was published: its shape is read, nothing else.

    A run stays on its version even when a rule is added later. Raises ``FlowErrors``.
    """
    try:
        return FlowDefinition.model_validate(data)
    except ValidationError as exc:
        raise FlowErrors(list(_shape_errors(exc))) from exc


def definition_data(definition: FlowDefinition) -> dict[str, Any]:
    """JSON-ready data of a definition, without what is default: ``parse_flow`` reads it back."""
    return definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _errors_of_the_rest(data: Mapping[Any, Any]) -> Iterator[FlowError]:
    """Rules applied to the nodes that can be read although the whole cannot."""
    if isinstance(data.get("nodes"), Mapping):
        yield from errors_of_draft(readable(data).draft)


def _shape_errors(exc: ValidationError) -> Iterator[FlowError]:
    every = exc.errors(include_url=False)
    for details in every:
        loc = details["loc"]
        # pydantic counts only the items that it could read: say what is wrong with those.
        consequence = details["type"] == "too_short" and any(
            len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in every
        )
        if not consequence:
            yield _in_our_words(details)


def _in_our_words(details: ErrorDetails) -> FlowError:
    location = _location(details["loc"])
    params = {
        name: value
        for name, value in details.get("ctx", {}).items()
        if isinstance(value, str | int | float | bool)
    }
    code = _CODES.get(details["type"], details["type"])
    if code == "bad_key" and location[-1:] in (("min",), ("max",)):
        code = "bad_amount"
    if code == "required" and location[2:] == ("else",):
        code = "branch_without_else"
    try:
        return finding(location, code, **params)
    except KeyError:
        # A type of pydantic's that is not known here, or known without its parameters.
        remedy = FINDINGS["not_allowed"].remedy
        return FlowError(
            in_words(location),
            f"shape.{details['type']}",
            details["msg"],
            location,
            params,
            remedy=remedy,
        )


def _location(loc: tuple[int | str, ...]) -> Location:
    """pydantic's place without the tags of unions and without ``[key]``."""
    parts = [
        part
        for part in loc
        if part != "[key]" and not (isinstance(part, str) and part.startswith(_TAG))
    ]
    if len(parts) > 2 and parts[0] == "nodes":
        del parts[2]
    if len(parts) > 4 and parts[2] in _TAGGED and isinstance(parts[3], int):
        del parts[4]
    return tuple(parts)
